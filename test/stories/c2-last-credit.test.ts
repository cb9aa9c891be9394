import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const { database, connectionString } = await cloneDatabase();
const block = {
  ...hybrid,
  plan: 'block',
  baseAmountMinor: 0,
  includedCredits: '0',
  policy: { ...samplePolicy, zeroBalance: 'block' as const },
};
const pack = { ...pack10k, pack: 'pack-100', name: '100 credits', credits: '100', amountMinor: 1_000 };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [block], packs: [pack] } });

test(
  'C2 The last credit: of 200 parallel holds from three processes exactly 100 are granted',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('block');
    await customer.buyPack('pack-100');
    await story.until('2026-04-10T12:00:00Z');
    const origins = [
      await story.replica(connectionString),
      await story.replica(connectionString),
      await story.replica(connectionString),
    ];
    const body = { customer: customer.stripeCustomer, action: 'api.call', credits: '1' };
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) =>
        story.call('POST', '/v1/holds', body, `hold-${index}`, origins[index % origins.length]),
      ),
    );
    const granted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 402);
    expect({ granted: granted.length, refused: refused.length }).toEqual({ granted: 100, refused: 100 });
    expect(new Set(granted.map(({ body: hold }) => hold['id'])).size).toBe(100);
    expect(await customer.balance()).toMatchObject({ available: '0', held: '100' });

    const captured = await Promise.all(
      granted.map(async ({ body: hold }, index) =>
        story.call('POST', `/v1/holds/${idOf(hold)}/capture`, {}, `capture-${index}`, origins[index % 3]),
      ),
    );
    expect(captured.every(({ status }) => status === 200)).toBe(true);
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '1',
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '10',
      open_grants: '0',
      variances: 0,
    });
  },
);
