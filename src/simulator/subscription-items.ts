import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import {
  array,
  boolean,
  changedMetadata,
  ignored,
  integer,
  metadata,
  object,
  type Values,
  word,
} from './parameters.ts';
import type { Plan, Price, Subscription, SubscriptionItem } from './wire.ts';
import { need, type World } from './world.ts';

export const itemShape = {
  id: word(),
  billing_thresholds: ignored(),
  clear_usage: ignored(),
  current_trial: ignored(),
  deleted: boolean(),
  discounts: ignored(),
  metadata: metadata(),
  plan: word(),
  price: word(),
  price_data: object({
    currency: word(3),
    product: word(),
    recurring: ignored(),
    unit_amount: integer(),
    unit_amount_decimal: word(),
    tax_behavior: word(),
  }),
  quantity: integer(0),
  tax_rates: array(word()),
};
export type ItemFacts = Values<typeof itemShape>;
export const itemList = array(object(itemShape), 100);

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

/** The recurring, active price an item asks for. */
export function priceOfItem(world: World, facts: ItemFacts, param: string): Price {
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

/** A subscription's list of items. */
export function itemsOf(subscription: string, data: SubscriptionItem[]): Subscription['items'] {
  return { object: 'list', data, has_more: false, url: `/v1/subscription_items?subscription=${subscription}` };
}
