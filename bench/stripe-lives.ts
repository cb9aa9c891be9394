// What Stripe has to tell of customers who sign up, pay, use what they bought, are billed for a month and leave.
import type { Stripe } from 'stripe';

import type { StripeGateway } from '../src/stripe/gateway.ts';

export interface Offer {
  readonly basePrice: string;
  readonly meteredPrice: string;
  readonly eventName: string;
}

/** One delivery as it comes in at the door. */
export interface Delivery {
  readonly body: string;
  readonly signature: string;
}

const PARALLEL = 4;

/** So many new customers with a card and a subscription that ends with its first month; returns their ids. */
export async function signUp(stripe: StripeGateway, offer: Offer, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  await eachOf(Array.from({ length: count }), async () => {
    const { id } = await stripe.customers.create({
      name: 'Acme',
      email: 'billing@acme.example',
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    });
    await stripe.subscriptions.create({
      customer: id,
      items: [{ price: offer.basePrice }, { price: offer.meteredPrice }],
      cancel_at_period_end: true,
    });
    ids.push(id);
  });
  return ids;
}

/** 2 500 credits past the included ones, in milli-credits. */
export async function useMore(stripe: StripeGateway, offer: Offer, customers: readonly string[]): Promise<void> {
  await eachOf(customers, async (customer) => {
    await stripe.billing.meterEvents.create({
      event_name: offer.eventName,
      payload: { stripe_customer_id: customer, value: '2500000' },
    });
  });
}

/** The events since an instant in the order in which they were caused, signed, of the types that both sides act on. */
export async function deliveriesSince(
  stripe: StripeGateway,
  since: Date,
  { types, secret, known }: { types: ReadonlySet<string>; secret: string; known: Set<string> },
): Promise<readonly Delivery[]> {
  const found: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ created: { gte: Math.floor(since.getTime() / 1000) }, limit: 100 })) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    if (types.has(event.type)) found.push(event);
  }
  return found.toReversed().map((event) => {
    const body = JSON.stringify(event);
    return { body, signature: stripe.webhooks.generateTestHeaderString({ payload: body, secret }) };
  });
}

/** Does the work for each, a few at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  parallel = PARALLEL,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
    }),
  );
}
