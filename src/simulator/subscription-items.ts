import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import { newPrice, NO_PRICE_FACTS, NO_RECURRENCE } from './new-price.ts';
import {
  array,
  boolean,
  changedMetadata,
  ignored,
  integer,
  metadata,
  object,
  objectWithout,
  type Values,
  word,
  unsupported,
  decimal,
  oneOf,
  required,
  readParameters,
} from './parameters.ts';
import type { Plan, Price, Subscription, SubscriptionItem } from './wire.ts';
import { need, type World } from './world.ts';

export const itemShape = {
  id: word(),
  billing_thresholds: unsupported(),
  clear_usage: ignored(),
  current_trial: unsupported(),
  deleted: boolean(),
  discounts: unsupported(),
  metadata: metadata(),
  plan: word(),
  price: word(),
  price_data: object({
    currency: required(word(3)),
    product: required(word()),
    recurring: required(
      object({ interval: required(oneOf('day', 'week', 'month', 'year')), interval_count: integer(1) }),
    ),
    unit_amount: integer(0),
    unit_amount_decimal: decimal(),
    tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  }),
  quantity: integer(0),
  tax_rates: array(word()),
};
export type ItemFacts = Values<typeof itemShape>;
/** An item of which nothing is asked. */
export const NO_ITEM_FACTS: ItemFacts = readParameters(itemShape, new Map());
export const itemList = array(object(itemShape), 100);
export const newItemList = array(objectWithout(itemShape, 'id', 'clear_usage', 'deleted'), 100);

function planOf(price: Price): Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: price.tiers_mode,
    transform_usage: price.transform_quantity,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  };
}

export function isMetered(price: Price): boolean {
  return price.recurring?.usage_type === 'metered';
}

/** Is usage of this period billed? That of a trial may be free. */
export function paysUsage(world: World, { status }: Subscription): boolean {
  return status !== 'trialing' || world.switches.trialUsage === 'billed';
}

/** A price made for one item only; it cannot be used again. */
function inlinePrice(world: World, data: NonNullable<ItemFacts['price_data']>): Price {
  const product = need(world, 'products', data.product, 'product', 'price_data[product]');
  const { recurring, ...amounts } = data;
  const price = newPrice(world, product.id, {
    ...NO_PRICE_FACTS,
    ...amounts,
    recurring: { ...NO_RECURRENCE, ...recurring },
  });
  return world.store.patch('prices', price.id, { active: false });
}

/** The recurring, active price an item asks for. */
export function priceOfItem(world: World, facts: ItemFacts, param: string): Price {
  if (facts.price_data !== undefined) return inlinePrice(world, facts.price_data);
  const id = facts.price ?? facts.plan;
  if (id === undefined) {
    throw invalidRequest(`Missing required param: ${param}[price].`, {
      code: 'parameter_missing',
      param: `${param}[price]`,
    });
  }
  const price = need(world, 'prices', id, 'price', `${param}[price]`);
  if (price.recurring === null) {
    throw invalidRequest(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      { param: `${param}[price]` },
    );
  }
  if (!price.active)
    throw invalidRequest('The price specified is inactive. This field only accepts active prices.', {
      param: `${param}[price]`,
    });
  return price;
}

/** A new item of a subscription; metered items carry no quantity. */
export function newItem(
  world: World,
  subscription: string,
  price: Price,
  facts: ItemFacts,
  period: { readonly created: number; readonly start: number; readonly end: number },
): SubscriptionItem {
  if (isMetered(price) && facts.quantity !== undefined) {
    throw invalidRequest(
      'Quantity should not be specified where usage type is `metered`. Remove quantity from the request.',
      { param: 'items' },
    );
  }
  return {
    id: freshId('si', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: period.created,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: changedMetadata({}, facts.metadata),
    plan: planOf(price),
    price,
    ...(isMetered(price) ? {} : { quantity: facts.quantity ?? 1 }),
    subscription,
    tax_rates: taxRatesOf(world, facts.tax_rates ?? []),
  };
}

/** An item moved to another price. */
export function repriced(item: SubscriptionItem, price: Price): SubscriptionItem {
  return { ...item, price, plan: planOf(price) };
}

/** A subscription's list of items, refused when it is too long. */
export function itemsOf(world: World, subscription: string, data: SubscriptionItem[]): Subscription['items'] {
  const most = world.switches.subscriptionItemsMax;
  if (data.length > most) throw invalidRequest(`A subscription can have at most ${most} items.`, { param: 'items' });
  return { object: 'list', data, has_more: false, url: `/v1/subscription_items?subscription=${subscription}` };
}
