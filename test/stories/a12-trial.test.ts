// A trial: the plan's 14 days with 500 credits, then $99.00 a month with 10 000.
import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { expectBooks, type Story, type Subscriber, tellEach } from '../support/story.ts';

const trial = { days: 14, credits: '500' } as const;
const tried = { ...hybrid, plan: 'tried', policy: { ...hybrid.policy, trial } };
const catalogue = { ...sampleCatalogue, plans: [hybrid, tried], packs: [pack10k] };
const stories = await tellEach(
  { 'usage in a trial is free': { trialUsage: 'free' }, 'usage in a trial is billed': { trialUsage: 'billed' } },
  { catalogue },
);

async function start(story: Story, { externalId }: Subscriber, more: object = {}) {
  const body = { customer: `ext:${externalId}`, plan: 'tried', trial: true, reason: 'a sales call', ...more };
  return story.call('POST', '/v1/subscriptions', body);
}

function idOf(body: object): string {
  return (body as { stripe: { subscription: string } }).stripe.subscription;
}

test.for(stories)(
  'A12 %s: 500 credits, no overage, no money until it ends, then the plan',
  { timeout: 240_000 },
  async ([, story]) => {
    const customer = await story.newcomer();
    await story.until('2026-04-01T01:00:00Z');
    const started = await start(story, customer);
    expect(started.body).toMatchObject({ object: 'subscription_order', kind: 'start', state: 'done' });
    await story.clock.settle();
    expect(await customer.balance()).toMatchObject({ pool_state: 'active', available: '500' });
    await story.until('2026-04-03T12:00:00Z');
    expect(await customer.use(450)).toMatchObject({ status: 'applied' });
    // The plan has overage; its trial does not, since nobody would bill it.
    const asked = { customer: customer.stripeCustomer, action: 'api.call', quantities: { calls: 60 } };
    expect((await story.call('POST', '/v1/check', asked)).body).toMatchObject({ allowed: false });
    await story.until('2026-04-14T12:00:00Z');
    const { data: before } = await story.stripe.invoices.list({ subscription: idOf(started.body) });
    expect(before).toEqual([]);
    await story.until('2026-04-16T00:00:00Z');
    // The trial's last 50 ended with it.
    expect(await customer.balance()).toMatchObject({ available: '10000', overage: '0' });
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(10_100);
    await story.until('2026-05-16T00:00:00Z');
    await expectBooks(story, customer, {
      // The fee of May and 100 calls of overage.
      invoice: '100',
      credits_applied: '100',
      lots: '10000',
      // Of 15 May 01:00 to 15 June 01:00, 23 of 744 hours are earned.
      deferred: '95.94',
      receivable: '0',
      cash: '199',
      open_grants: '100',
      variances: 0,
    });
  },
);

const [[, free]] = stories as [readonly [string, Story], ...unknown[]];

test(
  'A12 A trial that is ended early: its credits end, the fee is due at once, and a second trial is refused',
  { timeout: 240_000 },
  async () => {
    const customer = await free.newcomer();
    await free.until('2026-06-01T00:00:00Z');
    const subscription = idOf((await start(free, customer)).body);
    await free.clock.settle();
    await free.until('2026-06-03T12:00:00Z');
    await customer.use(120);
    await free.until('2026-06-05T00:00:00Z');
    const path = `/v1/subscriptions/${subscription}/end_trial`;
    expect((await free.call('POST', path, { reason: 'convinced' })).body).toMatchObject({ state: 'done' });
    await free.clock.settle();
    expect((await customer.balance())['lots']).toMatchObject([
      { source: 'promotional', remaining: '380' },
      { source: 'included', remaining: '10000' },
    ]);
    const again = await free.call('POST', path, { reason: 'twice' });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'subscription_not_changeable' } } });
    const second = await free.call('POST', '/v1/subscriptions', {
      customer: customer.stripeCustomer,
      plan: 'tried',
      reason: 'twice',
    });
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'subscription_exists' } } });
    await free.until('2026-06-06T00:00:00Z');
    // What the trial left ended with it: only the plan's are there.
    expect(await customer.balance()).toMatchObject({ available: '10000' });
    await free.call('POST', `/v1/subscriptions/${subscription}/cancel`, { reason: 'over' });
    await free.clock.settle();
    expect(await start(free, customer)).toMatchObject({ status: 422, body: { error: { code: 'trial_not_offered' } } });
    const { data } = await free.stripe.invoices.list({ customer: customer.stripeCustomer });
    expect(data.map(({ total, status }) => [total, status])).toEqual([
      [0, 'paid'],
      [9900, 'paid'],
    ]);
  },
);

test(
  'A12 A trial that a hand at Stripe makes longer keeps its credits until then; one that is cancelled gives nothing more',
  { timeout: 240_000 },
  async () => {
    const longer = await free.newcomer();
    const cancelled = await free.newcomer();
    const [first, second] = [idOf((await start(free, longer)).body), idOf((await start(free, cancelled)).body)];
    await free.clock.settle();
    const from = (await free.clock.now()).getTime();
    const days = (count: number) => new Date(from + count * 86_400_000);
    await free.stripe.subscriptions.update(first, { trial_end: days(20).getTime() / 1000 });
    await free.until(days(2).toISOString());
    await free.call('POST', `/v1/subscriptions/${second}/cancel`, { ends: 'period_end', reason: 'not for us' });
    await free.until(days(16).toISOString());
    expect(await longer.balance()).toMatchObject({ pool_state: 'active', available: '500' });
    expect(await cancelled.balance()).toMatchObject({ pool_state: 'blocked', available: '0' });
    await free.until(days(21).toISOString());
    expect(await longer.balance()).toMatchObject({ available: '10000' });
    const { data } = await free.stripe.invoices.list({ customer: cancelled.stripeCustomer });
    expect(data).toEqual([]);
  },
);

test('A12 A plan without a trial refuses one', { timeout: 60_000 }, async () => {
  const customer = await free.newcomer();
  expect(await start(free, customer, { plan: 'hybrid' })).toMatchObject({
    status: 422,
    body: { error: { code: 'trial_not_offered', message: 'Plan hybrid has no trial.' } },
  });
});
