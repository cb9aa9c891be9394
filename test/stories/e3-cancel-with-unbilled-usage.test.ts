import { expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const other = await cloneDatabase();
const dashboard = await tellStory(other.database);

test(
  'E3 Cancel with unbilled usage: the last invoice is the overage, and what the plan included ends',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-15T12:00:00Z');
    await customer.use(12_500);
    await customer.buyPack();
    await story.until('2026-04-16T00:00:00Z');
    const path = `/v1/subscriptions/${customer.subscription}/cancel`;
    const cancelled = await story.call('POST', path, { reason: 'the customer asked' });
    expect(cancelled.body).toMatchObject({ object: 'cancellation', state: 'done', waits_for: null });
    await story.clock.settle();
    const { data } = await story.stripe.invoices.list({ customer: customer.stripeCustomer });
    // Usage $125.00; the allowance paid $100.00 and the pack the overage of $25.00.
    expect(data[0]).toMatchObject({ status: 'paid', total: 0 });
    expect(await customer.balance()).toMatchObject({ pool_state: 'blocked', available: '7500' });
    const again = await story.call('POST', path, { reason: 'the customer asked' });
    expect(again.body).toMatchObject({ state: 'done' });
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '125',
      lots: '7500',
      // Half of April's fee, and three quarters of the pack: 49.50 + 60.00.
      deferred: '109.5',
      receivable: '0',
      cash: '179',
      open_grants: '75',
      variances: 0,
    });
  },
);

test(
  'E3 One that ends in the second in which its period begins: the period ends with it, and the fee is all there is',
  { timeout: 120_000 },
  async () => {
    const [mistaken, renewed] = [await story.subscriber(), await story.subscriber()];
    const path = `/v1/subscriptions/${mistaken.subscription}/cancel`;
    expect((await story.call('POST', path, { reason: 'a mistake' })).body).toMatchObject({ state: 'done' });
    await story.until('2026-05-16T00:00:00Z');
    await story.stripe.subscriptions.cancel(renewed.subscription);
    await story.until('2026-05-17T00:00:00Z');
    const last = await query<{ from: Date; to: Date }>(
      database,
      `select distinct on (subscription_id) starts_at as from, ends_at as to
       from billing_periods where subscription_id = any ($1) order by subscription_id, starts_at desc`,
      [[mistaken.subscription, renewed.subscription]],
    );
    expect(last.map(({ from, to }) => Number(to) - Number(from))).toEqual([1_000, 1_000]);
    // Nothing was used and Stripe bills nothing any more: after four days the period is final and its grants end.
    await story.until('2026-05-21T00:00:00Z');
    const over = { credits_applied: '0', lots: '0', receivable: '0', open_grants: '0', variances: 0 };
    await expectBooks(story, mistaken, { ...over, invoice: '0', deferred: '0', cash: '99' });
    await expectBooks(story, renewed, { ...over, invoice: '99', deferred: '83.04', cash: '198' });
  },
);

test('E3 A1 cancelled on 16 April at 12 500 calls, no proration: $25.00', { timeout: 120_000 }, async () => {
  const customer = await dashboard.subscriber();
  await dashboard.until('2026-04-15T12:00:00Z');
  await customer.use(12_500);
  await dashboard.until('2026-04-16T00:00:00Z');
  const path = `/v1/subscriptions/${customer.subscription}/cancel`;
  expect((await dashboard.call('POST', path, { reason: 'the customer asked' })).body).toMatchObject({ state: 'done' });
  await dashboard.clock.settle();
  const { data } = await dashboard.stripe.invoices.list({ customer: customer.stripeCustomer });
  expect(data[0]).toMatchObject({ status: 'paid', total: 2500 });
  expect(await customer.balance()).toMatchObject({ available: '0', overage: '0', lots: [] });
  expect((await customer.use(1))['error']).toMatchObject({ code: 'no_subscription' });
  await expectBooks(dashboard, customer, {
    invoice: '25',
    credits_applied: '100',
    lots: '0',
    deferred: '49.5',
    receivable: '0',
    cash: '124',
    open_grants: '0',
    variances: 0,
  });
});

test(
  'E3 cancelled in the dashboard without invoicing, the usage that nobody billed is a variance',
  { timeout: 120_000 },
  async () => {
    const customer = await dashboard.subscriber();
    await customer.use(12_500);
    await dashboard.until('2026-04-17T00:00:00Z');
    await dashboard.stripe.subscriptions.cancel(customer.subscription);
    await dashboard.clock.settle();
    await dashboard.until('2026-04-22T00:00:00Z');
    await dashboard.call('POST', '/v1/reconciliations', {}, 'e3-dashboard');
    const { body } = await dashboard.call('GET', '/v1/variances?state=open');
    expect(body['data']).toMatchObject([
      {
        class: 'missing_there',
        subject: expect.stringContaining('usage_never_billed') as unknown,
        ours: '12500000',
        theirs: '0',
      },
    ]);
    await expectBooks(dashboard, customer, {
      // The sign-up's: nothing was invoiced since.
      invoice: '99',
      credits_applied: '0',
      lots: '0',
      // Six of thirty days are earned: 99.00 − 19.80.
      deferred: '79.2',
      receivable: '0',
      cash: '99',
      // What the allowance paid of the usage, until it is billed.
      open_grants: '100',
      variances: 1,
    });
  },
);
