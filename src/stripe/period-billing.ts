// Whether Stripe bills the use of a period that has ended, or may do so yet: asked of Stripe, never concluded from silence.
import type { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';
import { usageItemsUntil } from './pending-usage.ts';
import { idOrNull, unlessMissing } from './reading.ts';

export interface EndedPeriod {
  readonly stripeCustomerId: string;
  readonly subscriptionId: string;
  readonly meteredPriceId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * An invoice that is not void names the period; or it may come yet, and why; or nothing does and nothing will: Stripe has
 * ended the period, and neither an invoice nor a pending item is about it.
 */
export type PeriodBilling =
  | { readonly kind: 'invoiced'; readonly invoiceId: string }
  | { readonly kind: 'may come'; readonly because: string }
  | { readonly kind: 'never' };

const ENDED = new Set<string>(['canceled', 'incomplete_expired']);
const INVOICES_MAX = 1_000;
const LINES_MAX = 1_000;

/** Asks Stripe for the subscription, the invoices since the period began, and the customer's invoice items. */
export async function billingOfPeriod(stripe: StripeGateway, period: EndedPeriod): Promise<PeriodBilling> {
  const subscription = await unlessMissing(stripe.subscriptions.retrieve(period.subscriptionId));
  // Another account's key would know nothing either.
  if (subscription === null) return { kind: 'may come', because: 'Stripe does not know its subscription' };
  if (!isOver(subscription, period)) return { kind: 'may come', because: 'Stripe has not ended its cycle' };
  const invoiced = await invoiceOf(stripe, period);
  if (invoiced !== null) return invoiced;
  return (await hasItem(stripe, period))
    ? { kind: 'may come', because: 'an invoice item asks for its use' }
    : { kind: 'never' };
}

/** The subscription has ended, is in a later period of that price, or has no such price any more. */
function isOver({ status, items }: Stripe.Subscription, { meteredPriceId, endsAt }: EndedPeriod): boolean {
  const item = items.data.find(({ price }) => price.id === meteredPriceId);
  return (
    ENDED.has(status) || (!items.has_more && item === undefined) || (item !== undefined && beginsAfter(item, endsAt))
  );
}

function beginsAfter({ current_period_start: start }: Stripe.SubscriptionItem, endsAt: Date): boolean {
  return start >= Math.floor(endsAt.getTime() / 1000);
}

/** The invoice that stands and has a line of the price for the period; one for a part of it, or for more, leaves it open. */
async function invoiceOf(stripe: StripeGateway, period: EndedPeriod): Promise<PeriodBilling | null> {
  const [start, end] = [period.startsAt, period.endsAt].map((at) => Math.floor(at.getTime() / 1000)) as [
    number,
    number,
  ];
  const listed = { subscription: period.subscriptionId, created: { gte: start }, limit: 100 };
  for (const invoice of await stripe.invoices.list(listed).autoPagingToArray({ limit: INVOICES_MAX })) {
    // A sign-up asks for what begins with it.
    if (invoice.status === 'void' || invoice.billing_reason === 'subscription_create') continue;
    const lines = invoice.lines.has_more
      ? await stripe.invoices.listLineItems(invoice.id, { limit: 100 }).autoPagingToArray({ limit: LINES_MAX })
      : invoice.lines.data;
    const spans = lines
      .filter(({ pricing }) => idOrNull(pricing?.price_details?.price) === period.meteredPriceId)
      .map((line) => line.period);
    if (spans.some((span) => span.start === start)) return { kind: 'invoiced', invoiceId: invoice.id };
    if (spans.some((span) => span.start < end && span.end > start)) {
      return { kind: 'may come', because: `${invoice.id} asks for another span of its use` };
    }
  }
  return null;
}

/** Whether an item asks for the use: one that waits for its invoice, or one on an invoice of another kind that stands. */
async function hasItem(
  stripe: StripeGateway,
  { stripeCustomerId: customer, meteredPriceId: priceId, endsAt: until }: EndedPeriod,
): Promise<boolean> {
  const items = await unlessMissing(usageItemsUntil(stripe, { customer, priceId, until }));
  for (const { invoiceId } of items ?? []) {
    const invoice = invoiceId === null ? null : await unlessMissing(stripe.invoices.retrieve(invoiceId));
    if (invoiceId === null || (invoice !== null && invoice.status !== 'void')) return true;
  }
  return false;
}
