import { invalidRequest } from './errors.ts';
import { boolean, ignored, object, readParameters, text, type Values } from './parameters.ts';
import { changedItems } from './subscription-changes.ts';
import { isMetered, NO_ITEM_FACTS, paysUsage } from './subscription-items.ts';
import { invoiceNow } from './subscription-update.ts';
import { usageLine } from './usage-line.ts';
import type { Subscription } from './wire.ts';
import { change, emit, need, nowOf, unschedule, type World } from './world.ts';

export const cancellationShape = {
  cancellation_details: object({ comment: text(), feedback: text(), feedback_option: ignored() }),
  invoice_now: boolean(),
  prorate: boolean(),
};
export type Cancellation = Values<typeof cancellationShape>;
export const NO_CANCELLATION = readParameters(cancellationShape, new Map());

/** Ends a subscription at once; usage that is not yet billed is only invoiced when asked for. */
export function cancelSubscription(world: World, id: string, values: Cancellation): Subscription {
  const before = need(world, 'subscriptions', id, 'subscription');
  if (before.status === 'canceled')
    throw invalidRequest(`No such subscription: '${id}'`, { code: 'resource_missing', param: 'id' });
  const now = nowOf(world, before.customer);
  stopCollection(world, before);
  const billsNow = values.invoice_now === true;
  if (values.prorate !== true && !billsNow) dropProrations(world, before);
  if (values.prorate === true) {
    const moment = { world, subscription: before, at: now, prorates: true };
    const licensed = before.items.data.filter(({ price }) => !isMetered(price));
    changedItems(
      moment,
      licensed.map((item) => ({ ...NO_ITEM_FACTS, id: item.id, deleted: true })),
    );
  }
  const details = {
    comment: values.cancellation_details?.comment ?? null,
    feedback: values.cancellation_details?.feedback ?? null,
  };
  world.store.patch('subscriptions', id, {
    status: 'canceled',
    canceled_at: now,
    ended_at: now,
    cancellation_details: { ...details, feedback_option: null, reason: 'cancellation_requested' },
  });
  for (const kind of ['subscription_cycle', 'subscription_incomplete', 'invoice_upcoming']) unschedule(world, kind, id);
  if (billsNow) {
    const metered = before.items.data.filter(({ price }) => isMetered(price) && paysUsage(world, before)).toReversed();
    invoiceNow(world, before, (invoice) => metered.map((item) => usageLine(world, invoice, before, item, now)), now);
  }
  const after = need(world, 'subscriptions', id, 'subscription');
  emit(world, 'customer.subscription.deleted', after);
  return after;
}

/** Prorations that wait for the next invoice go when a subscription ends at once and nothing is invoiced. */
function dropProrations(world: World, { id, customer }: Subscription): void {
  for (const item of world.store.by('invoice_items', 'customer', customer)) {
    const own = item.parent?.subscription_details?.subscription === id;
    if (own && item.proration && item.invoice === null) world.store.remove('invoice_items', item.id);
  }
}

/** Open invoices of a cancelled subscription are no longer collected by themselves. */
function stopCollection(world: World, subscription: Subscription): void {
  for (const invoice of world.store.by('invoices', 'customer', subscription.customer)) {
    const own = invoice.parent?.subscription_details?.subscription === subscription.id;
    if (!own || invoice.status !== 'open' || invoice.auto_advance !== true) continue;
    unschedule(world, 'invoice_collection', invoice.id);
    change(world, 'invoices', invoice.id, { auto_advance: false, next_payment_attempt: null }, 'invoice.updated');
  }
}
