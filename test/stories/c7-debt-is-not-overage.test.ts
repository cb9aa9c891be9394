import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const block = {
  ...hybrid,
  plan: 'block',
  baseAmountMinor: 0,
  includedCredits: '0',
  policy: { ...samplePolicy, zeroBalance: 'block' as const, debtLimit: '10' },
};
const packs = ['40', '100'].map((credits) => ({
  ...pack10k,
  pack: `pack-${credits}`,
  name: `${credits} credits`,
  credits,
  amountMinor: Number(credits) * 10,
}));
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [block], packs } });

test(
  'C7 Debt is not overage: Stripe meters 40, and the 5 once a pack has paid for them',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('block');
    const metered = async (until: string): Promise<number> => {
      const [meter] = (await story.stripe.billing.meters.list()).data;
      const { data } = await story.stripe.billing.meters.listEventSummaries(meter?.id ?? '', {
        customer: customer.stripeCustomer,
        start_time: Date.parse('2026-04-01T00:00:00Z') / 1000,
        end_time: Date.parse(until) / 1000,
      });
      return data.reduce((sum, { aggregated_value: value }) => sum + value / 1000, 0);
    };
    await customer.buyPack('pack-40');
    await story.until('2026-04-10T12:00:00Z');
    const held = { customer: customer.stripeCustomer, action: 'api.call', credits: '40' };
    const { body: hold } = await story.call('POST', '/v1/holds', held, 'hold-1');
    const capturing = `/v1/holds/${idOf(hold)}/capture`;
    const { body: captured } = await story.call('POST', capturing, { amount: '45' }, 'capture-1');
    expect(captured).toMatchObject({ captured: '45', balance: '0' });
    expect(await customer.balance()).toMatchObject({ available: '0', overage: '0', debt: '5' });
    await story.until('2026-04-11T12:00:00Z');
    expect(await metered('2026-04-11T12:00:00Z')).toBe(40);

    await customer.buyPack('pack-100');
    expect(await customer.balance()).toMatchObject({ available: '95', debt: '0' });
    await story.until('2026-04-12T12:00:00Z');
    expect(await metered('2026-04-12T12:00:00Z')).toBe(45);

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '0.45',
      lots: '95',
      // The first pack is used up, and 5 of the second: 10.00 − 0.50.
      deferred: '9.5',
      receivable: '0',
      cash: '14',
      open_grants: '0.95',
      variances: 0,
    });
  },
);
