import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const each = {
  ...hybrid,
  plan: 'each',
  baseAmountMinor: 0,
  includedCredits: '400',
  policy: { ...samplePolicy, pooling: 'member' as const },
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [each] } });

test("B9 Two members, two pools: one's leftover does not pay for the other", { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('each');
  await story.until('2026-04-10T12:00:00Z');
  const { stripeCustomer } = customer;
  const held = await story.call(
    'POST',
    '/v1/holds',
    { customer: stripeCustomer, action: 'api.call', credits: '10', member: 'b' },
    'hold-b',
  );
  await story.call('POST', `/v1/holds/${held.body['id'] as unknown as string}/release`, {}, 'release-b');
  const use = { customer: stripeCustomer, action: 'api.call', quantities: { calls: 500 }, member: 'a', id: 'use-a' };
  expect((await story.call('POST', '/v1/track', use)).status).toBe(200);
  const left = async (member: string) =>
    (await story.call('GET', `/v1/customers/${stripeCustomer}/members/${member}/balance`)).body;
  expect(await left('a')).toMatchObject({ available: '0', overage: '100' });
  expect(await left('b')).toMatchObject({ available: '400', overage: '0' });

  await story.until('2026-05-02T00:00:00Z');
  const invoice = await customer.cycleInvoice();
  expect(invoice).toMatchObject({ total_minor: 100, credits_applied_minor: 400 });
  const lines = invoice['lines'] as unknown as readonly { kind: string; amount_minor: number }[];
  // The grants were made to fit before the period ended: no item was needed.
  expect(lines.map(({ kind, amount_minor: amount }) => `${kind} ${amount}`)).toEqual(['usage 500']);
  expect(await left('b')).toMatchObject({ available: '400' });
  await expectBooks(story, customer, {
    invoice: '1',
    credits_applied: '4',
    lots: '800',
    deferred: '0',
    receivable: '0',
    cash: '1',
    // Both members' 400 for May.
    open_grants: '8',
    variances: 0,
  });
});
