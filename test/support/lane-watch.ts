// Every query on a customer's table names its lane, or a sharded database would have to ask every shard. This looks at
// the statements that were really sent.
import type { Database } from '../../src/storage/database.ts';
import { query } from '../../src/storage/query.ts';

/** Tables that belong to customers: those with a lane. */
export async function customerTables(db: Database): Promise<readonly string[]> {
  const rows = await query<{ name: string }>(
    db,
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'lane' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Mentions of customer tables in a statement, and whether each has its own condition on (or value of) lane. */
export function forgetsLane(sql: string, tables: readonly string[]): boolean {
  const mention = new RegExp(String.raw`\b(?:from|join|into|update)\s+(?:only\s+)?(${tables.join('|')})\b`, 'g');
  const mentioned = [...sql.matchAll(mention)].length;
  if (mentioned === 0) return false;
  // A column list, `using (lane, …)`, `lane = …`, `x.lane = any (…)`: once for every table at least.
  const named = [...sql.matchAll(/\(lane\b|\blane\s*(?:=|between|in\b)/g)].length;
  return named < mentioned;
}

export interface LaneWatch {
  /** Statements on customer tables so far, each text once. */
  readonly seen: () => number;
  /** Those that forgot the lane. */
  readonly forgetful: () => readonly string[];
}

/** Watches every statement of this pool of connections from now on. */
export async function watchLanes(db: Database): Promise<LaneWatch> {
  const tables = await customerTables(db);
  const names = new RegExp(String.raw`\b(?:${tables.join('|')})\b`);
  const seen = new Set<string>();
  db.on('query', ({ sql }: { readonly sql: string }) => {
    if (names.test(sql)) seen.add(sql);
  });
  return { seen: () => seen.size, forgetful: () => [...seen].filter((sql) => forgetsLane(sql, tables)) };
}
