import { collect } from './collection.ts';
import { announceDraft, openDraft, pendingItems } from './drafts.ts';
import { invalidRequest } from './errors.ts';
import { finalize } from './finalization.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import { newDiscounts } from './new-discount.ts';
import { newInvoice } from './new-invoice.ts';
import { changedMetadata, type Values } from './parameters.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { begunAnew, feeLines } from './subscription-begin.ts';
import { changedItems } from './subscription-changes.ts';
import { isMetered, itemsOf, paysUsage } from './subscription-items.ts';
import type { subscriptionUpdateShape } from './subscription-parameters.ts';
import { planCycle, planTrialNotice } from './subscription-tasks.ts';
import { usageLine } from './usage-line.ts';
import type { Invoice, InvoiceLine, Subscription } from './wire.ts';
import { change, emit, need, nowOf, type World } from './world.ts';

/** Invoices at once what is pending and what `lines` adds; finalizes and collects it in the same request. */
export function invoiceNow(
  world: World,
  subscription: Subscription,
  linesOf: (invoice: Invoice) => InvoiceLine[],
  now: number,
): void {
  const start = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  const invoice = newInvoice(world, {
    customer: need(world, 'customers', subscription.customer, 'customer'),
    currency: subscription.currency,
    reason: 'subscription_update',
    subscription,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    created: now,
    period: { start, end: now },
  });
  const lines = linesOf(invoice);
  const items = pendingItems(world, invoice, subscription.id);
  if (lines.length + items.length === 0) return;
  openDraft(world, invoice, lines, items);
  announceDraft(world, invoice.id);
  world.store.patch('subscriptions', subscription.id, { latest_invoice: invoice.id });
  const finalized = finalize(world, invoice.id);
  if (finalized.status !== 'open') return;
  if (subscription.collection_method === 'charge_automatically') collect(world, invoice.id, { telling: 'quietly' });
  else emit(world, 'invoice.sent', finalized);
}

export type SubscriptionUpdate = Partial<Values<typeof subscriptionUpdateShape>>;

function plainChanges(
  world: World,
  before: Subscription,
  values: SubscriptionUpdate,
  now: number,
): Partial<Subscription> {
  const atEnd = values.cancel_at_period_end;
  const [first] = before.items.data;
  const end = atEnd === true ? (first?.current_period_end ?? null) : null;
  const method = values.default_payment_method;
  const pause = values.pause_collection;
  return {
    metadata: changedMetadata(before.metadata, values.metadata),
    ...(atEnd === undefined ? {} : { cancel_at_period_end: atEnd, cancel_at: end, canceled_at: atEnd ? now : null }),
    ...(values.cancel_at === undefined
      ? {}
      : { cancel_at: values.cancel_at, canceled_at: values.cancel_at === null ? null : now }),
    ...(values.collection_method === undefined ? {} : { collection_method: values.collection_method }),
    ...(values.days_until_due === undefined ? {} : { days_until_due: values.days_until_due }),
    ...(method === undefined
      ? {}
      : { default_payment_method: attachedPaymentMethod(world, method, before.customer).id }),
    ...(values.default_tax_rates === undefined
      ? {}
      : { default_tax_rates: taxRatesOf(world, values.default_tax_rates) }),
    ...(values.description === undefined ? {} : { description: values.description }),
    ...(values.discounts === undefined
      ? {}
      : {
          discounts: newDiscounts(world, values.discounts ?? [], {
            customer: before.customer,
            subscription: before.id,
          }),
        }),
    ...(pause === undefined
      ? {}
      : {
          pause_collection: pause === null ? null : { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null },
        }),
  };
}

/** Changes a subscription, with prorations and an invoice at once where asked for. */
export function updateSubscription(world: World, id: string, values: SubscriptionUpdate): Subscription {
  const before = need(world, 'subscriptions', id, 'subscription');
  if (before.status === 'canceled' || before.status === 'incomplete_expired') {
    const message = 'A canceled subscription can only update its cancellation_details and metadata.';
    const only = Object.keys(values).every((name) => name === 'metadata' || name === 'cancellation_details');
    if (!only) throw invalidRequest(message, { code: 'invalid_canceled_subscription_fields' });
  }
  const now = nowOf(world, before.customer);
  const behavior = values.proration_behavior ?? 'create_prorations';
  const moment = { world, subscription: before, at: values.proration_date ?? now, prorates: behavior !== 'none' };
  const items = values.items === undefined ? before.items : itemsOf(world, id, changedItems(moment, values.items));
  const changes = { ...plainChanges(world, before, values, now), items };
  const trial = movedTrial(before, items, values.trial_end, now);
  change(world, 'subscriptions', id, { ...changes, ...trial }, 'customer.subscription.updated');
  planCycle(world, id);
  if (trial.trial_end !== undefined && trial.trial_end !== before.trial_end) planTrialNotice(world, id);
  if (before.status === 'trialing' && values.trial_end === 'now') endTrial(world, before, id, now);
  else if (behavior === 'always_invoice' && values.items !== undefined)
    invoiceNow(world, need(world, 'subscriptions', id, 'subscription'), () => [], now);
  return need(world, 'subscriptions', id, 'subscription');
}

/** A trial that ends with the request: its fee is invoiced and collected at once. */
function endTrial(world: World, before: Subscription, id: string, now: number): void {
  const after = need(world, 'subscriptions', id, 'subscription');
  const metered = before.items.data.filter(({ price }) => isMetered(price) && paysUsage(world, before));
  invoiceNow(
    world,
    after,
    (invoice) => [
      ...metered.toReversed().map((item) => usageLine(world, invoice, before, item, now)),
      ...feeLines(world, invoice, after),
    ],
    now,
  );
}

/** A trial with another end: the present period ends then, and the cycle does the rest; one that ends now has ended. */
function movedTrial(
  before: Subscription,
  items: Subscription['items'],
  given: number | 'now' | undefined,
  now: number,
): Partial<Subscription> {
  if (given === undefined) return {};
  if (before.status !== 'trialing') {
    if (given === 'now') return {};
    throw invalidRequest('The simulator does not support a trial for a running subscription.', { param: 'trial_end' });
  }
  if (given === 'now') return { ...begunAnew({ ...before, items }, now), status: 'active', trial_end: now };
  const data = items.data.map((item) => ({ ...item, current_period_end: given }));
  return { items: { ...items, data }, trial_end: given, billing_cycle_anchor: given };
}
