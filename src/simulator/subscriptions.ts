import { invalidRequest } from './errors.ts';
import { newSubscription } from './new-subscription.ts';
import { page } from './pagination.ts';
import { boolean, ignored, object, paging, range, text, word, type Values } from './parameters.ts';
import { route } from './routes.ts';
import { changedItems } from './subscription-changes.ts';
import { usageLine } from './subscription-cycle.ts';
import { isMetered, NO_ITEM_FACTS } from './subscription-items.ts';
import { subscriptionCreateShape, subscriptionUpdateShape } from './subscription-parameters.ts';
import { invoiceNow, updateSubscription } from './subscription-update.ts';
import type { Subscription } from './wire.ts';
import { change, emit, need, nowOf, unschedule, type World } from './world.ts';

function subscriptionWithId(world: World, id: string): Subscription {
  return need(world, 'subscriptions', id, 'subscription');
}

const cancel = route(
  'DELETE',
  '/v1/subscriptions/{id}',
  {
    cancellation_details: object({ comment: text(), feedback: text(), feedback_option: ignored() }),
    invoice_now: boolean(),
    prorate: boolean(),
  },
  ({ world, id, values }) => {
    const before = subscriptionWithId(world, id);
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
    for (const kind of ['subscription_cycle', 'subscription_incomplete', 'invoice_upcoming'])
      unschedule(world, kind, id);
    if (billsNow) {
      const metered = before.items.data.filter(({ price }) => isMetered(price)).toReversed();
      invoiceNow(world, before, (invoice) => metered.map((item) => usageLine(world, invoice, before, item, now)), now);
    }
    const after = subscriptionWithId(world, id);
    emit(world, 'customer.subscription.deleted', after);
    return after;
  },
);

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

const filters = {
  ...paging,
  automatic_tax: ignored(),
  collection_method: word(),
  created: range(),
  current_period_end: range(),
  current_period_start: range(),
  customer: word(),
  customer_account: word(),
  plan: word(),
  price: word(),
  status: word(),
  test_clock: word(),
};

function fits(subscription: Subscription, values: Values<typeof filters>): boolean {
  const { status } = values;
  const byStatus =
    status === 'all' ||
    (status === undefined ? subscription.status !== 'canceled' : subscription.status === status) ||
    (status === 'ended' && ['canceled', 'incomplete_expired'].includes(subscription.status));
  return (
    byStatus &&
    (values.created?.(subscription.created) ?? true) &&
    (values.collection_method === undefined || subscription.collection_method === values.collection_method) &&
    (values.price === undefined || subscription.items.data.some(({ price }) => price.id === values.price)) &&
    (values.test_clock === undefined || subscription.test_clock === values.test_clock) &&
    subscription.items.data.some(
      (item) =>
        (values.current_period_end?.(item.current_period_end) ?? true) &&
        (values.current_period_start?.(item.current_period_start) ?? true),
    )
  );
}

export const subscriptionRoutes = [
  route('POST', '/v1/subscriptions', subscriptionCreateShape, ({ world, values }) => newSubscription(world, values)),
  route('POST', '/v1/subscriptions/{id}', subscriptionUpdateShape, ({ world, id, values }) =>
    updateSubscription(world, id, values),
  ),
  cancel,
  route('GET', '/v1/subscriptions', filters, ({ world, values, path }) => {
    const all =
      values.customer === undefined
        ? world.store.all('subscriptions')
        : world.store.by('subscriptions', 'customer', values.customer);
    return page(all.filter((subscription) => fits(subscription, values)).toReversed(), values, path);
  }),
  route('GET', '/v1/subscriptions/{id}', {}, ({ world, id }) => subscriptionWithId(world, id)),
];
