import { type AccountKind, NIL_ID } from '../domain/account.ts';
import type { CustomerKey } from '../domain/customer.ts';
// What revenue recognition has to look at: fees, bought lots and unbilled overage of one customer, as of an instant.
import { includedShare } from '../domain/entries-fee-share.ts';
import type { EarningLine, EarningLot, UnbilledPeriod } from '../domain/entries-revenue.ts';
import type { Posting } from '../domain/journal.ts';
import { scopeOf } from './customer-scope.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { queryEach } from './query-each.ts';
import { query } from './query.ts';

/**
 * Fee lines of live invoices that began before `through`, with what is recognised and what notes took back. The share
 * that is allocated to included credits is not in them.
 */
export async function earningLines(
  trx: Database | Transaction,
  key: CustomerKey,
  { through, lineIds }: { readonly through: Date; readonly lineIds?: readonly string[] },
): Promise<readonly EarningLine[]> {
  const rows = await query<EarningLine & { readonly percent: number }>(
    trx,
    `select l.invoice_id as "invoiceId", l.line_id as "lineId", i.currency, coalesce(share.percent, 0) as percent,
       (l.amount_minor - l.discounts_minor - l.credits_applied_minor - coalesce(tax.inclusive, 0)
         - coalesce(note.net, 0))::bigint as "netMinor",
       coalesce(earned.amount, 0)::bigint as "recognisedMinor", l.period_start as "periodStart",
       l.period_end as "periodEnd"
     from invoice_lines l
     join invoices i on i.lane = l.lane and i.customer_id = l.customer_id and i.invoice_id = l.invoice_id
     left join lateral (${INCLUSIVE_TAX}) tax on true
     left join lateral (${noted('= $1')}) note on true
     left join lateral (${INCLUDED_SHARE}) share on true
     left join lateral (
       select sum(case when p.from_kind = 'revenue.subscription' then p.amount else -p.amount end) as amount
       from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
         and p.entry_id = e.entry_id
       where e.lane = $1 and e.customer_id = $2 and e.source_type = 'invoice_line' and e.kind = 'revenue.fee_earned'
         and split_part(e.source_id, '/', 1) = l.line_id
     ) earned on true
     where l.lane = $1 and l.customer_id = $2 and i.lane = $1 and l.kind = 'base' and l.period_start < $3
       and i.finalized_at is not null and i.status not in ('void', 'deleted')
       and ($4::text[] is null or l.line_id = any($4::text[]))
     order by l.invoice_id, l.position`,
    [key.lane, key.customerId, through, lineIds ?? null],
  );
  return rows.map(({ percent, ...line }) => ({
    ...line,
    netMinor: line.netMinor - includedShare(line.netMinor, percent),
  }));
}

/** The instant up to which each line is recognised already; a line that never was is absent. */
export async function recognisedThrough(
  trx: Database | Transaction,
  key: CustomerKey,
  lineIds: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  const rows = await query<{ lineId: string; last: Date }>(
    trx,
    `select split_part(source_id, '/', 1) as "lineId", max(effective_at) as last from journal_entries
     where lane = $1 and customer_id = $2 and source_type = 'invoice_line' and kind = 'revenue.fee_earned'
       and split_part(source_id, '/', 1) = any($3::text[]) group by 1`,
    [key.lane, key.customerId, lineIds],
  );
  return new Map(rows.map(({ lineId, last }) => [lineId, new Date(last.getTime() + 1)]));
}

/** Bought lots with what was drawn and what expired of them before `through`, and what is recognised: all, or `before`. */
export async function earningLots(
  trx: Database | Transaction,
  customers: readonly CustomerKey[],
  { through, before }: { readonly through: Date; readonly before?: Date | undefined },
): Promise<readonly EarningLot[]> {
  const { lane, customer, parameters } = scopeOf(customers);
  return query<EarningLot>(
    trx,
    `with bought as (
       select * from lots where lane ${lane} and customer_id ${customer} and paid_minor > 0 and effective_at < $3
     ), restored as (
       -- Use that was undone when this lot was gone: its price went on to the lot that gives it back.
       select r.lane, r.customer_id, r.origin_lot_id as lot_id, sum(r.granted) as credits from lots r
       where r.lane ${lane} and r.customer_id ${customer} and r.source = 'restored' and r.effective_at < $3 group by 1, 2, 3
     ), used as (
       -- Credits are used, too, when they pay for debt or overage that stood before them.
       select p.lane, p.customer_id, p.lot_id,
         sum(case when p.to_kind in (${DRAWN}) then p.amount when p.from_kind in (${DRAWN}) then -p.amount end) as drawn,
         sum(case when p.to_kind = 'expired' then p.amount when p.from_kind = 'expired' then -p.amount end) as expired
       from bought b join postings p on p.lane = b.lane and p.customer_id = b.customer_id and p.lot_id = b.lot_id
       join journal_entries e on e.lane = p.lane and e.customer_id = p.customer_id and e.entry_id = p.entry_id
       where p.lane ${lane} and e.effective_at < $3 group by 1, 2, 3
     ), earned as (
       select e.lane, e.customer_id, split_part(e.source_id, '/', 1) as lot_id,
         sum(case when p.to_kind = 'revenue.credits' then -p.amount when p.from_kind = 'revenue.credits' then p.amount end) as credits,
         sum(case when p.to_kind = 'revenue.breakage' then -p.amount when p.from_kind = 'revenue.breakage'
           then p.amount end) as breakage
       from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
         and p.entry_id = e.entry_id
       where e.lane ${lane} and e.customer_id ${customer} and e.source_type = 'lot'
         and ($4::timestamptz is null or e.effective_at < $4) group by 1, 2, 3
     )
     select b.lot_id as "lotId", b.paid_currency as currency, b.granted as "grantedMicro",
       (coalesce(used.drawn, 0) - coalesce(restored.credits, 0))::bigint as "drawnMicro", coalesce(used.expired, 0)::bigint as "expiredMicro",
       b.paid_minor as "paidMinor", coalesce(note.net, 0)::bigint as "notedMinor",
       coalesce(earned.credits, 0)::bigint as "creditsRecognisedMinor",
       coalesce(earned.breakage, 0)::bigint as "breakageRecognisedMinor"
     from bought b
     left join invoice_lines l on l.lane = b.lane and l.customer_id = b.customer_id and b.source_type = 'invoice_line'
       and l.invoice_id = split_part(b.source_id, '/', 1) and l.line_id = split_part(b.source_id, '/', 2)
     left join lateral (${noted(lane)}) note on true
     left join restored on restored.lane = b.lane and restored.customer_id = b.customer_id and restored.lot_id = b.lot_id
     left join used on used.lane = b.lane and used.customer_id = b.customer_id and used.lot_id = b.lot_id
     left join earned on earned.lane = b.lane and earned.customer_id = b.customer_id and earned.lot_id = b.lot_id::text
     order by b.lot_id`,
    [...parameters, through, before ?? null],
  );
}

export type PeriodToAccrue = Omit<UnbilledPeriod, 'worthMinor' | 'currency'> & {
  readonly overageMicro: bigint;
  readonly startsAt: Date;
};

/**
 * Periods that are not final, with their overage as of `through` and what of it is accrued: all, or `before`. Asking the account and
 * taking back what was posted since is cheap; usage is never recorded before it happens.
 */
export const unbilledPeriods = inStep(
  async (on: Database | Transaction, asks: readonly (readonly [CustomerKey, UnbilledAsked])[]) =>
    queryEach<PeriodToAccrue>(
      on,
      UNBILLED_PERIODS,
      asks.map(([{ lane, customerId }, { through, before, billingPeriodIds }]) => [
        lane,
        customerId,
        through,
        billingPeriodIds ?? null,
        before ?? null,
      ]),
    ),
);

interface UnbilledAsked {
  readonly through: Date;
  readonly before?: Date | undefined;
  readonly billingPeriodIds?: readonly string[];
}

const UNBILLED_PERIODS = {
  sql: `select b.billing_period_id as "billingPeriodId", b.plan_version_id as "planVersionId",
       b.starts_at as "startsAt", (coalesce(-a.balance, 0) - coalesce(since.amount, 0))::bigint as "overageMicro",
       coalesce(done.amount, 0)::bigint as "accruedMinor"
     from billing_periods b
     left join lateral (
       select sum(o.balance) as balance from accounts o
       where o.lane = $1 and o.customer_id = $2 and o.billing_period_id = b.billing_period_id and o.kind = 'overage'
         and o.unit = b.unit
     ) a on true
     left join lateral (
       select sum(case when p.from_kind = 'overage' and p.from_billing_period_id = b.billing_period_id then p.amount
         else -p.amount end) as amount
       from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
         and p.entry_id = e.entry_id
       where e.lane = $1 and e.customer_id = $2 and e.recorded_at >= $3 and e.effective_at >= $3
         and ((p.from_kind = 'overage' and p.from_billing_period_id = b.billing_period_id)
           or (p.to_kind = 'overage' and p.to_billing_period_id = b.billing_period_id))
     ) since on true
     left join lateral (
       select sum(case when p.to_kind = 'unbilled_receivable' then p.amount else -p.amount end) as amount
       from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
         and p.entry_id = e.entry_id
       where e.lane = $1 and e.customer_id = $2 and e.source_type = 'billing_period' and e.kind = 'usage.accrued'
         and e.billing_period_id = b.billing_period_id and ($5::timestamptz is null or e.effective_at < $5)
     ) done on true
     where b.lane = $1 and b.customer_id = $2 and b.state <> 'final' and b.starts_at < $3
       and ($4::uuid[] is null or b.billing_period_id = any($4::uuid[]))
     order by b.starts_at, b.billing_period_id`,
  types: ['smallint', 'uuid', 'timestamptz', 'uuid[]', 'timestamptz'],
};

/** Net movements that an invoice caused, its notes and its recognition included, money that came or went excluded. */
export async function postedForInvoice(
  trx: Transaction,
  key: CustomerKey,
  { invoiceId, billingPeriodIds }: { readonly invoiceId: string; readonly billingPeriodIds: readonly string[] },
): Promise<readonly Posting[]> {
  const rows = await query<{ from: AccountKind; to: AccountKind; unit: string; amount: bigint }>(
    trx,
    `select p.from_kind as "from", p.to_kind as "to", p.unit, sum(p.amount)::bigint as amount
     from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
       and p.entry_id = e.entry_id
     where e.lane = $1 and e.customer_id = $2 and (
       (e.kind in ('invoice.finalized', 'invoice.balance_applied', 'invoice.too_small', 'invoice.marked_uncollectible',
          'credit_note.issued', 'credit_note.voided', 'fee.allocated', 'revenue.fee_earned', 'revenue.credits_earned',
          'revenue.breakage', 'usage.settled')
         and e.stripe ->> 'invoice' = $3)
       or (e.kind in ('usage.accrued', 'usage.written_off') and e.billing_period_id = any($4::uuid[])))
     group by 1, 2, 3 order by 1, 2, 3`,
    [key.lane, key.customerId, invoiceId, billingPeriodIds],
  );
  return rows.map(({ from, to, unit, amount }) => ({ from: account(from, unit), to: account(to, unit), amount }));
}

/** The postings of one entry of the money book, to be reversed. */
export async function postingsOf(
  trx: Transaction,
  key: CustomerKey,
  source: { readonly sourceType: string; readonly sourceId: string; readonly kind: string },
): Promise<readonly Posting[]> {
  const rows = await query<{ from: AccountKind; to: AccountKind; unit: string; amount: bigint }>(
    trx,
    `select p.from_kind as "from", p.to_kind as "to", p.unit, p.amount
     from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
       and p.entry_id = e.entry_id
     where e.lane = $1 and e.customer_id = $2 and e.source_type = $3 and e.source_id = $4 and e.kind = $5
     order by p.seq`,
    [key.lane, key.customerId, source.sourceType, source.sourceId, source.kind],
  );
  return rows.map(({ from, to, unit, amount }) => ({ from: account(from, unit), to: account(to, unit), amount }));
}

function account(kind: AccountKind, unit: string): Posting['from'] {
  return { poolId: NIL_ID, billingPeriodId: NIL_ID, kind, unit };
}

/** Accounts that use ends on. */
export const DRAWN = `'consumed', 'consumed_unpaid', 'debt', 'overage'`;

/** Tax inside the amount of an invoice line (\`l\`). */
export const INCLUSIVE_TAX = `select sum((t ->> 'amount')::bigint) as inclusive
  from jsonb_array_elements(case when jsonb_typeof(l.object -> 'taxes') = 'array' then l.object -> 'taxes' end) t
  where t ->> 'tax_behavior' = 'inclusive'`;

/** What issued credit notes took off an invoice line (\`l\`), after their discounts, credits and inclusive tax. */
export function noted(lane: string): string {
  return `select sum((n ->> 'amount')::bigint - (n ->> 'discount')::bigint - (n ->> 'credits')::bigint
    - (n ->> 'inclusiveTax')::bigint) as net
  from credit_notes c cross join lateral jsonb_array_elements(c.lines) n
  where c.lane = l.lane and c.lane ${lane} and c.customer_id = l.customer_id and c.invoice_id = l.invoice_id
    and c.status <> 'void' and n ->> 'invoiceLineId' = l.line_id`;
}

/** What of an invoice line's (`l`) fee its plan allocates to included credits. A proration brings none, so it has no share. */
export const INCLUDED_SHARE = `select (v.content ->> 'includedSharePercent')::integer as percent from plan_versions v
  where v.stripe_base_price_id = l.price_id and coalesce(l.object #>> '{parent,subscription_item_details,proration}',
    l.object #>> '{parent,invoice_item_details,proration}', 'false') = 'false'
  order by v.version desc limit 1`;
