import { refuse, type Refused } from '../domain/rejection.ts';
import type { StatementKind, StatementRow } from '../domain/statement-export.ts';
import { now } from '../storage/clock.ts';
import { inSnapshot } from '../storage/row-stream.ts';
import { streamStatement } from '../storage/statement-exports.ts';
import type { Deps } from './deps.ts';
import { SETTLED_AFTER_MS } from './export-journal.ts';
import { findCustomer } from './read-customer.ts';

export interface AskedStatement {
  readonly kind: StatementKind;
  readonly from: Date;
  /** The first instant that is not in it. */
  readonly to: Date;
  /** What was recorded later is left out; null: a minute ago. */
  readonly recordedBefore: Date | null;
  readonly customer: string | null;
}

export interface StatementExport {
  /** Asked for with this instant again, the rows are the same. */
  readonly recordedBefore: Date;
  /** Hands the rows on, some hundred at once, in one snapshot; each hand-over is waited for. Resolves to their number. */
  readonly stream: (take: (rows: readonly StatementRow[]) => Promise<void>) => Promise<number>;
}

/** Prepares an export of a span; memory stays what one batch of rows needs, however many there are. */
export async function exportStatement(
  deps: Deps,
  { kind, from, to, recordedBefore: asked, customer: name }: AskedStatement,
): Promise<StatementExport | Refused> {
  if (to <= from) return refuse('invalid_request', 'to must lie after from.', { param: 'to' });
  const customer = name === null ? null : await findCustomer(deps, name);
  if (customer !== null && 'rejected' in customer) return customer;
  const settled = new Date((await now(deps.db)).getTime() - SETTLED_AFTER_MS);
  const recordedBefore = asked ?? settled;
  if (recordedBefore > settled) {
    return refuse('invalid_request', `recorded_before must lie a minute back at least: ${settled.toISOString()}`, {
      param: 'recorded_before',
    });
  }
  const span = { from, to, recordedBefore, customerId: customer?.customerId ?? null };
  return {
    recordedBefore,
    stream: async (take) =>
      inSnapshot(deps.db, async (snapshot) => {
        let rows = 0;
        await streamStatement(snapshot, kind, span, async (lines) => {
          rows += lines.length;
          await take(lines.map((line) => JSON.parse(line) as StatementRow));
        });
        return rows;
      }),
  };
}
