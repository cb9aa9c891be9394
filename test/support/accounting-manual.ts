import { readFileSync } from 'node:fs';

import type { Database } from '../../src/storage/database.ts';
import { query } from '../../src/storage/query.ts';

/** The movements that a section of `docs/ledger.md` lists, as `kind: from → to`, sorted. */
export function documentedMovements(section: string): readonly string[] {
  const text = readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
  const body = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  const rows = [...body.matchAll(/^\| (`[a-z].*?) *\| `(.+?)` → `(.+?)` *\|/gm)];
  return rows
    .flatMap(([, kinds = '', from = '', to = '']) =>
      [...kinds.matchAll(/`([^`]+)`/g)].flatMap(([, kind = '']) =>
        spread(from).flatMap((one) => spread(to).map((other) => `${kind}: ${one} → ${other}`)),
      ),
    )
    .toSorted();
}

/** `issued.{a, b}` is `issued.a` and `issued.b`. */
function spread(name: string): readonly string[] {
  const match = /^(.*)\{(.+)\}$/.exec(name);
  return match === null ? [name] : (match[2] ?? '').split(/,\s*/).map((end) => `${match[1]}${end}`);
}

/** The movements that were really posted in a unit, written the same way. */
export async function postedMovements(db: Database, unit: string): Promise<readonly string[]> {
  const rows = await query<{ movement: string }>(
    db,
    `select distinct e.kind || ': ' || p.from_kind || ' → ' || p.to_kind as movement
     from postings p join journal_entries e using (lane, customer_id, entry_id)
     where p.lane between 0 and 63 and p.unit = $1`,
    [unit],
  );
  return rows.map(({ movement }) => movement).toSorted();
}
