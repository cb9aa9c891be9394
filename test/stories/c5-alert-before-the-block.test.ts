import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const plan = {
  ...hybrid,
  plan: 'warned',
  includedCredits: '100',
  policy: {
    ...samplePolicy,
    zeroBalance: 'block' as const,
    alerts: { ...samplePolicy.alerts, thresholdsPercent: [75, 90] },
  },
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [plan] } });

test(
  'C5 Alert before the block: 75 % and 90 % before the 402, once each and again in the next period',
  {
    timeout: 120_000,
  },
  async () => {
    const customer = await story.subscriber('warned');
    const raised = async () => {
      const { body } = await story.call('GET', `/v1/alerts?customer=${customer.stripeCustomer}`);
      const alerts = body['data'] as unknown as readonly { kind: string; data: { percent?: number } }[];
      return alerts
        .map(({ kind, data }) => (data.percent === undefined ? kind : `${kind} ${data.percent}`))
        .toReversed();
    };
    const hold = (credits: string, key: string) =>
      story.call('POST', '/v1/holds', { customer: customer.stripeCustomer, action: 'api.call', credits }, key);
    await story.until('2026-04-10T12:00:00Z');
    await customer.use(74);
    expect(await raised()).toEqual([]);
    await customer.use(1);
    expect(await raised()).toEqual(['balance.low 75']);
    const { body: held } = await hold('15', 'hold-1');
    expect(await raised()).toEqual(['balance.low 75', 'balance.low 90']);
    expect((await hold('11', 'hold-2')).status).toBe(402);
    // Given back and used again: not told again.
    await story.call('POST', `/v1/holds/${held['id'] as unknown as string}/release`, {}, 'release-1');
    await customer.use(20);
    expect(await raised()).toEqual(['balance.low 75', 'balance.low 90']);
    await customer.use(5);
    expect(await raised()).toEqual(['balance.low 75', 'balance.low 90', 'balance.depleted']);
    expect((await hold('1', 'hold-3')).status).toBe(402);

    await story.until('2026-05-02T12:00:00Z');
    await customer.use(80);
    expect((await raised()).at(-1)).toBe('balance.low 75');
    expect(await raised()).toHaveLength(4);
    await expectBooks(story, customer, {
      // April's 100 calls are $1.00, and its allowance pays them.
      invoice: '99',
      credits_applied: '1',
      lots: '20',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '198',
      // The 20 that are left, and May's 80 until its invoice is final.
      open_grants: '1',
      variances: 0,
    });
  },
);
