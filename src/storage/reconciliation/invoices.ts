import type { CustomerKey } from '../../domain/customer.ts';
import type { InvoiceHere, InvoiceLineHere } from '../../domain/reconciliation/invoices.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';
import { SPENT } from './spent.ts';

type InvoiceRow = Omit<InvoiceHere, 'lines' | 'payments' | 'lotsMissing'>;

/** A customer's mirrored invoices, deleted drafts left out, with what was posted and granted for each. */
export async function invoicesHere(db: Database, customer: CustomerKey): Promise<readonly InvoiceHere[]> {
  const { lane, customerId } = customer;
  const rows = await query<InvoiceRow>(
    db,
    `select i.invoice_id as "invoiceId", i.status, i.currency, i.subtotal_minor as "subtotalMinor",
       i.discounts_minor as "discountsMinor", i.credits_applied_minor as "creditsAppliedMinor", i.tax_minor as "taxMinor",
       i.total_minor as "totalMinor", i.starting_balance_minor as "startingBalanceMinor",
       i.ending_balance_minor as "endingBalanceMinor", i.amount_due_minor as "amountDueMinor",
       i.amount_paid_minor as "amountPaidMinor", i.amount_remaining_minor as "amountRemainingMinor",
       exists (select from journal_entries e where e.lane = $1 and e.customer_id = $2
         and e.source_type = 'stripe_invoice' and e.source_id = i.invoice_id) as "isPosted",
       -- A correction takes off the usage it corrects: lines of one account that cancel out move nothing.
       exists (select from invoice_lines l where l.lane = $1 and l.customer_id = $2 and l.invoice_id = i.invoice_id
         group by case l.kind when 'correction' then 'usage' else l.kind end
         having sum(l.amount_minor - l.discounts_minor - l.credits_applied_minor) <> 0
           or sum(l.tax_minor) <> 0) as "hasMoney"
     from invoices i where i.lane = $1 and i.customer_id = $2 and i.status <> 'deleted'
     order by i.created_at, i.invoice_id`,
    [lane, customerId],
  );
  const lines = Map.groupBy(await linesHere(db, customer), ({ invoiceId }) => invoiceId);
  const payments = Map.groupBy(await paymentsHere(db, customer), ({ invoiceId }) => invoiceId);
  const lotsMissing = Map.groupBy(await linesWithoutLot(db, customer), ({ invoiceId }) => invoiceId);
  return rows.map((row) => ({
    ...row,
    lines: lines.get(row.invoiceId) ?? [],
    payments: payments.get(row.invoiceId) ?? [],
    lotsMissing: (lotsMissing.get(row.invoiceId) ?? []).map(({ lineId }) => lineId),
  }));
}

async function linesHere(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<readonly (InvoiceLineHere & { readonly invoiceId: string })[]> {
  return query(
    db,
    `select invoice_id as "invoiceId", line_id as "lineId", amount_minor as "amountMinor",
       discounts_minor as "discountsMinor", credits_applied_minor as "creditsAppliedMinor", tax_minor as "taxMinor"
     from invoice_lines where lane = $1 and customer_id = $2 order by invoice_id, position`,
    [lane, customerId],
  );
}

async function paymentsHere(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<readonly { invoiceId: string; invoicePaymentId: string; amountPaidMinor: bigint }[]> {
  return query(
    db,
    `select invoice_id as "invoiceId", invoice_payment_id as "invoicePaymentId", amount_paid_minor as "amountPaidMinor"
     from invoice_payments where lane = $1 and customer_id = $2 order by invoice_payment_id`,
    [lane, customerId],
  );
}

/** Paid lines that sell credits and opened no lot: packs, and the fee of a sign-up whose plan includes credits. */
async function linesWithoutLot(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<readonly { invoiceId: string; lineId: string }[]> {
  return query(
    db,
    `select i.invoice_id as "invoiceId", l.line_id as "lineId"
     from invoices i
     join invoice_lines l on l.lane = i.lane and l.customer_id = i.customer_id and l.invoice_id = i.invoice_id
     where i.lane = $1 and i.customer_id = $2 and i.status = 'paid' and l.kind = 'pack'
       and not exists (select from lots t where t.lane = $1 and t.customer_id = $2
         and t.source_type = 'invoice_line' and t.source_id = i.invoice_id || '/' || l.line_id)
     union all
     select i.invoice_id, 'sign-up'
     from invoices i
     join subscriptions s on s.lane = i.lane and s.customer_id = i.customer_id and s.subscription_id = i.subscription_id
     join plan_versions v on v.plan_version_id = s.plan_version_id and (v.content ->> 'includedCredits')::numeric > 0
     where i.lane = $1 and i.customer_id = $2 and i.status = 'paid' and i.billing_reason = 'subscription_create'
       and not exists (
         select from lots t
         join billing_periods p on p.lane = t.lane and p.customer_id = t.customer_id
           and p.billing_period_id = t.billing_period_id and p.subscription_id = i.subscription_id
         where t.lane = $1 and t.customer_id = $2 and t.source_type = 'billing_period')`,
    [lane, customerId],
  );
}

export interface BilledPeriodHere {
  readonly billingPeriodId: string;
  readonly subscriptionId: string;
  readonly endsAt: Date;
  readonly invoiceId: string;
  readonly planVersionId: string;
  readonly meteredPriceId: string;
  readonly meterUnitMicro: bigint;
  readonly emittedUnits: bigint;
  readonly lotsPaidMicro: bigint;
  readonly overageMicro: bigint;
  readonly excessCreditedMinor: bigint;
  readonly acceptedBecause: string | null;
  readonly isSuperseded: boolean;
  /** Metered prices of other periods on the same invoice. */
  readonly otherPriceIds: readonly string[];
  /** Mirrored invoices that stand and bill the same cycle. */
  readonly standing: readonly string[];
}

/** Final periods and what the ledger says of them, computed from postings: those that ended since an instant, or all. */
export async function billedPeriods(
  db: Database,
  { lane, customerId }: CustomerKey,
  since: Date | null,
): Promise<readonly BilledPeriodHere[]> {
  return query<BilledPeriodHere>(
    db,
    `with ${SPENT}
     select p.billing_period_id as "billingPeriodId", p.subscription_id as "subscriptionId", p.ends_at as "endsAt",
       p.invoice_id as "invoiceId", p.plan_version_id as "planVersionId", v.stripe_metered_price_id as "meteredPriceId",
       u.meter_unit_micro as "meterUnitMicro", p.emitted_units as "emittedUnits",
       coalesce(s.metered - s.overage, 0)::bigint as "lotsPaidMicro", coalesce(s.overage, 0)::bigint as "overageMicro",
       coalesce((
         select sum((n ->> 'amount')::bigint - (n ->> 'discount')::bigint - (n ->> 'credits')::bigint)
         from credit_note_requests r
         join credit_notes c on c.lane = r.lane and c.customer_id = r.customer_id and c.credit_note_id = r.credit_note_id
         cross join lateral jsonb_array_elements(c.lines) n
         where r.lane = $1 and r.customer_id = $2 and r.invoice_id = p.invoice_id and r.requested_by = 'settlement'
           and c.status <> 'void'), 0)::bigint as "excessCreditedMinor",
       (select 'Accepted by ' || t.decided_by || ': ' || t.decision_reason from settlements t
         where t.lane = $1 and t.customer_id = $2 and t.billing_period_id = p.billing_period_id
           and t.decision = 'accept') as "acceptedBecause", p.superseded_by is not null as "isSuperseded",
       array(select w.stripe_metered_price_id from billing_periods o join plan_versions w using (plan_version_id)
         where o.lane = $1 and o.customer_id = $2 and o.invoice_id = p.invoice_id
           and o.billing_period_id <> p.billing_period_id) as "otherPriceIds",
       array(select distinct i.invoice_id from invoices i
         join invoice_lines l on l.lane = i.lane and l.customer_id = i.customer_id and l.invoice_id = i.invoice_id
         where i.lane = $1 and i.customer_id = $2 and i.subscription_id = p.subscription_id
           and i.billing_reason = 'subscription_cycle' and i.status in ('draft', 'open', 'paid', 'uncollectible')
           and l.kind = 'usage' and l.period_end = p.ends_at) as standing
     from billing_periods p
     left join spent s on s.id = p.billing_period_id
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     join credit_units u on u.unit = p.unit
     where p.lane = $1 and p.customer_id = $2 and p.state = 'final' and p.invoice_id is not null and not p.is_trial
       and ($3::timestamptz is null or p.ends_at >= $3::timestamptz - interval '7 days')
     order by p.ends_at`,
    [lane, customerId, since],
  );
}

/** The invoices that bill the customer's periods. */
export async function settledInvoices(db: Database, { lane, customerId }: CustomerKey): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select distinct invoice_id as id from billing_periods
     where lane = $1 and customer_id = $2 and invoice_id is not null`,
    [lane, customerId],
  );
  return new Set(rows.map(({ id }) => id));
}

export interface HeldDraft {
  readonly invoiceId: string;
  readonly reason: string;
}

/** Drafts that the gate does not let go: somebody must decide. */
export async function heldDrafts(db: Database, { lane, customerId }: CustomerKey): Promise<readonly HeldDraft[]> {
  return query<HeldDraft>(
    db,
    `select invoice_id as "invoiceId", coalesce(held_because, 'held') as reason from settlements
     where lane = $1 and customer_id = $2 and state = 'held' order by invoice_id`,
    [lane, customerId],
  );
}
