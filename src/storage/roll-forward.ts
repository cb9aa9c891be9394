// A month's figures, straight from the postings.
import { NIL_ID } from '../domain/account.ts';
import type { DeferredMove, FreeCredits, TrialBalanceRow } from '../domain/roll-forward.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

export interface MonthScope {
  readonly lanes: readonly number[];
  /** First day, `YYYY-MM-01`. */
  readonly month: string;
}

const START = `$2::date::timestamp at time zone 'UTC'`;
const END = `($2::date + interval '1 month') at time zone 'UTC'`;

const JOINED = `journal_entries e join postings p
  on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id`;

/** Every movement of deferred credits up to the month's end, summed by currency, month of purchase and cause. */
export async function deferredMoves(on: Database | Transaction, { lanes, month }: MonthScope): Promise<DeferredMove[]> {
  return query<DeferredMove>(
    on,
    `with recursive roots as (
       select lane, customer_id, lot_id, lot_id as root_id from lots
       where lane = any($1) and origin_lot_id is null and paid_minor > 0
       union all
       select l.lane, l.customer_id, l.lot_id, r.root_id from roots r
       join lots l on l.lane = r.lane and l.customer_id = r.customer_id and l.origin_lot_id = r.lot_id
       where l.lane = any($1)
     ), bought as (
       select r.lane, r.customer_id, r.lot_id, coalesce(i.finalized_at, l.effective_at) as at from roots r
       join lots l on l.lane = r.lane and l.customer_id = r.customer_id and l.lot_id = r.root_id
       left join invoices i on i.lane = l.lane and i.customer_id = l.customer_id and l.source_type = 'invoice_line'
         and i.invoice_id = split_part(l.source_id, '/', 1)
       where l.lane = any($1)
     )
     select p.unit as currency,
       to_char(coalesce(b.at, i.finalized_at, e.effective_at) at time zone 'UTC', 'YYYY-MM') as "purchaseMonth",
       e.effective_at < ${START} as "isBefore",
       case when e.kind = 'invoice.finalized' or (e.kind = 'fee.allocated' and split_part(e.source_id, '/', 2) = 'finalized')
         then 'purchased' when e.kind = 'revenue.credits_earned' then 'used'
         when e.kind = 'revenue.breakage' then 'breakage' when e.kind like 'credit_note.%' or e.kind = 'fee.allocated' then 'refunded'
         else 'other' end as column,
       sum(case when p.from_kind = 'deferred.credits' then p.amount else -p.amount end)::bigint as minor
     from ${JOINED}
     left join bought b on b.lane = e.lane and b.customer_id = e.customer_id and e.source_type = 'lot'
       and b.lot_id::text = split_part(e.source_id, '/', 1)
     left join invoices i on i.lane = e.lane and i.customer_id = e.customer_id and i.invoice_id = e.stripe ->> 'invoice'
     where e.lane = any($1) and e.effective_at < ${END}
       and 'deferred.credits' in (p.from_kind, p.to_kind)
     group by 1, 2, 3, 4`,
    [lanes, month],
  );
}

/** Lots that nobody paid for, by source: what was open, granted, used, ended and is open. Micro-credits. */
export async function freeCredits(on: Database | Transaction, { lanes, month }: MonthScope): Promise<FreeCredits[]> {
  const moved = (condition: string): string =>
    `coalesce(sum(case when ${condition} then m.amount else 0 end), 0)::bigint`;
  return query<FreeCredits>(
    on,
    `with moves as (
       select l.unit, l.source, e.effective_at < ${START} as is_before,
         case when p.from_kind like 'issued.%' then 'granted'
           when p.to_kind in ('consumed', 'consumed_unpaid', 'debt', 'overage') or p.from_kind in ('consumed', 'consumed_unpaid')
           then 'used' when p.to_kind = 'expired' then 'expired' else 'other' end as column,
         case when p.to_kind in ('available', 'held', 'frozen') then p.amount else 0 end
           - case when p.from_kind in ('available', 'held', 'frozen') then p.amount else 0 end as amount
       from ${JOINED}
       join lots l on l.lane = p.lane and l.customer_id = p.customer_id and l.lot_id = p.lot_id
       where e.lane = any($1) and l.lane = any($1) and l.paid_minor = 0 and e.effective_at < ${END}
     )
     select m.unit, m.source, ${moved('m.is_before')} as opening,
       ${moved(`not m.is_before and m.column = 'granted'`)} as granted,
       ${moved(`not m.is_before and m.column = 'used'`)} as used,
       ${moved(`not m.is_before and m.column = 'expired'`)} as expired,
       ${moved(`not m.is_before and m.column = 'other'`)} as other, ${moved('true')} as closing
     from moves m group by m.unit, m.source order by m.unit, m.source`,
    [lanes, month],
  );
}

/** Every account of the money book: what it opened with, what was debited and credited, what it closed with. */
export async function trialBalance(
  on: Database | Transaction,
  { lanes, month }: MonthScope,
): Promise<TrialBalanceRow[]> {
  return query<TrialBalanceRow>(
    on,
    `with sides as (
       select p.unit as currency, side.account, e.effective_at < ${START} as is_before, side.debit, side.credit
       from ${JOINED}
       cross join lateral (values (p.to_kind, p.amount, 0::bigint), (p.from_kind, 0::bigint, p.amount))
         as side (account, debit, credit)
       where e.lane = any($1) and p.from_pool_id = '${NIL_ID}' and p.to_pool_id = '${NIL_ID}' and e.effective_at < ${END}
     )
     select currency, account,
       coalesce(sum(debit - credit) filter (where is_before), 0)::bigint as "openingMinor",
       coalesce(sum(debit) filter (where not is_before), 0)::bigint as "debitMinor",
       coalesce(sum(credit) filter (where not is_before), 0)::bigint as "creditMinor",
       sum(debit - credit)::bigint as "closingMinor"
     from sides group by currency, account order by currency, account`,
    [lanes, month],
  );
}
