import { expect, test } from 'vitest';

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
