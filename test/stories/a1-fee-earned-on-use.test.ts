import { expect, test } from 'vitest';

import type { Policy } from '../../src/domain/catalogue.ts';
import type { CustomerKey } from '../../src/domain/customer.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { query } from '../../src/storage/query.ts';
import type { Wire } from '../support/api.ts';
import { earnedByMonth, moneyOf } from '../support/bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Story, type Subscriber, tellStory } from '../support/story.ts';

const sharing = (plan: string, includedSharePercent: number, policy: Partial<Policy> = {}) => ({
  ...hybrid,
  plan,
  includedSharePercent,
  policy: { ...samplePolicy, planChange: 'at_renewal' as const, ...policy },
});
const catalogue = {
  ...sampleCatalogue,
  plans: [
    hybrid,
    sharing('half', 50),
    sharing('on-use', 100),
    sharing('patient', 50, { hold: { ttlSeconds: 86_400, excess: 'refuse' } }),
    sharing('rolling', 50, { rollover: { capPercent: 50, capCredits: null, periods: 1, priority: null } }),
    sharing('clawing', 50, { reversals: { ...samplePolicy.reversals, creditedFee: 'claw_back' } }),
  ],
};

async function told(): Promise<Story> {
  const { database } = await cloneDatabase();
  return tellStory(database, { catalogue });
}
const [noted, voided, rolled, seated, held] = [await told(), await told(), await told(), await told(), await told()];

/** The money book, recognised to the end of yesterday. */
async function earnedBooks(story: Story, customer: Subscriber): Promise<unknown> {
  await recogniseRevenue(story.billing.deps);
  return moneyOf(story, customer);
}

async function deferredTies({ call }: Story, month: string): Promise<unknown> {
  const { body } = await call('GET', `/v1/accounting_periods/${month}`);
  const items = body['checklist'] as unknown as readonly { readonly key: string; readonly done: boolean }[];
  return items.find(({ key }) => key === 'deferred_ties')?.done;
}

/** Half of May's fee of $99.00 goes back. */
async function creditHalf(story: Story, invoice: Wire, settleAs = 'customer_balance'): Promise<void> {
  const lines = invoice['lines'] as unknown as readonly { id: string; kind: string }[];
  const { body } = await story.call(
    'POST',
    '/v1/credit_notes',
    {
      invoice: invoice['id'],
      lines: [{ line: lines.find(({ kind }) => kind === 'base')?.id, amount_minor: 4_950 }],
      settle_as: settleAs,
      reason: 'order_change',
      ticket: 'SUP-5',
    },
    `note-${idOf(invoice)}`,
  );
  expect(body).toMatchObject({ state: 'issued', amount_minor: 4_950 });
}

test(
  'A1 half of the fee on use: $19.80 for 4 000 calls, $29.70 for the 6 000 that expire, and half of May goes back',
  { timeout: 180_000 },
  async () => {
    const story = noted;
    const customer = await story.subscriber('half');
    const onUse = await story.subscriber('on-use');
    const clawed = await story.subscriber('clawing');
    await story.until('2026-04-20T12:00:00Z');
    for (const each of [customer, onUse, clawed]) await each.use(4_000);
    await story.until('2026-04-21T02:00:00Z');
    expect(await earnedBooks(story, customer)).toEqual({
      cash: 9_900n,
      'deferred.subscription': -1_650n,
      'revenue.subscription': -3_300n,
      'deferred.credits': -2_970n,
      'revenue.credits': -1_980n,
    });
    expect(await earnedBooks(story, onUse)).toEqual({
      cash: 9_900n,
      'deferred.credits': -5_940n,
      'revenue.credits': -3_960n,
    });

    await story.until('2026-05-01T12:00:00Z');
    for (const each of [customer, clawed]) await each.use(2_000);
    await story.until('2026-05-02T02:00:00Z');
    // One of May's 31 days: 1.59 of 49.50; 2 000 of May's 10 000 credits: 9.90.
    const may = {
      cash: 19_800n,
      'deferred.subscription': -4_791n,
      'revenue.subscription': -5_109n,
      'deferred.credits': -3_960n,
      'revenue.credits': -2_970n,
      'revenue.breakage': -2_970n,
    };
    expect(await earnedBooks(story, customer)).toEqual(may);
    expect(await deferredTies(story, '2026-04')).toBe(true);
    const invoice = { invoice: '99', credits_applied: '40', receivable: '0', variances: 0, cash: '198' };
    await expectBooks(story, customer, { ...invoice, lots: '8000', deferred: '87.51', open_grants: '100' });

    await creditHalf(story, await customer.cycleInvoice());
    await creditHalf(story, await clawed.cycleInvoice());
    // May costs 24.75 by the day now, of which 0.79 are earned, and 24.75 on use, of which 4.95 are.
    const half = {
      cash: 19_800n,
      customer_balance: -4_950n,
      'deferred.subscription': -2_396n,
      'revenue.subscription': -5_029n,
      'deferred.credits': -1_980n,
      'revenue.credits': -2_475n,
      'revenue.breakage': -2_970n,
    };
    expect(await earnedBooks(story, customer)).toEqual(half);
    // 5 000 of the 10 000 ended with the note: 2 000 of the 5 000 that are paid still are 9.90.
    expect(await earnedBooks(story, clawed)).toEqual({
      ...half,
      'deferred.credits': -1_485n,
      'revenue.credits': -2_970n,
    });
    await story.until('2026-05-03T02:00:00Z');
    expect(await deferredTies(story, '2026-04')).toBe(true);
    await expectBooks(story, customer, { ...invoice, lots: '8000', deferred: '42.96', open_grants: '100' });
    await expectBooks(story, clawed, { ...invoice, lots: '3000', deferred: '38.01', open_grants: '50' });
    await expectBooks(story, onUse, { ...invoice, lots: '10000', deferred: '99', open_grants: '100' });
  },
);

test(
  'A1 half of the fee on use: a note and May itself are voided, and both parts undone',
  { timeout: 180_000 },
  async () => {
    const story = voided;
    const customer = await story.subscriber('half');
    const { stripe } = story;
    await stripe.subscriptions.update(customer.subscription, { collection_method: 'send_invoice', days_until_due: 30 });
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(4_000);
    await story.until('2026-05-02T00:00:00Z');
    await customer.use(2_000);
    await story.until('2026-05-10T12:00:00Z');
    expect(await earnedBooks(story, customer)).toMatchObject({ receivable: 9_900n, 'revenue.credits': -2_970n });

    // A note comes and goes: nothing is left of it.
    const before = await earnedBooks(story, customer);
    await creditHalf(story, await customer.cycleInvoice(), 'reduce_due');
    // Nine of 31 days of 24.75 are 7.18, and 2 000 of 10 000 credits are 4.95.
    expect(await earnedBooks(story, customer)).toMatchObject({
      receivable: 4_950n,
      'deferred.subscription': -1_757n,
      'deferred.credits': -1_980n,
      'revenue.credits': -2_475n,
    });
    const notes = await stripe.creditNotes.list({ customer: customer.stripeCustomer });
    await stripe.creditNotes.voidCreditNote(notes.data[0]?.id ?? '');
    await story.clock.settle();
    expect(await earnedBooks(story, customer)).toEqual(before);

    await stripe.invoices.voidInvoice(idOf(await customer.cycleInvoice()));
    await story.until('2026-05-11T02:00:00Z');
    const april = { 'revenue.subscription': -4_950n, 'revenue.credits': -1_980n, 'revenue.breakage': -2_970n };
    expect(await earnedBooks(story, customer)).toEqual({ cash: 9_900n, ...april });
    expect(await deferredTies(story, '2026-04')).toBe(true);
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '40',
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '99',
      open_grants: '20',
      variances: 0,
    });
  },
);

test('A1 half of the fee on use, rolled over: the share goes with its credits', { timeout: 180_000 }, async () => {
  const story = rolled;
  const customer = await story.subscriber('rolling');
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(4_000);
  await story.until('2026-04-21T02:00:00Z');
  await earnedBooks(story, customer);
  await story.until('2026-05-02T02:00:00Z');
  // 5 000 of the 6 000 that are left roll over, 1 000 expire.
  expect(await earnedBooks(story, customer)).toMatchObject({ 'revenue.credits': -1_980n, 'revenue.breakage': -495n });
  await customer.use(2_000);
  await story.until('2026-05-03T02:00:00Z');
  expect(await earnedBooks(story, customer)).toMatchObject({
    'deferred.credits': -1_485n - 4_950n,
    'revenue.credits': -2_970n,
    'revenue.breakage': -495n,
  });
  await story.until('2026-06-02T02:00:00Z');
  // April's last 3 000 expire; of May's 10 000 again 5 000.
  expect(await earnedBooks(story, customer)).toMatchObject({ 'revenue.breakage': -495n - 1_485n - 2_475n });
  expect(await earnedByMonth(story, customer)).toEqual([
    '2026-04 revenue.credits 1980',
    '2026-05 revenue.breakage 495',
    '2026-05 revenue.credits 990',
    '2026-06 revenue.breakage 3960',
  ]);
  expect(await deferredTies(story, '2026-05')).toBe(true);
  await expectBooks(story, customer, {
    invoice: '99',
    credits_applied: '20',
    lots: '15000',
    deferred: '122.1',
    receivable: '0',
    cash: '297',
    open_grants: '150',
    variances: 0,
  });
});

test(
  'A1 half of the fee on use, a second seat in mid-April: its proration is earned by the day, its renewal has the share',
  { timeout: 180_000 },
  async () => {
    const story = seated;
    const customer = await story.subscriber('half');
    await story.until('2026-04-16T00:00:00Z');
    const { items } = await story.stripe.subscriptions.retrieve(customer.subscription);
    const seat = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
    await story.stripe.subscriptions.update(customer.subscription, {
      items: [{ id: seat?.id ?? '', quantity: 2 }],
      proration_behavior: 'always_invoice',
    });
    await story.until('2026-05-02T02:00:00Z');
    // April: 49.50 and the proration's 49.50 by the day, 49.50 as breakage; of May's 198.00 one day of half of it.
    expect(await earnedBooks(story, customer)).toEqual({
      cash: 34_650n,
      'revenue.subscription': -9_900n - 319n,
      'revenue.breakage': -4_950n,
      'deferred.subscription': -9_581n,
      'deferred.credits': -9_900n,
    });
    await expectBooks(story, customer, {
      invoice: '198',
      credits_applied: '0',
      lots: '20000',
      deferred: '194.81',
      receivable: '0',
      cash: '346.5',
      open_grants: '200',
      variances: 0,
    });
  },
);

test(
  'A1 half of the fee on use, 1 000 held over the cut-off and 1 000 undone after it: both stay April’s share',
  { timeout: 180_000 },
  async () => {
    const story = held;
    const customer = await story.subscriber('patient');
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(4_000);
    await customer.use(1_000, { id: 'mistake' });
    await story.until('2026-04-30T23:59:00Z');
    const asked = { customer: customer.stripeCustomer, action: 'api.call', credits: '1000' };
    const hold = idOf((await story.call('POST', '/v1/holds', asked, 'hold')).body);
    await story.until('2026-05-01T02:00:00Z');
    expect((await story.call('POST', `/v1/holds/${hold}/capture`, {}, 'capture')).body).toMatchObject({
      captured: '1000',
    });
    await story.until('2026-05-02T02:00:00Z');
    const used = { 'deferred.credits': -4_950n, 'revenue.credits': -2_970n, 'revenue.breakage': -1_980n };
    expect(await earnedBooks(story, customer)).toMatchObject(used);

    const { deps } = story.billing;
    const [event] = await query<CustomerKey & { readonly id: string }>(
      deps.db,
      `select lane, customer_id as "customerId", usage_event_id as id from usage_events
       where lane between 0 and 63 and event_id = 'mistake'`,
      [],
    );
    if (event === undefined) throw new Error('it was reported');
    const undone = { customer: event, usageEventIds: [event.id], reason: 'mistake', ticket: 'SUP-6', actor: 'support' };
    expect(await reverseUsage(deps, undone)).toMatchObject({ reversed: [{ restored: 1_000_000_000n }] });
    await story.until('2026-05-03T02:00:00Z');
    expect(await earnedBooks(story, customer)).toMatchObject({
      ...used,
      'deferred.credits': -4_950n - 495n,
      'revenue.credits': -2_475n,
    });
    expect(await deferredTies(story, '2026-04')).toBe(true);
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '50',
      lots: '11000',
      // Two of May's 31 days of 49.50 are earned, 3.19.
      deferred: '100.76',
      receivable: '0',
      cash: '198',
      open_grants: '120',
      variances: 0,
    });
  },
);
