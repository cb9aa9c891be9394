import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { type Books, expectBooks, type Story, type Subscriber, tellEach } from '../support/story.ts';

const basic = { ...hybrid, plan: 'basic', baseAmountMinor: 0, includedCredits: '100', pricePerCredit: '0.01' };
const dear = { ...basic, plan: 'dear', includedCredits: '200', pricePerCredit: '0.02' };
const later = { ...dear, plan: 'later', policy: { ...dear.policy, planChange: 'at_renewal' as const } };
const catalogue = { ...sampleCatalogue, plans: [basic, dear, later], packs: [] };
/** The numbers below leave 20 cents to the customer balance: too little to charge. */
const small = { tooSmallMovesToBalance: true };
/** Two parts of a cycle, or one: what a metered price bills that replaces another is not said by Stripe. */
const parts = { ...small, swappedMeteredPrice: 'since_change' } as const;
const told = await tellEach(
  { seen: parts, unseen: parts, whole: { ...small, swappedMeteredPrice: 'whole_period' } },
  { catalogue },
);
const [story, unseen, whole] = told.map(([, one]) => one) as [Story, Story, Story];

type Behaviour = 'create_prorations' | 'always_invoice' | 'none';

/** As by a person in Stripe's dashboard. */
async function moveByDashboard(
  { stripe, clock }: Story,
  customer: Subscriber,
  behaviour: Behaviour,
  plan = 'dear',
): Promise<void> {
  const { data: prices } = await stripe.prices.list({ limit: 100, active: true });
  const price = prices.find(({ lookup_key: name }) => name?.startsWith(`creditpool/plan/${plan}/`) === true);
  const { items } = await stripe.subscriptions.retrieve(customer.subscription);
  const changed = { items: [{ id: items.data[0]?.id ?? '', price: price?.id ?? '' }] };
  await stripe.subscriptions.update(customer.subscription, { ...changed, proration_behavior: behaviour });
  await clock.settle();
}

/** 20 % on top, by the metered item alone. */
async function taxMetered({ stripe }: Story, { subscription }: Subscriber): Promise<void> {
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
  const { items } = await stripe.subscriptions.retrieve(subscription);
  await stripe.subscriptionItems.update(items.data[0]?.id ?? '', { tax_rates: [vat.id] });
}

async function use(customer: Subscriber, credits: number, overage: string): Promise<void> {
  await customer.use(credits);
  expect(await customer.balance()).toMatchObject({ available: '0', overage });
}

/** 150 used at a cent, 260 at two: 50 and 60 of overage. */
const SETTLED: Books = {
  invoice: '1.7',
  credits_applied: '4',
  lots: '200',
  deferred: '0',
  receivable: '0',
  cash: '1.7',
  open_grants: '4',
  variances: 0,
};

test(
  'A6 A price that changes in mid-period: each part of the cycle costs its own price',
  { timeout: 240_000 },
  async () => {
    const ours = await story.subscriber('basic');
    const atOnce = await story.subscriber('basic');
    const renewing = await story.subscriber('basic');
    const taxed = await story.subscriber('basic');
    await taxMetered(story, taxed);
    await story.until('2026-04-10T12:00:00Z');
    for (const customer of [ours, atOnce, renewing, taxed]) await use(customer, 150, '50');
    await story.until('2026-04-16T00:00:00Z');
    for (const { subscription } of [ours, taxed]) {
      const path = `/v1/subscriptions/${subscription}/change_plan`;
      expect((await story.call('POST', path, { plan: 'dear', reason: 'grown' })).body).toMatchObject({ state: 'done' });
    }
    await moveByDashboard(story, atOnce, 'always_invoice');
    await moveByDashboard(story, renewing, 'create_prorations', 'later');
    expect(await renewing.balance()).toMatchObject({ available: '0', overage: '0' });
    await story.until('2026-04-20T12:00:00Z');
    for (const customer of [ours, atOnce, taxed]) await use(customer, 260, '60');
    await use(renewing, 260, '260');
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, ours, SETTLED);
    // 20 % of $1.50 and of the $1.00 that lots had paid of it, and of $1.20: the correction takes its tax along.
    expect(await taxed.cycleInvoice()).toMatchObject({ total_minor: 204, tax_minor: 34 });
    // All 150 were invoiced at once; what credits had paid of it came back by a note to the customer balance and paid the
    // next invoice, all but $0.20, which is less than Stripe collects.
    await expectBooks(story, atOnce, { ...SETTLED, invoice: '1.2', cash: '1.5' });
    // No credits until the renewal: 260 at two cents.
    await expectBooks(story, renewing, { ...SETTLED, invoice: '5.7', credits_applied: '0', cash: '5.7' });
  },
);

test(
  'A6 What another hand let fall with the old price is told of, and nobody is charged for it',
  { timeout: 240_000 },
  async () => {
    const unreported = await unseen.subscriber('basic');
    const unbilled = await unseen.subscriber('basic');
    await unseen.until('2026-04-10T12:00:00Z');
    for (const customer of [unreported, unbilled]) await use(customer, 150, '50');
    await unseen.until('2026-04-16T00:30:00Z');
    // Stripe counts by the hour, and this one is not over.
    await use(unreported, 20, '70');
    await moveByDashboard(unseen, unreported, 'create_prorations');
    await moveByDashboard(unseen, unbilled, 'none');
    for (const customer of [unreported, unbilled]) await use(customer, 260, '60');
    // Four days after the cycle's end no invoice of it is to come any more: 50 past the credits of 100, at a cent.
    await unseen.until('2026-05-06T00:00:00Z');
    // Of 170 used Stripe has counted 150, and $0.70 is owed for the first part all the same.
    await expectBooks(unseen, unreported, { ...SETTLED, invoice: '1.9', cash: '1.9', variances: 1 });
    await expectBooks(unseen, unbilled, { ...SETTLED, invoice: '1.2', cash: '1.2', variances: 1 });
    const { body } = await unseen.call('GET', '/v1/variances?state=open');
    const data = body['data'] as unknown as readonly { subject: string; amount: string | null }[];
    expect(data.map(({ subject, amount }) => `${subject.split(' ')[0]} ${amount}`)).toEqual(['usage_never_billed -50']);
  },
);

test(
  'A6 Should the new price bill all of the cycle, the draft is held, and a person puts it right',
  { timeout: 240_000 },
  async () => {
    const customer = await whole.subscriber('basic');
    await whole.until('2026-04-10T12:00:00Z');
    await use(customer, 150, '50');
    await whole.until('2026-04-16T00:00:00Z');
    await whole.call('POST', `/v1/subscriptions/${customer.subscription}/change_plan`, {
      plan: 'dear',
      reason: 'grown',
    });
    await whole.until('2026-04-20T12:00:00Z');
    await use(customer, 260, '60');
    // $1.70 is owed: 50 at a cent and 60 at two. All 410 at two cents would be $8.20, less $4.00 of credits.
    await whole.until('2026-05-02T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'draft' });
    const { body } = await whole.call('GET', '/v1/settlements?state=held');
    const [held] = body['data'] as unknown as readonly { id: string; held_because: string }[];
    expect(held?.held_because).toContain('for usage of our meter since 2026-04-01T00:00:00.000Z, which is before');
    const path = `/v1/settlements/${held?.id}/correct`;
    expect(await whole.call('POST', path, { reason: 'each part at its own price' })).toMatchObject({ status: 200 });
    // The first part is asked for by no line of its own, and a correction only takes off: its $0.50 are told of.
    await whole.until('2026-05-06T00:00:00Z');
    await expectBooks(whole, customer, { ...SETTLED, invoice: '1.2', cash: '1.2', variances: 3 });
    const { body: open } = await whole.call('GET', '/v1/variances?state=open');
    const named = open['data'] as unknown as readonly { subject: string; amount: string | null }[];
    expect(named.map(({ subject, amount }) => `${subject.split(' ')[0]} ${amount}`).toSorted()).toEqual([
      'credits_applied -100',
      'invoice_owed -50',
      'usage_quantity 150000',
    ]);
  },
);
