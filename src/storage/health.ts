// What an operator asks first: does the database answer, and does anything wait or lie parked?
import type { Database } from './database.ts';
import { query } from './query.ts';
import { oldestUntoldUsage } from './roll-up-report.ts';

export interface Backlog {
  readonly outboxWaiting: number;
  readonly outboxOldestSeconds: number;
  readonly outboxParked: number;
  readonly inboxWaiting: number;
  readonly inboxOldestSeconds: number;
  readonly inboxParked: number;
  /** Age of the oldest usage that Stripe has not been told. */
  readonly meterOldestSeconds: number;
  /** For how long Stripe has failed without a success between; 0 while it works. */
  readonly stripeFailingSeconds: number;
}

export async function readBacklog(db: Database): Promise<Backlog> {
  const [row] = await query<Omit<Backlog, 'meterOldestSeconds'>>(
    db,
    `select o.waiting::int as "outboxWaiting", o.oldest::float8 as "outboxOldestSeconds", o.parked::int as "outboxParked",
       i.waiting::int as "inboxWaiting", i.oldest::float8 as "inboxOldestSeconds", i.parked::int as "inboxParked",
       coalesce(floor(extract(epoch from clock_timestamp() - (select since from stripe_rest))), 0)::float8
         as "stripeFailingSeconds"
     from (select count(*) filter (where state <> 'parked') as waiting, count(*) filter (where state = 'parked') as parked,
         coalesce(floor(extract(epoch from clock_timestamp() - min(next_at) filter (where state <> 'parked'
           and next_at <= clock_timestamp()))), 0) as oldest
         from outbox where lane between 0 and 63 and state in ('pending', 'sending', 'unknown', 'parked')) o,
       (select count(*) filter (where state = 'received') as waiting, count(*) filter (where state = 'parked') as parked,
         coalesce(floor(extract(epoch from clock_timestamp() - min(received_at) filter (where state = 'received'))), 0) as oldest
         from stripe_events where state in ('received', 'parked')) i`,
  );
  if (row === undefined) throw new Error('the backlog query returned no row');
  return { ...row, meterOldestSeconds: await oldestUntoldUsage(db) };
}
