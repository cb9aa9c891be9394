import { chargeableMethod, collect } from './collection.ts';
import { announceDraft, openDraft, pendingItems } from './drafts.ts';
import { cardDeclined, invalidRequest } from './errors.ts';
import { finalize } from './finalization.ts';
import { freshId } from './ids.ts';
import { subscriptionLine } from './invoice-lines.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import { newDiscounts } from './new-discount.ts';
import { chargeOfPrice, newInvoiceItem } from './new-invoice-item.ts';
import { newInvoice } from './new-invoice.ts';
import { changedMetadata, type Values } from './parameters.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { boundaryAfter, boundaryBefore } from './periods.ts';
import { ONE } from './rounding.ts';
import { isMetered, itemsOf, newItem, priceOfItem } from './subscription-items.ts';
import type { subscriptionCreateShape } from './subscription-parameters.ts';
import { planCycle, planTrialNotice } from './subscription-tasks.ts';
import type { Customer, Invoice, InvoiceLine, Price, Subscription } from './wire.ts';
import { emit, need, schedule, type World } from './world.ts';

type Facts = Values<typeof subscriptionCreateShape>;

const DAY = 86_400;
const INCOMPLETE_FOR = 23 * 3600;

/** Where the cycle is anchored: asked for, after the trial, on a day of the month, or now. */
function anchorOf(facts: Facts, now: number, trialEnd: number | null): number {
  const config = facts.billing_cycle_anchor_config;
  if (config !== undefined) {
    const date = new Date(now * 1000);
    const clock = [
      config.hour ?? date.getUTCHours(),
      config.minute ?? date.getUTCMinutes(),
      config.second ?? date.getUTCSeconds(),
    ] as const;
    const inMonth = (month: number): number => {
      const last = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
      return Date.UTC(date.getUTCFullYear(), month, Math.min(config.day_of_month, last), ...clock) / 1000;
    };
    const first = inMonth(date.getUTCMonth());
    return first > now ? first : inMonth(date.getUTCMonth() + 1);
  }
  const anchor = facts.billing_cycle_anchor ?? trialEnd ?? now;
  if (anchor < now)
    throw invalidRequest('billing_cycle_anchor must be in the future.', { param: 'billing_cycle_anchor' });
  return anchor;
}

function trialEndOf(facts: Facts, now: number): number | null {
  if (typeof facts.trial_end === 'number') return facts.trial_end;
  return facts.trial_period_days === undefined || facts.trial_period_days === 0
    ? null
    : now + facts.trial_period_days * DAY;
}

const PLAIN = {
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor_config: null,
  billing_schedules: [],
  billing_thresholds: null,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
  customer_account: null,
  default_source: null,
  ended_at: null,
  managed_payments: null,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  transfer_data: null,
} satisfies Partial<Subscription>;

function drafted(world: World, facts: Facts, customer: Customer, prices: readonly Price[], now: number): Subscription {
  const id = freshId('sub');
  const trialEnd = trialEndOf(facts, now);
  const anchor = anchorOf(facts, now, trialEnd);
  const items = (facts.items ?? []).map((given, index) => {
    const price = prices[index];
    const recurring = price?.recurring;
    if (price === undefined || recurring === null || recurring === undefined)
      throw new Error('an item without its price');
    const end = trialEnd ?? boundaryAfter(anchor, recurring, now);
    return newItem(world, id, price, given, { created: now, start: now, end });
  });
  const method = facts.default_payment_method;
  return {
    id,
    object: 'subscription',
    ...PLAIN,
    billing_cycle_anchor: anchor,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: facts.billing_mode?.type ?? 'flexible' },
    cancel_at: facts.cancel_at ?? null,
    cancel_at_period_end: facts.cancel_at_period_end ?? false,
    collection_method: facts.collection_method ?? 'charge_automatically',
    created: now,
    currency: prices[0]?.currency ?? 'usd',
    customer: customer.id,
    days_until_due: facts.days_until_due ?? null,
    default_payment_method: method === undefined ? null : attachedPaymentMethod(world, method, customer.id).id,
    default_tax_rates: taxRatesOf(world, facts.default_tax_rates ?? []),
    description: facts.description ?? null,
    discounts: newDiscounts(world, facts.discounts ?? [], { customer: customer.id, subscription: id }),
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: itemsOf(world, id, items),
    latest_invoice: null,
    livemode: false,
    metadata: changedMetadata({}, facts.metadata),
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    start_date: now,
    status: trialEnd === null ? 'active' : 'trialing',
    test_clock: customer.test_clock ?? null,
    trial_end: trialEnd,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
    trial_start: trialEnd === null ? null : now,
  };
}

/** The licensed items for their first period, newest first; a period cut short by the anchor in proportion. */
function firstLines(world: World, invoice: Invoice, subscription: Subscription, prorates: boolean): InvoiceLine[] {
  if (subscription.status === 'trialing') return [];
  const licensed = subscription.items.data.filter(({ price }) => !isMetered(price)).toReversed();
  return licensed.flatMap((item) => {
    const { current_period_start: start, current_period_end: end, price } = item;
    const recurring = price.recurring;
    const wholeStart = recurring === null ? start : boundaryBefore(subscription.billing_cycle_anchor, recurring, end);
    const cut = wholeStart < start;
    if (cut && !prorates) return [];
    const part = cut ? { seconds: end - start, of: end - wholeStart } : { seconds: 1, of: 1 };
    return [
      subscriptionLine(world, invoice, subscription, item, { start, end }, BigInt(item.quantity ?? 1) * ONE, part),
    ];
  });
}

function refuseWrong(facts: Facts, prices: readonly Price[]): void {
  if (prices.length === 0)
    throw invalidRequest('Missing required param: items.', { code: 'parameter_missing', param: 'items' });
  if (new Set(prices.map(({ currency }) => currency)).size > 1) {
    throw invalidRequest('All prices on a subscription must use the same currency.', { param: 'items' });
  }
  if (new Set(prices.map(({ id }) => id)).size < prices.length) {
    throw invalidRequest('Cannot add multiple subscription items with the same price.', { param: 'items' });
  }
  if (facts.collection_method === 'send_invoice' && facts.days_until_due === undefined) {
    throw invalidRequest('days_until_due must be set when collection_method is send_invoice.', {
      code: 'parameter_missing',
      param: 'days_until_due',
    });
  }
}

/** One-off items that ride on the first invoice. */
function addExtras(world: World, facts: Facts, subscription: Subscription): void {
  for (const extra of facts.add_invoice_items ?? []) {
    const price = need(world, 'prices', extra.price, 'price', 'add_invoice_items');
    if (price.type !== 'one_time')
      throw invalidRequest('add_invoice_items only takes one-time prices.', { param: 'add_invoice_items' });
    const now = subscription.created;
    newInvoiceItem(world, {
      customer: subscription.customer,
      currency: subscription.currency,
      charge: chargeOfPrice(price, BigInt(extra.quantity ?? 1) * ONE, world.switches),
      description: world.store.find('products', price.product)?.name ?? null,
      discountable: true,
      invoice: null,
      metadata: changedMetadata({}, extra.metadata),
      period: { start: now, end: now },
      proration: false,
      subscription: subscription.id,
      taxRates: [],
    });
  }
}

/** Starts a subscription: what is due at once is invoiced, finalized and charged in the same request. */
export function newSubscription(world: World, facts: Facts): Subscription {
  const customer = need(world, 'customers', facts.customer ?? '', 'customer', 'customer');
  const now = world.now(customer.test_clock);
  const prices = (facts.items ?? []).map((item, index) => priceOfItem(world, item, `items[${index}]`));
  refuseWrong(facts, prices);
  const subscription = drafted(world, facts, customer, prices, now);
  const invoice = newInvoice(world, {
    customer,
    currency: subscription.currency,
    reason: 'subscription_create',
    subscription,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    created: now,
    period: { start: now, end: now },
  });
  addExtras(world, facts, subscription);
  const lines = firstLines(world, invoice, subscription, facts.proration_behavior !== 'none');
  const items = pendingItems(world, invoice, subscription.id);
  const bills = lines.length > 0 || (items.length > 0 && subscription.status !== 'trialing');
  const charges = bills && subscription.collection_method === 'charge_automatically';
  world.store.put('subscriptions', {
    ...subscription,
    latest_invoice: bills ? invoice.id : null,
    status: charges ? 'incomplete' : subscription.status,
  });
  if (bills) {
    openDraft(world, invoice, lines, items);
    announceDraft(world, invoice.id);
  }
  emit(world, 'customer.subscription.created', need(world, 'subscriptions', subscription.id, 'subscription'));
  planCycle(world, subscription.id);
  if (subscription.status === 'trialing') planTrialNotice(world, subscription.id);
  if (charges) payFirst(world, invoice.id, facts.payment_behavior ?? 'allow_incomplete');
  const started = need(world, 'subscriptions', subscription.id, 'subscription');
  if (started.status === 'incomplete') {
    schedule(world, 'subscription_incomplete', started.id, customer.test_clock ?? null, now + INCOMPLETE_FOR);
  }
  return started;
}

function payFirst(world: World, id: string, behavior: string): void {
  const invoice = finalize(world, id);
  if (invoice.status !== 'open' || behavior === 'default_incomplete') return;
  if (chargeableMethod(world, invoice) === undefined) {
    const message =
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method.';
    throw invalidRequest(message, { code: 'resource_missing' });
  }
  const attempted = collect(world, id, { telling: 'quietly' });
  if (attempted.status !== 'paid' && behavior === 'error_if_incomplete') {
    throw cardDeclined('Your card was declined.', 'generic_decline', false);
  }
}
