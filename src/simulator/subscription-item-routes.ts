import { noSuch } from './errors.ts';
import { page } from './pagination.ts';
import { ignored, oneOf, paging, required, word } from './parameters.ts';
import { route } from './routes.ts';
import { itemShape, NO_ITEM_FACTS, type ItemFacts } from './subscription-items.ts';
import { updateSubscription } from './subscription-update.ts';
import type { Subscription, SubscriptionItem } from './wire.ts';
import { need, type World } from './world.ts';

const { id: _id, deleted: _deleted, clear_usage: _usage, ...given } = itemShape;
const shape = {
  ...given,
  payment_behavior: ignored(),
  proration_behavior: oneOf('create_prorations', 'always_invoice', 'none'),
  proration_date: ignored(),
};

function ownerOf(world: World, item: string): { subscription: Subscription; item: SubscriptionItem } {
  for (const subscription of world.store.all('subscriptions')) {
    const found = subscription.items.data.find(({ id }) => id === item);
    if (found !== undefined) return { subscription, item: found };
  }
  throw noSuch('subscription item', item);
}

type Facts = Omit<ItemFacts, 'id' | 'deleted'> & {
  readonly proration_behavior: 'create_prorations' | 'always_invoice' | 'none' | undefined;
};

/** An item's own routes are changes of its subscription. */
function changeItem(
  world: World,
  subscription: string,
  id: string | undefined,
  facts: Partial<Facts>,
  deleted?: true,
): Subscription {
  const { proration_behavior: behavior, ...item } = facts;
  const items = [{ ...NO_ITEM_FACTS, ...item, id, deleted }];
  return updateSubscription(world, subscription, {
    ...(behavior === undefined ? {} : { proration_behavior: behavior }),
    items,
  });
}

export const subscriptionItemRoutes = [
  route('GET', '/v1/subscription_items', { ...paging, subscription: required(word()) }, ({ world, values, path }) =>
    page(need(world, 'subscriptions', values.subscription, 'subscription', 'subscription').items.data, values, path),
  ),
  route('GET', '/v1/subscription_items/{id}', {}, ({ world, id }) => ownerOf(world, id).item),
  route('POST', '/v1/subscription_items', { ...shape, subscription: required(word()) }, ({ world, values }) => {
    const { subscription, ...facts } = values;
    const after = changeItem(world, subscription, undefined, facts);
    return after.items.data.at(-1) ?? after;
  }),
  route('POST', '/v1/subscription_items/{id}', shape, ({ world, id, values }) => {
    changeItem(world, ownerOf(world, id).subscription.id, id, values);
    return ownerOf(world, id).item;
  }),
  route(
    'DELETE',
    '/v1/subscription_items/{id}',
    { clear_usage: ignored(), proration_behavior: shape.proration_behavior, proration_date: ignored() },
    ({ world, id, values }) => {
      changeItem(
        world,
        ownerOf(world, id).subscription.id,
        id,
        { proration_behavior: values.proration_behavior },
        true,
      );
      return { id, object: 'subscription_item', deleted: true };
    },
  ),
];
