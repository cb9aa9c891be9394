import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const plan = { ...hybrid, plan: 'metered', baseAmountMinor: 0, includedCredits: '0' };
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [plan], packs: [] } });

test(
  'B12 Draws in time: what a lot paid in April stays paid when a lot before it in the order arrives later',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('metered');
    const grant = async (key: string, terms: object): Promise<void> => {
      const body = { customer: customer.stripeCustomer, source: 'promotional', reason: key, ...terms };
      expect((await story.call('POST', '/v1/grants', body, key)).status).toBe(200);
    };
    await story.until('2026-04-02T00:00:00Z');
    await grant('lot-a', { credits: '1000', priority: 50, expires_at: '2026-05-10T00:00:00Z' });
    await story.until('2026-04-19T12:00:00Z');
    expect(await customer.use(500)).toMatchObject({ balance: '500' });
    await story.until('2026-04-20T00:00:00Z');
    await grant('lot-b', { credits: '500', priority: 10 });
    expect(await customer.balance()).toMatchObject({ available: '1000' });

    await story.until('2026-05-02T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ total_minor: 0, credits_applied_minor: 500 });
    await story.until('2026-05-10T00:00:00Z');
    // The 500 of A that are left expire; B is whole.
    expect(await customer.balance()).toMatchObject({ available: '500' });
    await story.until('2026-05-12T12:00:00Z');
    expect(await customer.use(500)).toMatchObject({ status: 'applied', balance: '0' });

    await story.until('2026-06-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '5',
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '0',
      open_grants: '0',
      variances: 0,
    });
  },
);
