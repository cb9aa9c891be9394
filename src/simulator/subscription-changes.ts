import { noSuch } from './errors.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import { billableUsage } from './invoice-usage.ts';
import { chargeOfPrice, newInvoiceItem } from './new-invoice-item.ts';
import { changedMetadata } from './parameters.ts';
import { boundaryAfter } from './periods.ts';
import { ONE } from './rounding.ts';
import { isMetered, newItem, paysUsage, priceOfItem, repriced, type ItemFacts } from './subscription-items.ts';
import type { Price, Subscription, SubscriptionItem } from './wire.ts';
import type { World } from './world.ts';

interface Moment {
  readonly world: World;
  readonly subscription: Subscription;
  /** When the change takes effect. */
  readonly at: number;
  readonly prorates: boolean;
}

/** A pending item for a part of a licensed period, negative for unused time; time of a trial costs nothing. */
function prorate(moment: Moment, item: SubscriptionItem, price: Price, quantity: number, sign: 1 | -1): void {
  const { world, subscription, at } = moment;
  const whole = item.current_period_end - item.current_period_start;
  const left = item.current_period_end - at;
  if (!moment.prorates || whole <= 0 || left <= 0 || quantity === 0 || subscription.status === 'trialing') return;
  const charge = chargeOfPrice(price, BigInt(quantity) * ONE, world.switches);
  const name = world.store.find('products', price.product)?.name ?? price.product;
  newInvoiceItem(world, {
    customer: subscription.customer,
    currency: subscription.currency,
    charge: { ...charge, amount: Math.round((charge.amount * left) / whole) * sign },
    description: `${sign === -1 ? 'Unused time on' : 'Remaining time on'} ${quantity} × ${name}`,
    discountable: false,
    invoice: null,
    metadata: subscription.metadata,
    period: { start: at, end: item.current_period_end },
    proration: true,
    subscription: subscription.id,
    subscriptionItem: item.id,
    taxRates: item.tax_rates,
  });
}

/** Usage of a metered item that leaves its price before the period ends, at the price it was reported under. */
function billUsageSoFar(moment: Moment, item: SubscriptionItem): void {
  const { world, subscription, at } = moment;
  const { price } = item;
  const quantity = billableUsage(world, price, subscription.customer, item.current_period_start, at);
  if (!moment.prorates || quantity === 0n || !paysUsage(world, subscription)) return;
  newInvoiceItem(world, {
    customer: subscription.customer,
    currency: subscription.currency,
    charge: chargeOfPrice(price, quantity, world.switches),
    description: 'Usage until the price changed',
    discountable: true,
    invoice: null,
    metadata: subscription.metadata,
    period: { start: item.current_period_start, end: at },
    proration: false,
    subscription: subscription.id,
    subscriptionItem: item.id,
    taxRates: item.tax_rates,
  });
}

function leave(moment: Moment, item: SubscriptionItem): void {
  if (isMetered(item.price)) billUsageSoFar(moment, item);
  else prorate(moment, item, item.price, item.quantity ?? 1, -1);
}

/** Does the new price bill what was used under the old one, too? */
function takesUsageOver({ switches }: World, before: Price, after: Price): boolean {
  const sameMeter = isMetered(before) && before.recurring?.meter === after.recurring?.meter;
  return sameMeter && switches.swappedMeteredPrice === 'whole_period';
}

function changedItem(moment: Moment, item: SubscriptionItem, facts: ItemFacts): SubscriptionItem {
  const { world, at } = moment;
  const price =
    facts.price === undefined || facts.price === item.price.id ? item.price : priceOfItem(world, facts, 'items');
  const quantity = isMetered(price) ? undefined : (facts.quantity ?? item.quantity ?? 1);
  const moved = price.id !== item.price.id;
  const keepsUsage = moved && takesUsageOver(world, item.price, price);
  if (moved || quantity !== item.quantity) {
    if (!keepsUsage) leave(moment, item);
    if (quantity !== undefined) prorate(moment, item, price, quantity, 1);
  }
  const { quantity: _old, ...rest } = moved ? repriced(item, price) : item;
  return {
    ...rest,
    ...(quantity === undefined ? {} : { quantity }),
    ...(moved && isMetered(price) && !keepsUsage ? { current_period_start: at } : {}),
    ...(facts.tax_rates === undefined ? {} : { tax_rates: taxRatesOf(world, facts.tax_rates) }),
    metadata: changedMetadata(item.metadata, facts.metadata),
  };
}

function addedItem(moment: Moment, facts: ItemFacts): SubscriptionItem {
  const { world, subscription, at } = moment;
  const price = priceOfItem(world, facts, 'items');
  const recurring = price.recurring ?? { interval: 'month', interval_count: 1 };
  const end = boundaryAfter(subscription.billing_cycle_anchor, recurring, at);
  const item = newItem(world, subscription.id, price, facts, { created: at, start: at, end });
  if (!isMetered(price)) {
    const sibling = subscription.items.data.find(({ current_period_end: other }) => other === end);
    prorate(
      moment,
      { ...item, current_period_start: sibling?.current_period_start ?? at },
      price,
      item.quantity ?? 1,
      1,
    );
  }
  return item;
}

/** The items after a change: added, changed and removed ones, with prorations as pending invoice items. */
export function changedItems(moment: Moment, given: readonly ItemFacts[]): SubscriptionItem[] {
  let items = moment.subscription.items.data;
  for (const facts of given) {
    const present = facts.id === undefined ? undefined : items.find(({ id }) => id === facts.id);
    if (facts.id !== undefined && present === undefined) throw noSuch('subscription item', facts.id, 'items');
    if (present === undefined) items = [...items, addedItem(moment, facts)];
    else if (facts.deleted === true) {
      leave(moment, present);
      items = items.filter(({ id }) => id !== present.id);
    } else {
      const changed = changedItem(moment, present, facts);
      items = items.map((item) => (item.id === present.id ? changed : item));
    }
  }
  return items;
}
