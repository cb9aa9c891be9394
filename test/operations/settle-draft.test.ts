import { describe, expect, test } from 'vitest';

import { decideHeldDraft } from '../../src/operations/decide-held-draft.ts';
import { grantCredits } from '../../src/operations/grant-credits.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { guardDraft } from '../../src/operations/guard-drafts.ts';
import { mirrorInvoice } from '../../src/operations/mirror-invoice.ts';
import { pollDrafts } from '../../src/operations/poll-drafts.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { settleDraft, settleDrafts } from '../../src/operations/settle-draft.ts';
import { listPackVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { readSettlement } from '../../src/storage/settlements.ts';
import { planWith } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits as credited, newId } from '../support/deps.ts';
import { countedInApril, grantsAtStripe, openProjection, type Projected } from '../support/projection.ts';
import { use } from '../support/requests.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const stage = await openProjection(database, {
  plans: [
    planWith('hybrid', {}),
    planWith('no-paydown', { paydown: false }),
    planWith('usage', {}, { baseAmountMinor: 0, includedCredits: '0' }),
    planWith('usage-no-paydown', { paydown: false }, { baseAmountMinor: 0, includedCredits: '0' }),
  ],
});
const { deps, simulator } = stage;

/** The draft of the cycle that ended last. */
async function draftOf(customer: Projected): Promise<string> {
  const [draft] = (await deps.stripe.invoices.list({ customer: customer.stripeCustomerId, status: 'draft' })).data;
  if (draft === undefined) throw new Error('there is no draft');
  return draft.id;
}

/** One step of the gate, as far as it goes. */
async function settle(customer: Projected): Promise<string> {
  const [period] = await query<{ id: string }>(
    database,
    `select billing_period_id as id from settlements where lane = $1 and customer_id = $2 order by guarded_at desc`,
    [customer.lane, customer.customerId],
  );
  const settlement = await readSettlement(database, customer, period?.id ?? '');
  if (settlement === null) throw new Error('the draft is not guarded');
  return settleDraft(deps, settlement);
}

async function settlementOf(customer: Projected) {
  const [row] = await query(
    database,
    `select state, held_because as "heldBecause", correction_minor as correction, owed_minor as owed, eligible_minor as eligible,
       expected_minor as expected
     from settlements where lane = $1 and customer_id = $2`,
    [customer.lane, customer.customerId],
  );
  return row;
}

/** Both clocks to the period's end, the draft guarded, then past the cut-off. */
async function cutOff(customer: Projected): Promise<string> {
  await stage.advance(customer, '2026-05-01T00:00:10Z');
  await stage.touch(customer);
  await pollDrafts(deps, { limit: 10 });
  await stage.drain();
  await stage.advance(customer, '2026-05-01T00:46:00Z');
  await stage.touch(customer);
  return draftOf(customer);
}

/** What Stripe invoiced for April: usage, credits and total, in cents. */
async function invoiced(invoiceId: string) {
  const invoice = await deps.stripe.invoices.retrieve(invoiceId);
  const usage = invoice.lines.data
    .filter(({ pricing }) => pricing?.price_details?.price !== undefined)
    .map(({ amount }) => amount);
  const credits = (invoice.total_pretax_credit_amounts ?? [])
    .filter(({ type }) => type === 'credit_balance_transaction')
    .reduce((sum, { amount }) => sum + amount, 0);
  return { status: invoice.status, lines: usage.toSorted((a, b) => a - b), credits, total: invoice.total };
}

async function finish(customer: Projected, invoiceId: string): Promise<void> {
  await mirrorInvoice(deps, invoiceId);
  expect(await settle(customer)).toBe('settled');
  await stage.drain();
  await expectSoundBooks(database);
}

/** Packs of 10 000 credits for $80.00 each are paid. */
async function buyPack(customer: Projected, paidAt: string): Promise<void> {
  const [pack] = await listPackVersions(database);
  const invoiceId = `in_pack_${customer.customerId}`;
  await grantPaidInvoice(deps, {
    customer,
    invoiceId,
    subscriptionId: null,
    billingReason: 'manual',
    currency: 'usd',
    paidAt: new Date(paidAt),
    lines: [
      { lineId: `il_${invoiceId}`, kind: 'pack', priceId: pack?.stripePriceId ?? null, quantity: 1n, paidMinor: 8000n },
    ],
  });
}

/** Of the metered item, or of all that the subscription bills. */
interface Taxed {
  readonly on: 'item' | 'subscription';
  readonly percentages: readonly number[];
  readonly inclusive?: boolean;
}

async function tax({ subscriptionId, meteredPriceId }: Projected, { on, percentages, inclusive = false }: Taxed) {
  const rates: string[] = [];
  for (const percentage of percentages)
    rates.push((await deps.stripe.taxRates.create({ display_name: 'VAT', percentage, inclusive })).id);
  const { data } = (await deps.stripe.subscriptions.retrieve(subscriptionId)).items;
  const id = data.find(({ price }) => price.id === meteredPriceId)?.id ?? '';
  const items = on === 'item' ? { items: [{ id, tax_rates: rates }] } : { default_tax_rates: rates };
  await deps.stripe.subscriptions.update(subscriptionId, items);
  return rates;
}

const ALL = { on: 'subscription', percentages: [20] } as const;
const ITEM = { on: 'item', percentages: [20] } as const;
const INCLUSIVE = { on: 'item', percentages: [20], inclusive: true } as const;
const TWO = { on: 'item', percentages: [20, 5] } as const;

const open = async (customer: Projected) =>
  (await grantsAtStripe(deps, customer)).reduce((sum, { left }) => sum + left, 0);

/** 20 % off by another hand's coupon reach the usage line, so the draft is held. */
async function heldByCoupon() {
  const customer = await stage.subscribe();
  const coupon = await deps.stripe.coupons.create({ percent_off: 20, duration: 'forever' });
  await deps.stripe.subscriptions.update(customer.subscriptionId, { discounts: [{ coupon: coupon.id }] });
  await use(stage, customer, 12_500);
  await stage.drain();
  const invoiceId = await cutOff(customer);
  expect(await settle(customer)).toBe('held');
  return { customer, invoiceId };
}

describe('A1 hybrid', () => {
  test('12 500 calls: usage $125.00, credits applied $100.00, total $124.00, and May’s grant remains', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 12_500);
    await stage.drain();
    const invoiceId = await cutOff(customer);
    expect(await settle(customer)).toBe('finalized');
    expect(await invoiced(invoiceId)).toEqual({
      status: 'paid',
      lines: [9900, 12_500],
      credits: 10_000,
      total: 12_400,
    });
    expect(await settlementOf(customer)).toEqual({
      state: 'finalized',
      heldBecause: null,
      correction: 0n,
      owed: 2_500n,
      eligible: 10_000n,
      expected: 2_500n,
    });
    await finish(customer, invoiceId);
    expect(await settlementOf(customer)).toMatchObject({ state: 'settled' });
    expect(await grantsAtStripe(deps, customer)).toEqual([
      { value: 10_000, left: 0, effectiveAt: '2026-04-01T00:00:01.000Z', expiresAt: '2026-06-01T00:00:00.000Z' },
      { value: 10_000, left: 10_000, effectiveAt: '2026-05-01T00:00:10.000Z', expiresAt: '2026-07-01T00:00:00.000Z' },
    ]);
  });
});

test('A1 a month later: 9 000 calls in May cost nothing more, and 1 000 are left of no grant', async () => {
  const customer = await stage.subscribe();
  await use(stage, customer, 12_500);
  await stage.drain();
  const april = await cutOff(customer);
  await settle(customer);
  await finish(customer, april);
  await use(stage, customer, 9_000);
  await stage.advance(customer, '2026-06-01T00:00:10Z');
  await stage.touch(customer);
  await pollDrafts(deps, { limit: 10 });
  await stage.advance(customer, '2026-06-01T00:46:00Z');
  await stage.touch(customer);
  const may = await draftOf(customer);
  expect(await settle(customer)).toBe('finalized');
  expect(await invoiced(may)).toEqual({ status: 'paid', lines: [9_000, 9_900], credits: 9_000, total: 9_900 });
  await finish(customer, may);
  expect(
    (await grantsAtStripe(deps, customer)).reduce((sum, { left }) => sum + left, 0),
    'June’s alone',
  ).toBe(10_000);
});

describe('lots that end, lots that come late', () => {
  test('B3 use it or lose it: 7 000 used, credits applied $70.00, and the rest of the grant is ended', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 7_000);
    await stage.drain();
    const invoiceId = await cutOff(customer);
    await stage.drain();
    expect(await open(customer), 'nothing is ended before the invoice is final').toBe(20_000);
    await settle(customer);
    expect(await invoiced(invoiceId)).toMatchObject({ lines: [7_000, 9_900], credits: 7_000, total: 9_900 });
    await finish(customer, invoiceId);
    expect((await grantsAtStripe(deps, customer)).map(({ left }) => left)).toEqual([0, 10_000]);
  });

  test('B4 a pack bought in the draft window does not pay what April owes', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 10_300);
    await stage.drain();
    await stage.advance(customer, '2026-05-01T00:20:00Z');
    await stage.touch(customer);
    await pollDrafts(deps, { limit: 10 });
    await buyPack(customer, '2026-05-01T00:20:00Z');
    await stage.drain();
    await stage.advance(customer, '2026-05-01T00:46:00Z');
    await stage.touch(customer);
    const invoiceId = await draftOf(customer);
    expect(await settle(customer)).toBe('finalized');
    expect(await invoiced(invoiceId)).toMatchObject({ lines: [9_900, 10_300], credits: 10_000, total: 10_200 });
    await finish(customer, invoiceId);
    expect(await open(customer)).toBe(20_000);
  });

  test('B5 paydown: a pack bought after the overage pays it first, and Stripe agrees without a correction', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 10_300);
    await stage.advance(customer, '2026-04-20T00:00:00Z');
    await buyPack(customer, '2026-04-20T00:00:00Z');
    await stage.drain();
    const invoiceId = await cutOff(customer);
    await settle(customer);
    expect(await settlementOf(customer)).toMatchObject({ correction: 0n, owed: 0n });
    expect(await invoiced(invoiceId)).toMatchObject({ lines: [9_900, 10_300], credits: 10_300, total: 9_900 });
    await finish(customer, invoiceId);
    expect(await open(customer)).toBe(19_700);
  });

  test('B5 without paydown: $3.00 are billed by a correction, since Stripe would let the pack pay them', async () => {
    const customer = await stage.subscribe('no-paydown');
    await use(stage, customer, 10_300);
    await stage.advance(customer, '2026-04-20T00:00:00Z');
    await buyPack(customer, '2026-04-20T00:00:00Z');
    await stage.drain();
    const invoiceId = await cutOff(customer);
    await settle(customer);
    expect(await settlementOf(customer)).toMatchObject({ correction: 300n, owed: 300n, expected: 0n });
    expect(await invoiced(invoiceId)).toMatchObject({ credits: 10_300, total: 10_200 });
    await finish(customer, invoiceId);
    expect(await open(customer)).toBe(20_000);
  });

  test('B11 a pack at 23:59:30 whose grant comes after midnight: a correction of −$3.00', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 10_300);
    await stage.drain();
    await stage.advance(customer, '2026-04-30T23:59:30Z');
    await buyPack(customer, '2026-04-30T23:59:30Z');
    const invoiceId = await cutOff(customer);
    await stage.drain();
    await settle(customer);
    expect(await settlementOf(customer)).toMatchObject({ correction: -300n, owed: 0n, expected: 300n });
    const draft = await deps.stripe.invoices.retrieve(invoiceId);
    expect(draft.lines.data.map(({ amount }) => amount).toSorted((a, b) => a - b)).toEqual([-300, 9_900, 10_300]);
    expect(draft.total).toBe(9_900);
    await finish(customer, invoiceId);
    expect(await open(customer)).toBe(19_700);
  });

  test('B14 May begins before April is final: 50 calls in May do not touch April', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 12_500);
    await stage.drain();
    await stage.advance(customer, '2026-05-01T00:20:00Z');
    await pollDrafts(deps, { limit: 10 });
    await use(stage, customer, 50);
    await stage.advance(customer, '2026-05-01T00:46:00Z');
    await stage.touch(customer);
    await rollUpUsage(deps, { limit: 10, flush: true });
    await stage.drain();
    const invoiceId = await draftOf(customer);
    await settle(customer);
    expect(await invoiced(invoiceId)).toMatchObject({ total: 12_400, credits: 10_000 });
    await finish(customer, invoiceId);
    expect(await open(customer), 'the 50 are paid when May is billed').toBe(10_000);
  });

  test('B15 a pack that April and May both want: what May took is overage of April, by a correction', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 10_000);
    await buyPack(customer, '2026-04-20T00:00:00Z');
    await stage.drain();
    await stage.advance(customer, '2026-05-01T00:10:00Z');
    await pollDrafts(deps, { limit: 10 });
    await use(stage, customer, 20_000);
    await stage.advance(customer, '2026-05-01T00:30:00Z');
    await use(stage, customer, 100, { occurredAt: new Date('2026-04-30T23:00:00Z') });
    await stage.advance(customer, '2026-05-01T00:46:00Z');
    await stage.touch(customer);
    const invoiceId = await draftOf(customer);
    await settle(customer);
    expect(await settlementOf(customer)).toMatchObject({ owed: 100n, correction: 100n });
    expect(await invoiced(invoiceId)).toMatchObject({ total: 10_000 });
    await finish(customer, invoiceId);
  });
});

describe('E6 the gate', () => {
  test('a swallowed meter event is found, cancelled and sent again', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 12_000);
    await rollUpUsage(deps, { limit: 10, flush: true });
    await stage.drain();
    await stage.advance(customer, '2026-04-30T22:10:00Z');
    await use(stage, customer, 500);
    await rollUpUsage(deps, { limit: 10, flush: true });
    simulator.faults.swallowMeterEvents(1);
    await stage.drain();
    const invoiceId = await cutOff(customer);
    expect(await settle(customer)).toBe('waiting');
    expect(await settlementOf(customer)).toMatchObject({
      heldBecause: 'Stripe counts 12000000 meter units, 12500000 were reported',
    });
    await stage.advance(customer, '2026-05-01T01:01:00Z');
    expect(await settle(customer)).toBe('waiting');
    expect(await settle(customer)).toBe('finalized');
    expect(await countedInApril(deps, customer)).toBe(12_500_000);
    expect(await invoiced(invoiceId)).toMatchObject({ total: 12_400 });
    await finish(customer, invoiceId);
  });

  test('Stripe silent until the deadline: it goes out as it is when that is in the customer’s favour', async () => {
    const customer = await stage.subscribe();
    await stage.drain();
    await use(stage, customer, 12_500);
    simulator.faults.swallowMeterEvents(2);
    const invoiceId = await cutOff(customer);
    await settle(customer);
    await stage.advance(customer, '2026-05-01T01:01:00Z');
    expect(await settle(customer)).toBe('waiting');
    expect(await settle(customer)).toBe('held');
    await stage.advance(customer, '2026-05-02T23:30:00Z');
    expect(await settle(customer)).toBe('held');
    await stage.advance(customer, '2026-05-03T00:01:00Z');
    expect(await invoiced(invoiceId)).toMatchObject({ status: 'paid', total: 9_900 });
    expect(await settle(customer)).toBe('finalized');
  });

  test('Stripe silent until the deadline: what it would charge too much is taken off, with its tax', async () => {
    const customer = await stage.subscribe();
    await tax(customer, ITEM);
    await use(stage, customer, 10_200);
    await rollUpUsage(deps, { limit: 10, flush: true });
    await stage.drain();
    await stage.advance(customer, '2026-04-30T23:59:30Z');
    await use(stage, customer, 100);
    await buyPack(customer, '2026-04-30T23:59:30Z');
    simulator.faults.swallowMeterEvents(2);
    const invoiceId = await cutOff(customer);
    await settle(customer);
    await stage.advance(customer, '2026-05-01T01:01:00Z');
    expect(await settle(customer)).toBe('waiting');
    expect(await settle(customer)).toBe('held');
    await stage.advance(customer, '2026-05-02T23:30:00Z');
    expect(await settle(customer)).toBe('held');
    expect(await settlementOf(customer)).toMatchObject({ owed: 0n, expected: 200n, correction: -200n });
    await stage.advance(customer, '2026-05-03T00:01:00Z');
    expect(await invoiced(invoiceId)).toMatchObject({ status: 'paid', total: 9_900 });
  });

  test('Stripe out of reach holds up one draft, not the round', async () => {
    const customer = await stage.subscribe();
    await use(stage, customer, 12_500);
    await stage.drain();
    const invoiceId = await cutOff(customer);
    simulator.faults.add({
      match: { method: 'GET', path: `/v1/invoices/${invoiceId}$`, times: 1 },
      kind: '500_before',
    });
    await settleDrafts(deps, { limit: 100 });
    expect(await settlementOf(customer)).toMatchObject({ state: 'waiting' });
    expect(await settle(customer)).toBe('finalized');
  });

  test('a dashboard coupon holds the draft: nobody is charged more by itself', async () => {
    const { customer, invoiceId } = await heldByCoupon();
    expect(await settlementOf(customer)).toMatchObject({
      heldBecause: 'a discount of 2500 reaches the usage line',
      owed: 2_500n,
    });
    await stage.advance(customer, '2026-05-02T23:30:00Z');
    await settle(customer);
    await stage.advance(customer, '2026-05-03T00:01:00Z');
    expect(await invoiced(invoiceId)).toMatchObject({ status: 'paid', total: 7_920 });
    expect(await settle(customer)).toBe('finalized');
  });

  test('what a person decided stands when Stripe refuses to finalize it: it goes out in the next hour', async () => {
    const { customer, invoiceId } = await heldByCoupon();
    const failures = `${simulator.url}/_simulator/invoices/${invoiceId}/fail_finalization`;
    expect((await fetch(failures, { method: 'POST', body: '{"times":1}' })).status).toBe(200);
    const [{ id } = { id: '' }] = await query<{ id: string }>(
      database,
      `select billing_period_id as id from settlements where lane = $1 and customer_id = $2`,
      [customer.lane, customer.customerId],
    );
    await decideHeldDraft(deps, { billingPeriodId: id, decision: 'accept', reason: 'promised', actor: 'key:finance' });
    expect(await settlementOf(customer)).toMatchObject({
      state: 'held',
      heldBecause: expect.stringContaining('finalizing was refused') as string,
    });
    await stage.advance(customer, '2026-05-01T02:10:00Z');
    expect(await settle(customer)).toBe('finalized');
    expect(await invoiced(invoiceId)).toMatchObject({ status: 'paid', total: 7_920 });
  });

  test('the dead man’s switch is set once, also when the news comes twice', async () => {
    const customer = await stage.subscribe();
    await stage.drain();
    await stage.advance(customer, '2026-05-01T00:00:10Z');
    const invoiceId = await draftOf(customer);
    expect(await guardDraft(deps, invoiceId)).toBe('guarded');
    expect(await guardDraft(deps, invoiceId)).toBe('guarded');
    const draft = await deps.stripe.invoices.retrieve(invoiceId);
    expect(draft.auto_advance).toBe(true);
    expect(new Date((draft.automatically_finalizes_at ?? 0) * 1000)).toEqual(new Date('2026-05-03T00:00:00Z'));
  });

  test.for(['500_after', 'cut_after', '429'] as const)(
    'finalizing is done once when the answer is lost: %s',
    async (kind) => {
      const customer = await stage.subscribe();
      await use(stage, customer, 12_500);
      await stage.drain();
      const invoiceId = await cutOff(customer);
      simulator.faults.add({ match: { method: 'POST', path: '/finalize$', times: 2 }, kind });
      await settle(customer);
      await stage.drain();
      await settle(customer);
      expect(await settlementOf(customer)).toMatchObject({ state: 'finalized' });
      expect(await invoiced(invoiceId)).toMatchObject({ total: 12_400 });
      await finish(customer, invoiceId);
    },
  );
});

describe('tax', () => {
  /** 1 000 calls for $10.00, then a gift of 300 credits. */
  async function usedThenGiven(customer: Projected, givenAt: string): Promise<void> {
    await use(stage, customer, 1_000);
    await rollUpUsage(deps, { limit: 10, flush: true });
    await stage.drain();
    await stage.advance(customer, givenAt);
    const gift = {
      source: 'promotional',
      amount: credited('300'),
      features: null,
      expiresAt: null,
      priority: 50,
    } as const;
    const asked = { customer: customer.name, reason: 'luck', actor: 'key:finance', key: newId(), fingerprint: 'gift' };
    await grantCredits(deps, { ...gift, ...asked });
  }

  /** Amount and taxes of each line, the usage first. */
  async function taxes(invoiceId: string) {
    const { lines, total } = await deps.stripe.invoices.retrieve(invoiceId);
    const shown = lines.data.map((line) => [line.amount, ...(line.taxes ?? []).map(({ amount }) => amount)]);
    const first = shown.toSorted(([a = 0], [b = 0]) => b - a);
    return { lines: first.map((line) => line.join(',')).join(' '), total };
  }

  test.for<readonly [string, Taxed, string, number]>([
    ['20 % of all', ALL, '1000,200 -300,-60', 840],
    ['20 % of the metered item', ITEM, '1000,200 -300,-60', 840],
    ['20 % in the price', INCLUSIVE, '1000,167 -300,-50', 700],
    ['20 % and 5 %', TWO, '1000,200,50 -300,-60,-15', 875],
  ])('usage of $10.00 less a correction of $3.00 is taxed as $7.00: %s', async ([, mode, lines, total]) => {
    const customer = await stage.subscribe('usage');
    await tax(customer, mode);
    await usedThenGiven(customer, '2026-04-30T23:59:30Z');
    const invoiceId = await cutOff(customer);
    await stage.drain();
    await settle(customer);
    expect(await settlementOf(customer)).toMatchObject({ state: 'finalized', correction: -300n, heldBecause: null });
    expect(await taxes(invoiceId)).toEqual({ lines, total });
    await finish(customer, invoiceId);
  });

  test.for<readonly [string, Taxed, string, number]>([
    ['20 % of the metered item', ITEM, '1000,140 300,60', 1_200],
    ['20 % in the price', INCLUSIVE, '1000,117 300,50', 1_000],
  ])('a correction of $3.00 on top is taxed as the $7.00 of usage: %s', async ([, mode, lines, total]) => {
    const customer = await stage.subscribe('usage-no-paydown');
    await tax(customer, mode);
    await usedThenGiven(customer, '2026-04-20T00:00:00Z');
    await stage.drain();
    const invoiceId = await cutOff(customer);
    await settle(customer);
    expect(await settlementOf(customer)).toMatchObject({ state: 'finalized', correction: 300n, heldBecause: null });
    expect(await taxes(invoiceId)).toEqual({ lines, total });
    await finish(customer, invoiceId);
  });

  test.for([
    ['it is put right', 840],
    ['a person accepts it', 885],
  ] as const)('a correction that another hand taxes otherwise holds the draft until %s', async ([until, total]) => {
    const customer = await stage.subscribe('usage');
    const [rate = ''] = await tax(customer, ITEM);
    await usedThenGiven(customer, '2026-04-30T23:59:30Z');
    const invoiceId = await cutOff(customer);
    await stage.drain();
    const other = await deps.stripe.taxRates.create({ display_name: 'GST', percentage: 5, inclusive: false });
    const [item] = (await deps.stripe.invoiceItems.list({ invoice: invoiceId })).data;
    await deps.stripe.invoiceItems.update(item?.id ?? '', { tax_rates: [other.id] });
    expect(await settle(customer)).toBe('held');
    expect(await settlementOf(customer)).toMatchObject({
      heldBecause: `the correction of -300 is taxed by ${other.id}, the usage by ${rate}`,
    });
    if (until === 'it is put right') {
      await deps.stripe.invoiceItems.update(item?.id ?? '', { tax_rates: [rate] });
      await settle(customer);
    } else {
      const [{ id } = { id: '' }] = await query<{ id: string }>(
        database,
        `select billing_period_id as id from settlements where lane = $1 and customer_id = $2`,
        [customer.lane, customer.customerId],
      );
      const accepted = { billingPeriodId: id, decision: 'accept', reason: 'as agreed', actor: 'key:finance' } as const;
      await decideHeldDraft(deps, accepted);
    }
    expect(await settlementOf(customer)).toMatchObject({ state: 'finalized' });
    expect(await taxes(invoiceId)).toMatchObject({ total });
  });

  test.for<readonly [string, Taxed, number]>([
    ['on top', ITEM, 360],
    ['in the price', INCLUSIVE, 300],
  ])('what Stripe asked $3.00 too much while we were away comes back with its tax: %s', async ([, mode, total]) => {
    const customer = await stage.subscribe('usage');
    await tax(customer, mode);
    await usedThenGiven(customer, '2026-04-30T23:59:30Z');
    const { stripeCustomerId } = customer;
    await stage.advance(customer, '2026-05-01T02:00:00Z');
    await stage.touch(customer);
    await stage.drain();
    const [invoice] = (await deps.stripe.invoices.list({ customer: stripeCustomerId })).data;
    await mirrorInvoice(deps, invoice?.id ?? '');
    expect(await settle(customer)).toBe('settled');
    const notes = (await deps.stripe.creditNotes.list({ customer: stripeCustomerId })).data;
    expect(notes.map((note) => note.total)).toEqual([total]);
    const { variances } = await reconcile(deps, { customer });
    expect(variances.filter(({ subject }) => subject.startsWith('invoice_'))).toMatchObject([
      { subject: `invoice_excess_credited ${invoice?.id}`, amount: '300' },
    ]);
  });

  test('a rate that was archived cannot be named again: the draft is held, and what is taken too much comes back', async () => {
    const customer = await stage.subscribe('usage');
    const [rate = ''] = await tax(customer, ITEM);
    await usedThenGiven(customer, '2026-04-30T23:59:30Z');
    await deps.stripe.taxRates.update(rate, { active: false });
    const invoiceId = await cutOff(customer);
    await stage.drain();
    expect(await settle(customer)).toBe('held');
    expect(await settlementOf(customer)).toMatchObject({
      heldBecause: expect.stringMatching(/^the correction was refused: .*inactive/) as string,
    });
    await stage.advance(customer, '2026-05-03T00:01:00Z');
    expect(await taxes(invoiceId)).toEqual({ lines: '1000,200', total: 1_200 });
    expect(await settle(customer)).toBe('finalized');
    await finish(customer, invoiceId);
    const notes = (await deps.stripe.creditNotes.list({ invoice: invoiceId })).data;
    expect(notes.map(({ total }) => total)).toEqual([360]);
  });
});
