// Read models: what the API shows of a customer's subscriptions and holds.
import type { CustomerKey } from '../domain/customer.ts';
import { laneOfId } from '../domain/lane-id.ts';
import type { Database } from './database.ts';
import type { InvoiceSummary } from './invoices.ts';
import { query } from './query.ts';

export interface ShownSubscription {
  readonly subscriptionId: string;
  readonly status: string;
  readonly plan: string | null;
  readonly planVersion: number | null;
  readonly quantity: number;
}

export async function shownSubscriptions(db: Database, key: CustomerKey): Promise<readonly ShownSubscription[]> {
  return query<ShownSubscription>(
    db,
    `select s.subscription_id as "subscriptionId", s.status, v.plan, v.version as "planVersion", s.quantity
     from subscriptions s left join plan_versions v using (plan_version_id)
     where s.lane = $1 and s.customer_id = $2 order by s.billing_anchor, s.subscription_id`,
    [key.lane, key.customerId],
  );
}

export interface ShownHold extends CustomerKey {
  readonly holdId: string;
  readonly action: string;
  readonly member: string | null;
  readonly amount: bigint;
  readonly captured: bigint;
  /** What is still reserved, of lots and of the overage allowance. */
  readonly held: bigint;
  readonly state: 'open' | 'captured' | 'released' | 'lapsed';
  readonly placedAt: Date;
  readonly expiresAt: Date;
  readonly settledAt: Date | null;
}

/** A hold by its id, which carries its lane. */
export async function shownHold(db: Database, holdId: string): Promise<ShownHold | null> {
  const lane = laneOfId(holdId);
  if (lane === null) return null;
  const [row] = await query<ShownHold>(
    db,
    `select h.lane, h.customer_id as "customerId", h.hold_id as "holdId", h.action, h.member, h.amount, h.captured,
       case when h.state = 'open' then h.overage_reserved + h.debt_reserved + coalesce((select sum(d.held) from hold_draws d
         where d.lane = h.lane and d.customer_id = h.customer_id and d.hold_id = h.hold_id), 0) else 0 end::bigint as held,
       h.state, h.placed_at as "placedAt", h.expires_at as "expiresAt", h.settled_at as "settledAt"
     from holds h where h.lane = $1 and h.hold_id = $2`,
    [lane, holdId],
  );
  return row ?? null;
}

export interface ShownInvoice extends InvoiceSummary {
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly subtotalMinor: bigint;
  readonly discountsMinor: bigint;
  readonly taxMinor: bigint;
}

/** One invoice as it is mirrored; null when it is not. */
export async function shownInvoice(db: Database, key: CustomerKey, invoiceId: string): Promise<ShownInvoice | null> {
  const [row] = await query<ShownInvoice>(
    db,
    `select invoice_id as "invoiceId", number, subscription_id as "subscriptionId", billing_reason as "billingReason",
       status, currency, period_start as "periodStart", period_end as "periodEnd", subtotal_minor as "subtotalMinor",
       discounts_minor as "discountsMinor", credits_applied_minor as "creditsAppliedMinor", tax_minor as "taxMinor",
       total_minor as "totalMinor", amount_due_minor as "amountDueMinor",
       amount_remaining_minor as "amountRemainingMinor", created_at as "createdAt", finalized_at as "finalizedAt",
       paid_at as "paidAt"
     from invoices where lane = $1 and customer_id = $2 and invoice_id = $3`,
    [key.lane, key.customerId, invoiceId],
  );
  return row ?? null;
}
