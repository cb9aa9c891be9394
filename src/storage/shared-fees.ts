import type { CustomerKey } from '../domain/customer.ts';
import { includedShare, type SharedFee } from '../domain/entries-fee-share.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { queryEach } from './query-each.ts';
import { DRAWN, INCLUDED_SHARE, INCLUSIVE_TAX, noted } from './revenue.ts';

type Row = Omit<SharedFee, 'shareMinor'> & { readonly netMinor: bigint; readonly percent: number };

interface Asked {
  readonly through: Date;
  readonly before?: Date | undefined;
  readonly lineIds?: readonly string[];
}

/**
 * Fee lines of live invoices that have a share for included credits, with what was drawn and what expired before `through`
 * of the lot that opened for the line's period, and of the lots that it became: rolled over, carried, restored. What notes
 * took back counts at once, with its money. What is recognised: all, or `before`.
 */
export const sharedFees = inStep(feesOfEach);

/** The same of many customers, in one statement. */
export async function sharedFeesOfMany(
  on: Database | Transaction,
  customers: readonly CustomerKey[],
  asked: Asked,
): Promise<readonly SharedFee[]> {
  return (
    await feesOfEach(
      on,
      customers.map((key) => [key, asked]),
    )
  ).flat();
}

async function feesOfEach(
  on: Database | Transaction,
  asks: readonly (readonly [CustomerKey, Asked])[],
): Promise<readonly (readonly SharedFee[])[]> {
  const found = await queryEach<Row>(
    on,
    SHARED_FEES,
    asks.map(([{ lane, customerId }, { through, before, lineIds }]) => [
      lane,
      customerId,
      through,
      lineIds ?? null,
      before ?? null,
    ]),
  );
  return found.map((rows) =>
    rows.map(({ netMinor, percent, ...fee }): SharedFee => ({
      ...fee,
      shareMinor: includedShare(netMinor, percent),
    })),
  );
}

const SHARED_FEES = {
  sql: `select l.invoice_id as "invoiceId", l.line_id as "lineId", i.currency, share.percent, l.period_end as "periodEnd",
       (l.amount_minor - l.discounts_minor - l.credits_applied_minor - coalesce(tax.inclusive, 0)
         - coalesce(note.net, 0))::bigint as "netMinor",
       coalesce(done.allocated, 0)::bigint as "allocatedMinor",
       (coalesce(came.granted, 0) - coalesce(used.clawed, 0))::bigint as "grantedMicro",
       (coalesce(used.drawn, 0) - coalesce(came.restored, 0))::bigint as "drawnMicro",
       coalesce(used.expired, 0)::bigint as "expiredMicro",
       coalesce(done.credits, 0)::bigint as "creditsRecognisedMinor",
       coalesce(done.breakage, 0)::bigint as "breakageRecognisedMinor"
     from invoice_lines l
     join invoices i on i.lane = l.lane and i.customer_id = l.customer_id and i.invoice_id = l.invoice_id
     cross join lateral (${INCLUDED_SHARE}) share
     left join lateral (${INCLUSIVE_TAX}) tax on true
     left join lateral (${noted('= $1')}) note on true
     left join lateral (
       with recursive family as (
         select b.lot_id, b.granted, 'included' as source from billing_periods p
         join lots b on b.lane = p.lane and b.customer_id = p.customer_id and b.source_type = 'billing_period'
           and b.source_id = p.billing_period_id::text
         where p.lane = $1 and p.customer_id = $2 and p.subscription_id = i.subscription_id
           and p.starts_at = l.period_start and b.lane = $1 and b.effective_at < $3
         union all
         select b.lot_id, b.granted, b.source from family f
         join lots b on b.lane = $1 and b.customer_id = $2 and b.origin_lot_id = f.lot_id
         where b.source <> 'restored' or b.effective_at < $3
       )
       select array_agg(lot_id) as lot_ids, sum(granted) filter (where source = 'included') as granted,
         -- Use that was undone when its lot was gone is use no more: the credits live on in the lot that gives them back.
         sum(granted) filter (where source = 'restored') as restored
       from family
     ) came on true
     left join lateral (
       select sum(case when p.to_kind in (${DRAWN}) then p.amount when p.from_kind in (${DRAWN}) then -p.amount end)
           filter (where e.effective_at < $3) as drawn,
         sum(case when p.to_kind = 'expired' then p.amount when p.from_kind = 'expired' then -p.amount end)
           filter (where e.effective_at < $3) as expired,
         sum(case when p.to_kind = 'clawed_back' then p.amount when p.from_kind = 'clawed_back' then -p.amount end) as clawed
       from postings p join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id
         and e.entry_id = p.entry_id
       where p.lane = $1 and p.customer_id = $2 and p.lot_id = any(came.lot_ids)
     ) used on true
     left join lateral (
       select sum(case when e.kind <> 'fee.allocated' then 0 when p.from_kind = 'deferred.credits' then p.amount
           else -p.amount end) as allocated,
         sum(case when p.from_kind = 'revenue.credits' then p.amount when p.to_kind = 'revenue.credits'
           then -p.amount end) as credits,
         sum(case when p.from_kind = 'revenue.breakage' then p.amount when p.to_kind = 'revenue.breakage'
           then -p.amount end) as breakage
       from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
         and p.entry_id = e.entry_id
       where e.lane = $1 and e.customer_id = $2 and e.source_type = 'invoice_line'
         and split_part(e.source_id, '/', 1) = l.line_id and ($5::timestamptz is null or e.effective_at < $5)
     ) done on true
     where l.lane = $1 and l.customer_id = $2 and i.lane = $1 and l.kind = 'base' and share.percent > 0
       and i.finalized_at is not null and i.status not in ('void', 'deleted')
       and ($4::text[] is null or l.line_id = any($4::text[]))
     order by l.invoice_id, l.position`,
  types: ['smallint', 'uuid', 'timestamptz', 'text[]', 'timestamptz'],
};
