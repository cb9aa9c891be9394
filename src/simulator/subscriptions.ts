import { invalidRequest } from './errors.ts';
import { newSubscription } from './new-subscription.ts';
import { page } from './pagination.ts';
import { ignored, paging, range, word, type Values } from './parameters.ts';
import { route } from './routes.ts';
import { cancellationShape, cancelSubscription } from './subscription-cancellation.ts';
import { subscriptionCreateShape, subscriptionUpdateShape } from './subscription-parameters.ts';
import { pauseShape, pauseSubscription, resumeShape, resumeSubscription } from './subscription-pause.ts';
import { updateSubscription } from './subscription-update.ts';
import type { Subscription } from './wire.ts';
import { change, need, type World } from './world.ts';

function subscriptionWithId(world: World, id: string): Subscription {
  return need(world, 'subscriptions', id, 'subscription');
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
  route('DELETE', '/v1/subscriptions/{id}', cancellationShape, ({ world, id, values }) =>
    cancelSubscription(world, id, values),
  ),
  route('POST', '/v1/subscriptions/{id}/pause', pauseShape, ({ world, id, values }) =>
    pauseSubscription(world, id, values),
  ),
  route('POST', '/v1/subscriptions/{id}/resume', resumeShape, ({ world, id }) => resumeSubscription(world, id)),
  route('GET', '/v1/subscriptions', filters, ({ world, values, path }) => {
    const all =
      values.customer === undefined
        ? world.store.all('subscriptions')
        : world.store.by('subscriptions', 'customer', values.customer);
    return page(all.filter((subscription) => fits(subscription, values)).toReversed(), values, path);
  }),
  route('DELETE', '/v1/subscriptions/{id}/discount', {}, ({ world, id }) => {
    const [discount] = subscriptionWithId(world, id).discounts;
    if (discount === undefined) throw invalidRequest('This subscription has no discount.');
    change(world, 'subscriptions', id, { discounts: [] }, 'customer.subscription.updated');
    return { ...need(world, 'discounts', discount, 'discount'), deleted: true };
  }),
  route('GET', '/v1/subscriptions/{id}', {}, ({ world, id }) => subscriptionWithId(world, id)),
];
