import { accountName } from '../domain/account.ts';
import type { AccountKey } from '../domain/account.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { journalEntry } from '../domain/journal.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { execute, query } from './query.ts';

export type CustomerEntry = CustomerKey & JournalEntry;

/**
 * Appends entries of any customers and moves their account balances in the same transaction: the only writer of the
 * journal. The caller holds the lock of each pool or customer that the entries touch. Throws when an entry of the
 * same source and kind exists (`journal_entries_once`), or when a stock account would go below zero.
 */
export async function appendEntries(
  transaction: Transaction,
  recordedAt: Date,
  entries: readonly CustomerEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  for (const entry of entries) journalEntry(entry);
  await Promise.all([
    moveBalances(transaction, entries),
    insertEntries(transaction, recordedAt, entries),
    insertPostings(transaction, entries),
  ]);
}

/** The same for one customer's entries. */
export const appendOwnEntries = inStep(
  async (trx: Transaction, asks: readonly (readonly [recordedAt: Date, entries: readonly CustomerEntry[]])[]) => {
    for (const same of Map.groupBy(asks, ([recordedAt]) => recordedAt.getTime()).values()) {
      const [[recordedAt] = [new Date(Number.NaN)]] = same;
      await appendEntries(
        trx,
        recordedAt,
        same.flatMap(([, entries]) => entries),
      );
    }
    return asks.map(() => undefined);
  },
);

/** Whether this transition of this source object is already in the books. */
export async function entryExists(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  sourceType: string,
  sourceId: string,
  kind: string,
): Promise<boolean> {
  const rows = await query(
    on,
    `select entry_id from journal_entries
     where lane = $1 and customer_id = $2 and source_type = $3 and source_id = $4 and kind = $5`,
    [lane, customerId, sourceType, sourceId, kind],
  );
  return rows.length > 0;
}

/** Which transition of which source object an entry stands for: at most one each is in the books. */
export interface EntrySource {
  readonly sourceType: string;
  readonly sourceId: string;
  readonly kind: string;
}

/** Those of these transitions that are in the books already, of many customers. */
const knownEntries = inStep(
  async (
    on: Database | Transaction,
    asks: readonly (readonly [key: CustomerKey, wanted: readonly EntrySource[]])[],
  ) => {
    const wanted = asks.flatMap(([key, sources], at) => sources.map((source) => ({ ...key, ...source, at })));
    const rows =
      wanted.length === 0
        ? []
        : await query<EntrySource & { at: number }>(
            on,
            `select w.at, w.source_type as "sourceType", w.source_id as "sourceId", w.kind
             from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[])
               as w (lane, customer_id, source_type, source_id, kind, at)
             join journal_entries j on j.lane = w.lane and j.customer_id = w.customer_id
               and j.source_type = w.source_type and j.source_id = w.source_id and j.kind = w.kind
             where j.lane = any ($1)`,
            [
              wanted.map(({ lane }) => lane),
              wanted.map(({ customerId }) => customerId),
              wanted.map(({ sourceType }) => sourceType),
              wanted.map(({ sourceId }) => sourceId),
              wanted.map(({ kind }) => kind),
              wanted.map(({ at }) => at),
            ],
          );
    return asks.map((_, at): readonly EntrySource[] => rows.filter((row) => row.at === at));
  },
);

/** Those of these transitions that are not in the books yet, each once, in their order. */
export async function missingEntries<Source extends EntrySource>(
  trx: Transaction,
  key: CustomerKey,
  wanted: readonly Source[],
): Promise<readonly Source[]> {
  if (wanted.length === 0) return [];
  const nameOf = ({ sourceType, sourceId, kind }: EntrySource): string => JSON.stringify([sourceType, sourceId, kind]);
  const seen = new Set((await knownEntries(trx, key, wanted)).map(nameOf));
  return wanted.filter((source) => {
    const name = nameOf(source);
    const isNew = !seen.has(name);
    seen.add(name);
    return isNew;
  });
}

interface Movement {
  readonly customer: CustomerKey;
  readonly account: AccountKey;
  delta: bigint;
}

function movements(entries: readonly CustomerEntry[]): readonly Movement[] {
  const byAccount = new Map<string, Movement>();
  for (const { lane, customerId, postings } of entries) {
    for (const { from, to, amount } of postings) {
      move(byAccount, { lane, customerId }, from, -amount);
      move(byAccount, { lane, customerId }, to, amount);
    }
  }
  return [...byAccount.values()];
}

function move(byAccount: Map<string, Movement>, customer: CustomerKey, account: AccountKey, delta: bigint): void {
  const name = `${customer.customerId}/${accountName(account)}`;
  const movement = byAccount.get(name);
  if (movement === undefined) byAccount.set(name, { customer, account, delta });
  else movement.delta += delta;
}

/** Updates first, since accounts mostly exist; an upsert would check a stock account's rule against the bare delta. */
async function moveBalances(transaction: Transaction, entries: readonly CustomerEntry[]): Promise<void> {
  const moves = movements(entries);
  await execute(
    transaction,
    `with moves as (
       select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[])
         with ordinality as m (lane, customer_id, pool_id, billing_period_id, kind, unit, delta, ordinal)
     ), moved as (
       update accounts a set balance = a.balance + m.delta from moves m
       where a.lane = any ($8::smallint[]) and a.lane = m.lane and a.customer_id = m.customer_id
         and a.pool_id = m.pool_id and a.billing_period_id = m.billing_period_id and a.kind = m.kind and a.unit = m.unit
       returning m.ordinal
     )
     insert into accounts (lane, customer_id, pool_id, billing_period_id, kind, unit, balance)
     select lane, customer_id, pool_id, billing_period_id, kind, unit, delta from moves
     where ordinal not in (select ordinal from moved)`,
    [
      moves.map(({ customer }) => customer.lane),
      moves.map(({ customer }) => customer.customerId),
      moves.map(({ account }) => account.poolId),
      moves.map(({ account }) => account.billingPeriodId),
      moves.map(({ account }) => account.kind),
      moves.map(({ account }) => account.unit),
      moves.map(({ delta }) => delta),
      [...new Set(moves.map(({ customer }) => customer.lane))],
    ],
  );
}

/** What would be dated into a closed month is dated now, and says which month it belongs to. */
async function insertEntries(
  transaction: Transaction,
  recordedAt: Date,
  entries: readonly CustomerEntry[],
): Promise<void> {
  await execute(
    transaction,
    `insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, reason,
       source_type, source_id, billing_period_id, belongs_to, plan_version_id, burn_rate_id, reversal_of, stripe)
     select e.lane, e.customer_id, e.entry_id, e.kind, case when m.month is null then e.effective_at else $16 end, $16,
       e.actor, e.reason, e.source_type, e.source_id, e.billing_period_id, coalesce(e.belongs_to, m.month), e.plan_version_id, e.burn_rate_id, e.reversal_of, e.stripe
     from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
       $8::text[], $9::text[], $10::uuid[], $11::date[], $12::uuid[], $13::uuid[], $14::uuid[], $15::jsonb[])
       as e (lane, customer_id, entry_id, kind, effective_at, actor, reason, source_type, source_id,
         billing_period_id, belongs_to, plan_version_id, burn_rate_id, reversal_of, stripe)
     left join accounting_periods m on m.closed_at is not null
       and m.month = date_trunc('month', e.effective_at at time zone 'UTC')::date`,
    [
      entries.map(({ lane }) => lane),
      entries.map(({ customerId }) => customerId),
      entries.map(({ entryId }) => entryId),
      entries.map(({ kind }) => kind),
      entries.map(({ effectiveAt }) => effectiveAt),
      entries.map(({ actor }) => actor),
      entries.map(({ reason }) => reason ?? null),
      entries.map(({ sourceType }) => sourceType),
      entries.map(({ sourceId }) => sourceId),
      entries.map(({ billingPeriodId }) => billingPeriodId ?? null),
      entries.map(({ belongsTo }) => belongsTo ?? null),
      entries.map(({ planVersionId }) => planVersionId ?? null),
      entries.map(({ burnRateId }) => burnRateId ?? null),
      entries.map(({ reversalOf }) => reversalOf ?? null),
      entries.map(({ stripe }) => (stripe === undefined ? null : JSON.stringify(stripe))),
      recordedAt,
    ],
  );
}

async function insertPostings(transaction: Transaction, entries: readonly CustomerEntry[]): Promise<void> {
  const rows = entries.flatMap(({ lane, customerId, entryId, postings }) =>
    postings.map((posting, seq) => ({ lane, customerId, entryId, seq, ...posting })),
  );
  await execute(
    transaction,
    `insert into postings (lane, customer_id, entry_id, seq, unit, from_pool_id, from_billing_period_id, from_kind,
       to_pool_id, to_billing_period_id, to_kind, amount, lot_id)
     select * from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::uuid[], $7::uuid[],
       $8::text[], $9::uuid[], $10::uuid[], $11::text[], $12::bigint[], $13::uuid[])`,
    [
      rows.map(({ lane }) => lane),
      rows.map(({ customerId }) => customerId),
      rows.map(({ entryId }) => entryId),
      rows.map(({ seq }) => seq),
      rows.map(({ from }) => from.unit),
      rows.map(({ from }) => from.poolId),
      rows.map(({ from }) => from.billingPeriodId),
      rows.map(({ from }) => from.kind),
      rows.map(({ to }) => to.poolId),
      rows.map(({ to }) => to.billingPeriodId),
      rows.map(({ to }) => to.kind),
      rows.map(({ amount }) => amount),
      rows.map(({ lotId }) => lotId ?? null),
    ],
  );
}
