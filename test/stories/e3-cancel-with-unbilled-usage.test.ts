import { expect, test } from 'vitest';

import { reconcile } from '../../src/operations/reconcile.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Story, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const other = await cloneDatabase();
const dashboard = await tellStory(other.database);

async function expectSound({ billing: { deps } }: Story): Promise<void> {
  expect((await verifyLedger(deps)).breaches).toEqual([]);
  expect((await reconcile(deps, { full: true })).variances.filter(({ state }) => state === 'open')).toEqual([]);
}

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
    await expectSound(story);
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
  await expectSound(dashboard);
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
  },
);
