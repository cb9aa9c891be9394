import nock from 'nock';
import { afterEach, expect, test } from 'vitest';

import { connectStripe } from '../../src/stripe/gateway.ts';
import type { DraftLine, InvoiceDraft } from '../../src/stripe/invoice-drafts.ts';
import { ratesOnTop, taxOfDraftUsage, taxOfRunningUsage, taxOfUsageItems } from '../../src/stripe/usage-tax.ts';

const stripe = connectStripe({ secretKey: 'sk_test_exchange' });
const api = () => nock('https://api.stripe.com');

afterEach(() => {
  const unasked = nock.pendingMocks();
  nock.cleanAll();
  if (unasked.length > 0) throw new Error(`never asked for: ${unasked.join(', ')}`);
});

const usage: DraftLine = {
  lineId: 'il_usage',
  priceId: 'price_metered',
  subscriptionItemId: 'si_metered',
  isProration: false,
  periodStart: new Date('2026-04-01T00:00:00Z'),
  amountMinor: 1_000n,
  discountsMinor: 0n,
  netMinor: 1_000n,
  taxes: [],
  creditpoolKey: null,
};

function draft(line: Partial<DraftLine>, facts: Partial<InvoiceDraft> = {}): InvoiceDraft {
  return {
    invoiceId: 'in_1',
    stripeCustomerId: 'cus_1',
    subscriptionId: 'sub_1',
    isCycle: true,
    status: 'draft',
    currency: 'usd',
    createdAt: new Date(0),
    periodEnd: new Date(0),
    autoAdvance: true,
    finalizesAt: null,
    footer: null,
    hasDiscounts: false,
    totalMinor: 1_000n,
    creditsShownMinor: 0n,
    hasAutomaticTax: false,
    defaultRateIds: [],
    lines: [{ ...usage, ...line }],
    ...facts,
  };
}

const by = (...rates: readonly string[]) => ({
  taxes: rates.map((rateId) => ({ rateId, isInclusive: false, reason: 'not_available' })),
});
const ofUsage = (seen: InvoiceDraft) => taxOfDraftUsage(stripe, seen, 'price_metered');

test('rates of the line are sent, those of the invoice are inherited, and none is none', async () => {
  expect(await ofUsage(draft(by('txr_b', 'txr_a')))).toEqual({ tax_rates: ['txr_b', 'txr_a'] });
  expect(await ofUsage(draft(by('txr_b', 'txr_a'), { defaultRateIds: ['txr_a', 'txr_b'] }))).toEqual({});
  expect(await ofUsage(draft(by('txr_a'), { defaultRateIds: ['txr_b'] }))).toEqual({ tax_rates: ['txr_a'] });
  expect(await ofUsage(draft({}))).toEqual({});
});

test('of a line that costs nothing and lists no tax, the subscription’s item tells', async () => {
  const silent = draft({ amountMinor: 0n, netMinor: 0n }, { defaultRateIds: ['txr_default'] });
  api()
    .get('/v1/subscription_items/si_metered')
    .reply(200, { id: 'si_metered', tax_rates: [{ id: 'txr_own' }] });
  expect(await ofUsage(silent)).toEqual({ tax_rates: ['txr_own'] });
  api().get('/v1/subscription_items/si_metered').reply(200, { id: 'si_metered', tax_rates: [] });
  expect(await ofUsage(silent)).toEqual({});
});

test.for([
  ['exclusive', 'txcd_10103001', { tax_behavior: 'exclusive', tax_code: 'txcd_10103001' }],
  ['inclusive', { id: 'txcd_10103001' }, { tax_behavior: 'inclusive', tax_code: 'txcd_10103001' }],
  ['unspecified', null, {}],
] as const)(
  'where Stripe works the tax out, an item has the price’s behaviour (%s) and the product’s code, and no rates',
  async ([behaviour, code, expected]) => {
    const price = { id: 'price_metered', tax_behavior: behaviour, product: { id: 'prod_1', tax_code: code } };
    api().get('/v1/prices/price_metered?expand[0]=product').times(2).reply(200, price);
    expect(await ofUsage(draft(by('txr_of_stripe'), { hasAutomaticTax: true }))).toEqual(expected);
    api()
      .get('/v1/subscriptions/sub_1')
      .reply(200, { id: 'sub_1', automatic_tax: { enabled: true }, items: { data: [] } });
    const metered = { subscriptionId: 'sub_1', priceId: 'price_metered' };
    expect(await taxOfRunningUsage(stripe, metered)).toEqual(expected);
  },
);

test('usage of a price that was left has the rates of its items, or its invoice’s', async () => {
  const metered = { subscriptionId: 'sub_1', priceId: 'price_metered' };
  const item = { amountMinor: 150n, invoiceId: null };
  expect(await taxOfUsageItems(stripe, [{ ...item, rateIds: ['txr_a'] }], metered)).toEqual({ tax_rates: ['txr_a'] });
  api()
    .get('/v1/subscriptions/sub_1')
    .reply(200, { id: 'sub_1', automatic_tax: { enabled: false } });
  expect(await taxOfUsageItems(stripe, [{ ...item, rateIds: [] }], metered)).toEqual({});
});

test('only rates on top count for a rounded total, and the one that Stripe really used', async () => {
  api().get('/v1/tax_rates/txr_a').reply(200, { inclusive: false, percentage: 8.875, effective_percentage: null });
  api().get('/v1/tax_rates/txr_b').reply(200, { inclusive: true, percentage: 20, effective_percentage: null });
  api().get('/v1/tax_rates/txr_c').reply(200, { inclusive: false, percentage: 6.25, effective_percentage: 0 });
  expect(await ratesOnTop(stripe, draft(by('txr_a', 'txr_b', 'txr_c')), 'price_metered')).toEqual([88_750n, 0n]);
});
