import { invalidRequest } from './errors.ts';
import { object, oneOf, required, timestamp, type Values } from './parameters.ts';
import { begunAnew, feeLines } from './subscription-begin.ts';
import { changedItems } from './subscription-changes.ts';
import { isMetered, NO_ITEM_FACTS, paysUsage } from './subscription-items.ts';
import { planCycle } from './subscription-tasks.ts';
import { invoiceNow } from './subscription-update.ts';
import { usageLine } from './usage-line.ts';
import type { Invoice, InvoiceLine, Subscription } from './wire.ts';
import { emit, need, nowOf, unschedule, type World } from './world.ts';

export const pauseShape = {
  bill_for: object({
    outstanding_usage_through: object({ type: required(oneOf('none', 'now')) }),
    unused_time_from: object({ type: required(oneOf('item_current_period_start', 'none', 'now')) }),
  }),
  invoicing_behavior: oneOf('invoice', 'pending_invoice_item'),
  type: oneOf('subscription'),
};

/** Another anchor than the moment of the request would prorate, which is not simulated. */
export const resumeShape = {
  billing_cycle_anchor: object({ type: required(oneOf('now')) }),
  payment_behavior: oneOf('resume_on_payment_attempt'),
  proration_behavior: oneOf('create_prorations', 'always_invoice', 'none'),
  proration_date: timestamp(),
};

const PAUSABLE = ['active', 'trialing', 'past_due'];

/** Stops a subscription: what was used is billed, what is left of the fee is credited, and nothing renews. */
export function pauseSubscription(world: World, id: string, values: Values<typeof pauseShape>): Subscription {
  const before = need(world, 'subscriptions', id, 'subscription');
  if (!PAUSABLE.includes(before.status)) {
    throw invalidRequest(`A subscription that is ${before.status} cannot be paused.`);
  }
  if (before.schedule !== null) throw invalidRequest('A subscription with an attached schedule cannot be paused.');
  const now = nowOf(world, before.customer);
  const usageThrough = values.bill_for?.outstanding_usage_through?.type ?? 'now';
  const unusedFrom = values.bill_for?.unused_time_from?.type ?? 'now';
  const invoices = values.invoicing_behavior === 'invoice';
  const isTrial = before.status === 'trialing';
  const metered = before.items.data.filter(({ price }) => isMetered(price));
  const licensed = before.items.data.filter(({ price }) => !isMetered(price));
  const bills = usageThrough === 'now' && paysUsage(world, before) ? metered : [];
  if (!isTrial && unusedFrom !== 'none') {
    for (const item of licensed) {
      const at = unusedFrom === 'now' ? now : item.current_period_start;
      changedItems({ world, subscription: before, at, prorates: true }, [
        { ...NO_ITEM_FACTS, id: item.id, deleted: true },
      ]);
    }
  }
  if (!invoices) {
    const moment = { world, subscription: before, at: now, prorates: true };
    changedItems(
      moment,
      bills.map((item) => ({ ...NO_ITEM_FACTS, id: item.id, deleted: true })),
    );
  }
  world.store.patch('subscriptions', id, {
    status: 'paused',
    status_details: {
      paused: { subscription: { type: 'pause_requested' }, transitioned_at: now, type: 'subscription' },
    },
  });
  for (const kind of ['subscription_cycle', 'invoice_upcoming']) unschedule(world, kind, id);
  if (invoices) {
    const lines = (invoice: Invoice): InvoiceLine[] =>
      bills.toReversed().map((item) => usageLine(world, invoice, before, item, now));
    invoiceNow(world, before, lines, now);
  }
  return told(world, id, 'customer.subscription.paused');
}

/** Starts a paused subscription again, with a new period from now on and its fee at once. */
export function resumeSubscription(world: World, id: string): Subscription {
  const before = need(world, 'subscriptions', id, 'subscription');
  if (before.status !== 'paused') throw invalidRequest('Only a paused subscription can be resumed.');
  if (before.collection_method === 'send_invoice') {
    throw invalidRequest('A subscription that is collected by sending invoices cannot be resumed.');
  }
  const now = nowOf(world, before.customer);
  const { status_details: _paused, ...rest } = before;
  world.store.put('subscriptions', { ...rest, ...begunAnew(before, now), status: 'active' });
  planCycle(world, id);
  const after = need(world, 'subscriptions', id, 'subscription');
  invoiceNow(world, after, (invoice) => feeLines(world, invoice, after), now);
  return told(world, id, 'customer.subscription.resumed');
}

function told(world: World, id: string, type: 'customer.subscription.paused' | 'customer.subscription.resumed') {
  const subscription = need(world, 'subscriptions', id, 'subscription');
  emit(world, 'customer.subscription.updated', subscription);
  emit(world, type, subscription);
  return subscription;
}
