import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 1_000 };
const noPaydown = { ...hybrid, plan: 'no-paydown', policy: { ...samplePolicy, paydown: false } };
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, plans: [hybrid, noPaydown], packs: [pack] },
});

test(
  'B5 Paydown: a pack pays the overage before it, and leaves it alone where the policy says so',
  { timeout: 120_000 },
  async () => {
    const paying = await story.subscriber('hybrid');
    const keeping = await story.subscriber('no-paydown');
    const leaving = await story.subscriber('no-paydown');
    const { taxRates, subscriptions, subscriptionItems, invoices } = story.stripe;
    const { id: vat } = await taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
    const { items } = await subscriptions.retrieve(leaving.subscription);
    const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
    await subscriptionItems.update(metered?.id ?? '', { tax_rates: [vat] });
    await story.until('2026-04-19T12:00:00Z');
    for (const customer of [paying, keeping, leaving]) await customer.use(10_300);
    await story.until('2026-04-20T00:00:00Z');
    for (const customer of [paying, keeping, leaving]) await customer.buyPack('pack-1k');
    // The pack's grant would pay all of the last invoice: $3.00 are asked all the same, with 20 % as on the usage.
    const path = `/v1/subscriptions/${leaving.subscription}/cancel`;
    expect((await story.call('POST', path, { reason: 'moved on' })).body).toMatchObject({ state: 'done' });
    const [last] = (await invoices.list({ customer: leaving.stripeCustomer })).data;
    expect(last).toMatchObject({ status: 'paid', subtotal: 10_600, total: 360 });
    expect(await paying.balance()).toMatchObject({ available: '700', overage: '0' });
    expect(await keeping.balance()).toMatchObject({ available: '1000', overage: '300' });

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, paying, {
      invoice: '99',
      credits_applied: '103',
      lots: '10700',
      // One of May's 31 days is earned, and 300 of the pack: 99.00 − 3.19 + 7.00.
      deferred: '102.81',
      receivable: '0',
      cash: '208',
      open_grants: '107',
      variances: 0,
    });
    // What its grant would pay of April's overage is put off until May begins.
    await expectBooks(story, keeping, {
      invoice: '102',
      credits_applied: '100',
      lots: '11000',
      deferred: '105.81',
      receivable: '0',
      cash: '211',
      open_grants: '110',
      variances: 0,
    });
  },
);
