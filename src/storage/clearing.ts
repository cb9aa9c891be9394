import type { ClearingAccount, ClearingItem, ClearingKind } from '../domain/clearing.ts';
import { CLEARING_ACCOUNTS } from '../domain/clearing.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** What stands open in one customer's clearing accounts, the oldest first; amounts that cancel out are seen too. */
export async function clearingItems(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
): Promise<readonly ClearingItem[]> {
  const items = await query<ClearingItem>(
    on,
    `with moves as (
       select a.account, p.unit, case when p.to_kind = a.account then p.amount else -p.amount end as amount,
         e.recorded_at, e.source_type, split_part(e.source_id, '/', 1) as source
       from journal_entries e
       join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
       join unnest($3::text[]) a (account) on a.account in (p.from_kind, p.to_kind)
       where e.lane = $1 and e.customer_id = $2 and e.source_type = any ($4::text[])
         -- a correction of what no object explains names the account
         and split_part(e.source_id, '/', 1) <> a.account
     ), linked as (
       -- A refund belongs to the note that promised it.
       select x ->> 'refund' as refund_id, c.credit_note_id from credit_notes c
       cross join lateral jsonb_array_elements(c.object -> 'refunds') x
       where c.lane = $1 and c.customer_id = $2 and c.status <> 'void'
     ), groups as (
       select m.account, m.unit, coalesce(l.credit_note_id, s.credit_note_id, m.source) as id, sum(m.amount) as balance,
         max(m.recorded_at) as since
       from moves m
       left join linked l on m.source_type = 'stripe_refund' and l.refund_id = m.source
       left join linked s on m.source_type in ('clearing', 'variance') and s.refund_id = m.source
       group by 1, 2, 3 having sum(m.amount) <> 0
     )
     select g.account, g.unit as currency, g.balance::bigint as "balanceMinor", g.since,
       coalesce(f.refund_id, g.id) as object,
       case when g.account = 'disputed' then 'disputed' when g.account = 'out_of_band_clearing' then 'out_of_band'
         when f.refund_id is not null then 'refund_failed'
         when exists (select from refunds r where r.lane = $1 and r.customer_id = $2 and r.refund_id = g.id)
           then 'refund_without_note'
         else 'refund_under_way' end as kind
     from groups g
     left join lateral (
       select r.refund_id from refunds r left join linked l on l.refund_id = r.refund_id
       where r.lane = $1 and r.customer_id = $2 and r.status in ('failed', 'canceled')
         and (r.refund_id = g.id or l.credit_note_id = g.id) and g.account = 'refund_clearing'
       order by r.created_at limit 1) f on true
     order by g.since, object`,
    [lane, customerId, CLEARING_ACCOUNTS, SOURCES],
  );
  return [...items, ...(await unexplained(on, { lane, customerId }, items))];
}

const SOURCES = [
  'stripe_refund',
  'stripe_credit_note',
  'stripe_dispute',
  'stripe_invoice',
  'stripe_invoice_payment',
  'clearing',
  'variance',
];

/** What an account has beyond its items: somebody posted to it by hand. */
async function unexplained(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  items: readonly ClearingItem[],
): Promise<readonly ClearingItem[]> {
  const accounts = await query<{ account: ClearingAccount; currency: string; balance: bigint }>(
    on,
    `select kind as account, unit as currency, sum(balance)::bigint as balance from accounts
     where lane = $1 and customer_id = $2 and kind = any ($3::text[]) group by kind, unit order by kind, unit`,
    [lane, customerId, CLEARING_ACCOUNTS],
  );
  const found: ClearingItem[] = [];
  for (const { account, currency, balance } of accounts) {
    const own = items.filter((item) => item.account === account && item.currency === currency);
    const rest = own.reduce((left, { balanceMinor }) => left - balanceMinor, balance);
    if (rest === 0n) continue;
    const [last] = await query<{ since: Date }>(
      on,
      `select max(e.recorded_at) as since from postings p
       join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id and e.entry_id = p.entry_id
       where p.lane = $1 and p.customer_id = $2 and $3 in (p.from_kind, p.to_kind) and p.unit = $4`,
      [lane, customerId, account, currency],
    );
    const kind: ClearingKind = 'unexplained';
    found.push({ account, currency, object: account, kind, balanceMinor: rest, since: last?.since ?? new Date(0) });
  }
  return found;
}

/** Who has a clearing account that is not zero, by id. */
export async function customersWithClearing(db: Database): Promise<readonly CustomerKey[]> {
  return query<CustomerKey>(
    db,
    `select distinct lane, customer_id as "customerId" from accounts
     where lane between 0 and 63 and balance <> 0 and kind in ('refund_clearing', 'out_of_band_clearing', 'disputed')
     order by customer_id`,
    [],
  );
}
