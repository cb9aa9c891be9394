// Our side of everybody in a few statements over sets: whose books may lack something, so that a run over all looks closely
// at those alone. Whoever is not here has nothing that `readOurselves` would list.
import { CLEARING_ACCOUNTS } from '../../domain/clearing.ts';
import { EVERY_LANE } from '../../domain/customer.ts';
import type { Database, Transaction } from '../database.ts';
import { query } from '../query.ts';
import { inSnapshot } from '../row-stream.ts';
import { lookAtWhole } from '../verify.ts';

export interface Everybody {
  /** The ledger of all proves, so the ledger of each does. */
  readonly isSound: boolean;
  /** Who may have something that waits, is overdue or stands open. */
  readonly suspects: ReadonlySet<string>;
}

/** Looks at all books at once, in one snapshot. */
export async function lookAtEverybody(db: Database, now: Date): Promise<Everybody> {
  return inSnapshot(db, async (snapshot) => {
    const { isSound, isWaiting } = await lookAtWhole(snapshot);
    const asked = isWaiting ? [...SUSPECTS, NOT_ROLLED_UP] : SUSPECTS;
    return { isSound, suspects: await suspectsAmongUs(snapshot, asked, now) };
  });
}

/**
 * Each names customers of the lanes (`$1`): a message that waits, an overdue hold or period, a period that nobody bills, a
 * window that is not rolled up, a clearing account. An event that is stored twice lacks its dedupe key, which the ledger's own proof finds.
 */
const SUSPECTS = [
  `select customer_id from outbox where lane = any($1) and state in ('pending', 'sending', 'unknown', 'parked')`,
  `select customer_id from holds where lane = any($1) and state = 'open' and expires_at <= $2`,
  `select customer_id from billing_periods
   where lane = any($1) and (state = 'open' and cut_off_at <= $2 or state = 'cut_off' and emitted_units > 0)`,
  `select customer_id from billing_periods where lane = any($1) and never_billed_at is not null`,
  `select customer_id from accounts where lane = any($1) and kind = any($3::text[])`,
];

/** A long table, so that it is read only where the look at the whole says that there are some. */
const NOT_ROLLED_UP = `select customer_id from meter_buckets where lane = any($1) and metered <> rolled`;

async function suspectsAmongUs(
  snapshot: Transaction,
  asked: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    snapshot,
    `select distinct customer_id as id from (${asked.map((sql) => `(${sql})`).join(' union all ')}) s`,
    [EVERY_LANE, now, CLEARING_ACCOUNTS],
  );
  return new Set(rows.map(({ id }) => id));
}
