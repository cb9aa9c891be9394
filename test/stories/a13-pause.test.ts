// A pause: $99.00 for April with 10 000 credits, then $0.01; it stops in the middle of the month, and comes back in June.
import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

async function ask({ subscription }: Subscriber, what: string, more: object = {}) {
  return story.call('POST', `/v1/subscriptions/${subscription}/${what}`, { reason: 'a quiet summer', ...more });
}

async function statusOf({ stripeCustomer }: Subscriber): Promise<unknown> {
  const { body } = await story.call('GET', `/v1/customers/${stripeCustomer}`);
  const [subscription] = body['subscriptions'] as unknown as readonly { status: string }[];
  return subscription?.status;
}

test(
  'A13 A pause bills what was used and credits the rest of the fee; resumed, a new period begins with its own credits',
  { timeout: 240_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-10T12:00:00Z');
    await customer.use(12_500);
    await story.until('2026-04-16T00:00:00Z');
    expect((await ask(customer, 'pause')).body).toMatchObject({
      object: 'subscription_order',
      kind: 'pause',
      state: 'done',
    });
    await story.clock.settle();
    expect(await statusOf(customer)).toBe('paused');
    // $25.00 of overage less $49.50, half of April's fee: $24.50 stay on the customer's balance.
    const { data } = await story.stripe.invoices.list({ customer: customer.stripeCustomer });
    expect(data[0]).toMatchObject({ status: 'paid', total: -2450 });
    expect(await customer.balance()).toMatchObject({ pool_state: 'blocked', available: '0' });
    const asked = { customer: customer.stripeCustomer, action: 'api.call', quantities: { calls: 1 } };
    expect((await story.call('POST', '/v1/check', asked)).body).toMatchObject({ allowed: false });

    await story.until('2026-06-10T00:00:00Z');
    // Nothing was renewed and nothing asked for in between.
    expect((await story.stripe.invoices.list({ customer: customer.stripeCustomer })).data).toHaveLength(2);
    expect((await ask(customer, 'resume')).body).toMatchObject({ kind: 'resume', state: 'done' });
    await story.clock.settle();
    expect(await statusOf(customer)).toBe('active');
    expect(await customer.balance()).toMatchObject({ pool_state: 'active', available: '10000' });
    await story.until('2026-06-20T12:00:00Z');
    await customer.use(10_300);
    await story.until('2026-07-11T00:00:00Z');
    await expectBooks(story, customer, {
      // July's fee and 300 calls.
      invoice: '102',
      credits_applied: '100',
      lots: '10000',
      // One of 31 days is earned.
      deferred: '95.81',
      receivable: '0',
      // 99 in April, 99 less 24.50 in June, 102.
      cash: '275.5',
      open_grants: '100',
      variances: 0,
    });
  },
);

test('A13 What makes no sense is refused, with what to do', { timeout: 240_000 }, async () => {
  const customer = await story.subscriber();
  const refused = async (what: string, message: RegExp, more: object = {}): Promise<void> => {
    expect(await ask(customer, what, more)).toMatchObject({
      status: 409,
      body: { error: { code: 'subscription_not_changeable', message: expect.stringMatching(message) as string } },
    });
  };
  await refused('resume', /only a paused one/);
  await refused('keep', /renews already/);
  await refused('end_trial', /only a trial/);
  expect((await ask(customer, 'cancel', { ends: 'period_end' })).body).toMatchObject({ state: 'done' });
  await refused('cancel', /ends with its period already/, { ends: 'period_end' });
  await refused('pause', /keep it first/);
  expect((await ask(customer, 'keep')).body).toMatchObject({ kind: 'keep', state: 'done' });
  await story.until('2026-08-20T00:00:00Z');
  expect(await statusOf(customer)).toBe('active');
  const unknown = await story.call('POST', '/v1/subscriptions/sub_none/pause', { reason: 'none' });
  expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'unknown_subscription' } } });
});

test(
  'A13 A pause that Stripe refuses gives the pool back, and one whose answer gets lost is carried out once',
  { timeout: 240_000 },
  async () => {
    const planned = await story.subscriber();
    await story.stripe.subscriptionSchedules.create({ from_subscription: planned.subscription });
    const refused = await ask(planned, 'pause');
    expect(refused.body).toMatchObject({ state: 'refused', waits_for: expect.stringContaining('schedule') as string });
    expect(await planned.balance()).toMatchObject({ pool_state: 'active' });

    const unheard = await story.subscriber();
    story.simulator.faults.add({ match: { method: 'POST', path: 'pause', times: 1 }, kind: 'cut_after' });
    expect((await ask(unheard, 'pause')).status).toBe(200);
    await story.relayed();
    expect(await statusOf(unheard)).toBe('paused');
    const { data } = await story.stripe.events.list({ type: 'customer.subscription.paused' });
    const own = data.filter(({ data: { object } }) => 'id' in object && object.id === unheard.subscription);
    expect(own).toHaveLength(1);
  },
);
