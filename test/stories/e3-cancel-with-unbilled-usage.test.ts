import { expect, test } from 'vitest';

import { endNeverBilledPeriods } from '../../src/operations/end-never-billed.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import type { Database } from '../../src/storage/database.ts';
import { query } from '../../src/storage/query.ts';
import type { StripeGateway } from '../../src/stripe/gateway.ts';
import type { Wire } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Subscriber, tellStory } from '../support/story.ts';

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

test(
  'E3 An invoice that comes after its period was written off: it is billed like any other',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await customer.use(12_500);
    await story.until('2026-06-20T23:00:00Z');
    // Stripe finalizes it while we are away, and then does not show it when it is asked.
    await story.down('2026-06-26T00:00:00Z');
    const { deps, jobs } = story.billing;
    const work = async (name: string): Promise<unknown> => jobs.works.find((one) => one.name === name)?.turn();
    await work('pools');
    expect(await endNeverBilledPeriods({ ...deps, stripe: withoutInvoices(deps.stripe) }, { limit: 10 })).toBe(1);
    await work('outbox');
    expect(await owedFor(database, customer)).toEqual({
      unbilled: '0',
      revenue: '0',
      overage: '0',
      written: '-2500000000',
    });
    // A reconciliation finds it.
    expect(await reconcile(deps, { full: true })).toMatchObject({ unexplained: 0 });
    expect(await owedFor(database, customer)).toEqual({ unbilled: '0', revenue: '-2500', overage: '0', written: '0' });
    await story.back();
    await story.relayed();
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // Five of thirty days are earned.
      deferred: '82.5',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);

/** Stripe, as long as its list does not have what was made last. */
function withoutInvoices(stripe: StripeGateway): StripeGateway {
  const invoices: unknown = Object.create(stripe.invoices, {
    list: { value: () => ({ autoPagingToArray: async () => [] }) },
  });
  return Object.create(stripe, { invoices: { value: invoices } }) as StripeGateway;
}

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
  'E3 cancelled in the dashboard without invoicing: what nobody billed is written off, and a person says that it is a gift',
  { timeout: 120_000 },
  async () => {
    const within = await dashboard.subscriber();
    const customer = await dashboard.subscriber();
    await within.use(4_000);
    await customer.use(12_500);
    await dashboard.until('2026-04-17T00:00:00Z');
    await dashboard.stripe.subscriptions.cancel(customer.subscription);
    // All of his subscriptions end with him, and nothing is invoiced either.
    await dashboard.stripe.customers.del(within.stripeCustomer);
    await dashboard.until('2026-04-20T12:00:00Z');
    await recogniseRevenue(dashboard.billing.deps);
    expect(await owedFor(other.database, customer)).toEqual({
      unbilled: '2500',
      revenue: '-2500',
      overage: '-2500000000',
      written: '0',
    });
    const { body: before } = await dashboard.call('GET', '/v1/accounting_periods/2026-04');
    expect(itemOf(before, 'invoices_final')).toMatchObject({
      done: false,
      proof: expect.stringContaining('2 billing') as unknown,
    });

    // Four days later Stripe is asked: it has no invoice, and none will come.
    await dashboard.until('2026-04-22T00:00:00Z');
    expect(await owedFor(other.database, customer)).toEqual({
      unbilled: '0',
      revenue: '0',
      overage: '0',
      written: '-2500000000',
    });
    const { body: after } = await dashboard.call('GET', '/v1/accounting_periods/2026-04');
    expect(itemOf(after, 'invoices_final')).toMatchObject({ done: true });
    const books = {
      // The sign-up's: nothing was invoiced since.
      invoice: '99',
      credits_applied: '0',
      lots: '0',
      // Six of thirty days are earned: 99.00 − 19.80.
      deferred: '79.2',
      receivable: '0',
      cash: '99',
      // What lots paid of the use pays no invoice any more.
      open_grants: '0',
    };
    await expectBooks(dashboard, customer, { ...books, variances: 1 });
    const { body } = await dashboard.call('GET', '/v1/variances?state=open');
    const [variance] = body['data'] as unknown as readonly Wire[];
    expect(variance).toMatchObject({ class: 'missing_there', ours: '2500', theirs: '0', unit: 'usd' });
    expect(variance?.['subject']).toContain('usage_never_billed');
    const note = { note: 'a gift: he was cancelled by mistake', evidence: 'https://tickets.example.com/OPS-7' };
    await dashboard.call('POST', `/v1/variances/${idOf(variance ?? {})}/explain`, note);
    await expectBooks(dashboard, customer, { ...books, variances: 0 });
    // Lots paid for all of what the one who was deleted used: it is told of, and nobody has to do anything.
    const { body: told } = await dashboard.call('GET', '/v1/variances?state=explained');
    expect(told['data']).toMatchObject([
      { ours: '0', explanation: expect.stringContaining('Credits paid') as unknown },
      { ours: '2500' },
    ]);
  },
);

test(
  'E3 Usage that waits at Stripe for an invoice is not given up: once a day it is asked for, until somebody invoices it',
  { timeout: 120_000 },
  async () => {
    const { stripe } = dashboard;
    const customer = await dashboard.subscriber();
    await customer.use(12_500);
    await dashboard.until('2026-04-25T00:00:00Z');
    // The metered price is taken off, which leaves its use as a pending item; the end does not invoice it.
    const { items } = await stripe.subscriptions.retrieve(customer.subscription);
    const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
    await stripe.subscriptions.update(customer.subscription, {
      items: [{ id: metered?.id ?? '', deleted: true }],
      proration_behavior: 'create_prorations',
    });
    await stripe.subscriptions.cancel(customer.subscription);
    const before = await asked('/v1/invoiceitems');
    await dashboard.until('2026-05-02T00:00:00Z');
    await dashboard.until('2026-05-02T23:00:00Z');
    expect((await asked('/v1/invoiceitems')) - before).toBe(1);
    expect(await owedFor(other.database, customer)).toMatchObject({ overage: '-2500000000', written: '0' });
    // No credits reach an item: what they had paid of it comes back.
    const bill = await stripe.invoices.create({
      customer: customer.stripeCustomer,
      subscription: customer.subscription,
    });
    await stripe.invoices.finalizeInvoice(bill.id, { auto_advance: true });
    await dashboard.clock.settle();
    const { data: notes } = await stripe.creditNotes.list({ customer: customer.stripeCustomer });
    expect(notes.map(({ total }) => total)).toEqual([10_000]);
    expect(await owedFor(other.database, customer)).toMatchObject({ unbilled: '0', revenue: '-2500', overage: '0' });
    await expectBooks(dashboard, customer, {
      invoice: '125',
      credits_applied: '0',
      lots: '0',
      // Ten of thirty days are earned: 99.00 − 33.00.
      deferred: '66',
      receivable: '0',
      cash: '224',
      // It pays for nothing any more, and lapses by its own end.
      open_grants: '100',
      variances: 0,
    });
  },
);

/** How often the product asked for a path so far, of what the simulator remembers. */
async function asked(path: string): Promise<number> {
  const answer = await fetch(`${dashboard.simulator.url}/_simulator/requests`);
  const requests = (await answer.json()) as readonly { readonly method: string; readonly path: string }[];
  return requests.filter((request) => request.method === 'GET' && request.path === path).length;
}

async function owedFor(db: Database, { stripeCustomer }: Subscriber): Promise<object | undefined> {
  const balance = (kind: string): string => `coalesce(sum(balance) filter (where kind = '${kind}'), 0)::text`;
  const [row] = await query<object>(
    db,
    `select ${balance('unbilled_receivable')} as unbilled, ${balance('revenue.usage')} as revenue,
       ${balance('overage')} as overage, ${balance('written_off')} as written
     from accounts join customer_aliases using (customer_id) where alias = $1`,
    [stripeCustomer],
  );
  return row;
}

function itemOf(period: Wire, key: string): Wire | undefined {
  const items = period['checklist'] as unknown as readonly Wire[];
  return items.find((item) => item['key'] === key);
}
