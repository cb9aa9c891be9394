import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { queryEach } from './query-each.ts';
import { query } from './query.ts';

/** Which of these sources have opened a lot already, spent ones included. */
export async function openedSources(
  on: Database | Transaction,
  key: CustomerKey,
  sourceType: string,
  sourceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  return sourceIds.length === 0 ? new Set() : sourcesAmong(on, key, sourceType, sourceIds);
}

const sourcesAmong = inStep(
  async (
    on: Database | Transaction,
    asks: readonly (readonly [key: CustomerKey, sourceType: string, sourceIds: readonly string[]])[],
  ) => {
    const found = await queryEach<{ sourceId: string }>(
      on,
      {
        sql: `select source_id as "sourceId" from lots
          where lane = $1 and customer_id = $2 and source_type = $3 and source_id = any ($4::text[])`,
        types: ['smallint', 'uuid', 'text', 'text[]'],
      },
      asks.map(([{ lane, customerId }, sourceType, sourceIds]) => [lane, customerId, sourceType, sourceIds]),
    );
    return found.map((rows): ReadonlySet<string> => new Set(rows.map(({ sourceId }) => sourceId)));
  },
);

/** Whether the allowance of a subscription's first period has been opened. */
export const hasFirstAllowance = inStep(
  async (on: Database | Transaction, asks: readonly (readonly [key: CustomerKey, subscriptionId: string])[]) => {
    const found = await queryEach<{ lotId: string }>(
      on,
      {
        sql: `select l.lot_id as "lotId" from (
            select billing_period_id from billing_periods
            where lane = $1 and customer_id = $2 and subscription_id = $3 order by starts_at limit 1) p
          join lots l on l.lane = $1 and l.customer_id = $2 and l.source_type = 'billing_period'
            and l.source_id = p.billing_period_id::text
          limit 1`,
        types: ['smallint', 'uuid', 'text'],
      },
      asks.map(([{ lane, customerId }, subscriptionId]) => [lane, customerId, subscriptionId]),
    );
    return found.map((rows) => rows.length > 0);
  },
);

/** A lot that a line of an invoice bought, and what credit notes clawed back of it, in micro-credits. */
export interface BoughtLot {
  readonly lotId: string;
  readonly lineId: string;
  readonly clawedBack: bigint;
}

/** The lots that an invoice's lines bought, spent ones included. */
export async function boughtLots(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<readonly BoughtLot[]> {
  return query<BoughtLot>(
    on,
    `select l.lot_id as "lotId", split_part(l.source_id, '/', 2) as "lineId", coalesce((
         select sum(case when p.to_kind = 'clawed_back' then p.amount else -p.amount end) from postings p
         where p.lane = $1 and p.customer_id = $2 and p.lot_id = l.lot_id
           and (p.to_kind = 'clawed_back' or p.from_kind = 'clawed_back')), 0)::bigint as "clawedBack"
     from lots l
     where l.lane = $1 and l.customer_id = $2 and l.source_type = 'invoice_line'
       and starts_with(l.source_id, $3) order by l.lot_id`,
    [lane, customerId, `${invoiceId}/`],
  );
}
