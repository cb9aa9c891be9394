// What a hand at Stripe's dashboard does to a subscription besides its plan: a trial, a pause, an end with the period.
import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const { stripe } = story;

async function statusOf({ stripeCustomer }: Subscriber): Promise<unknown> {
  const { body } = await story.call('GET', `/v1/customers/${stripeCustomer}`);
  const [subscription] = body['subscriptions'] as unknown as readonly { status: string }[];
  return subscription?.status;
}

test(
  'A1 A subscription that ends with its period: used credits are billed, nothing is renewed, the pool is blocked',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_500);
    await stripe.subscriptions.update(customer.subscription, { cancel_at_period_end: true });
    await story.until('2026-04-30T12:00:00Z');
    // Until then it is the customer's.
    expect(await statusOf(customer)).toBe('active');
    expect(await customer.use(100)).toMatchObject({ status: 'applied' });
    await story.until('2026-05-02T00:00:00Z');
    expect(await statusOf(customer)).toBe('canceled');
    const asked = { customer: customer.stripeCustomer, action: 'api.call', quantities: { calls: 1 } };
    expect((await story.call('POST', '/v1/check', asked)).body).toMatchObject({ allowed: false });
    await expectBooks(story, customer, {
      // 12 600 at a cent, less 10 000 of credits; no fee for May.
      invoice: '26',
      credits_applied: '100',
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '125',
      open_grants: '0',
      variances: 0,
    });
  },
);

test(
  'A1 Collection is paused in the dashboard: credits go on, the draft is kept and finalized by nobody but a person',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-05-20T12:00:00Z');
    await customer.use(12_500);
    await stripe.subscriptions.update(customer.subscription, { pause_collection: { behavior: 'keep_as_draft' } });
    // Past the deadline of a draft that is not kept.
    await story.until('2026-06-06T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'draft' });
    expect(await customer.balance()).toMatchObject({ pool_state: 'active', available: '10000' });
    const { body } = await story.call('GET', '/v1/settlements?state=held');
    expect(body['data']).toMatchObject([
      { hold_reason: 'kept_a_draft', held_because: expect.stringContaining('collection is paused') as string },
    ]);

    // Resumed: Stripe leaves it to a person what becomes of the draft; then it is settled like any other.
    await stripe.subscriptions.update(customer.subscription, { pause_collection: '' });
    const { data } = await stripe.invoices.list({ customer: customer.stripeCustomer, status: 'draft' });
    await stripe.invoices.update(data[0]?.id ?? '', { auto_advance: true });
    await story.until('2026-06-07T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // Five of June's 30 days are earned.
      deferred: '82.5',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);

test(
  'A1 Second subscriptions are made in the dashboard: a fee of ours alone brings nothing and is told, the host’s own is his',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-06-10T00:00:00Z');
    const { items } = await stripe.subscriptions.retrieve(customer.subscription);
    const fee = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
    const support = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 2_000,
      recurring: { interval: 'month' },
      product_data: { name: 'Support' },
    });
    for (const price of [fee?.price.id ?? '', support.id]) {
      await stripe.subscriptions.create({ customer: customer.stripeCustomer, items: [{ price }] });
    }
    await story.clock.settle();
    expect(await customer.balance()).toMatchObject({ plan: 'hybrid', available: '10000', lots: { length: 1 } });
    await customer.use(12_500);
    await story.until('2026-07-09T00:00:00Z');
    // The subscription with the meter goes on as if it were alone.
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // Two of 31 days of its fee are earned, 99.00 − 6.38, and 29 of 30 of the one beside it, 99.00 − 95.70.
      deferred: '95.92',
      receivable: '0',
      // Both sign-ups, the support, and the cycle.
      cash: '342',
      open_grants: '100',
      variances: 2,
    });
    const { body } = await story.call('GET', '/v1/variances?state=open');
    const open = (body['data'] as unknown as readonly { subject: string }[]).map(
      ({ subject }) => subject.split(' ')[0] ?? '',
    );
    expect(open.toSorted()).toEqual(['invoice_without_lot', 'subscription_not_followed']);
    // One that has brought nothing keeps nothing going.
    await stripe.subscriptions.cancel(customer.subscription);
    await story.clock.settle();
    expect(await customer.balance()).toMatchObject({ available: '0', lots: [] });
  },
);
