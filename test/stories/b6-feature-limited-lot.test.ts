import { describe, expect, test } from 'vitest';

import type { Switches } from '../../src/simulator/switches.ts';
import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellStory } from '../support/story.ts';

const LONG_AGO = '2020-01-01T00:00:00.000Z';
const perCall = { per: [{ quantity: 'calls', credits: '1', each: 1 }] };
const catalogue = {
  ...sampleCatalogue,
  burnTable: [
    { action: 'image.draw', feature: 'image', effectiveFrom: LONG_AGO, rate: perCall },
    { action: 'chat.answer', feature: 'chat', effectiveFrom: LONG_AGO, rate: perCall },
  ],
  plans: [{ ...hybrid, plan: 'studio', baseAmountMinor: 0, includedCredits: '0', features: ['chat', 'image'] }],
};

/** What is not settled about Stripe and these stories touch: grants near a draft, and what a draft shows. */
const POSITIONS: Readonly<Record<string, Partial<Switches>>> = {
  likeliest: {},
  other: { grantEndingInDraftWindow: 'pays', draftsShowCredits: false, summaryOrder: 'oldest_first' },
};
const TOLD = ['B6', 'B10'] as const;
const stories = new Map<string, Story>();
for (const [position, switches] of Object.entries(POSITIONS)) {
  for (const story of TOLD) {
    const { database } = await cloneDatabase();
    stories.set(`${story} ${position}`, await tellStory(database, { catalogue, switches }));
  }
}

/** 1 000 credits for images only, 400 of them drawn, and 500 chats past them. */
async function b6(story: Story): Promise<Subscriber> {
  const customer = await story.subscriber('studio');
  await story.until('2026-04-02T00:00:00Z');
  const gift = { customer: customer.stripeCustomer, source: 'promotional', credits: '1000', features: ['image'] };
  const granted = await story.call('POST', '/v1/grants', { ...gift, reason: 'spring offer' }, 'spring');
  expect(granted).toMatchObject({ status: 200, body: { credits: '1000', remaining: '1000', features: ['image'] } });
  await story.until('2026-04-10T12:00:00Z');
  await customer.use(400, { action: 'image.draw' });
  await customer.use(500, { action: 'chat.answer' });
  expect(await customer.balance()).toMatchObject({ available: '600', overage: '500' });
  return customer;
}

async function netUsage(customer: Subscriber): Promise<readonly string[]> {
  const lines = (await customer.cycleInvoice())['lines'] as unknown as readonly {
    kind: string;
    amount_minor: number;
  }[];
  return lines.map(({ kind, amount_minor: amount }) => `${kind} ${amount}`).toSorted();
}

describe.for(Object.keys(POSITIONS))('with %s answers to what is uncertain about Stripe', (position) => {
  const told = (name: (typeof TOLD)[number]): Story => {
    const story = stories.get(`${name} ${position}`);
    if (story === undefined) throw new Error('there is no story');
    return story;
  };

  test('B6 Feature-limited lot: image credits do not pay for chats', { timeout: 120_000 }, async () => {
    const story = told('B6');
    const customer = await b6(story);
    await story.until('2026-05-02T00:00:00Z');
    expect(await netUsage(customer)).toEqual(['usage 900']);
    await expectBooks(story, customer, {
      invoice: '5',
      credits_applied: '4',
      lots: '600',
      deferred: '0',
      receivable: '0',
      cash: '5',
      open_grants: '6',
      variances: 0,
    });
  });

  test('B10 The last ten seconds: 100 more images at 23:59:50, too late to reshape', { timeout: 120_000 }, async () => {
    const story = told('B10');
    const customer = await b6(story);
    await story.until('2026-04-30T23:59:50Z');
    await customer.use(100, { action: 'image.draw' });
    await story.until('2026-05-02T00:00:00Z');
    expect(await netUsage(customer)).toEqual(['correction -100', 'usage 1000']);
    await expectBooks(story, customer, {
      invoice: '5',
      credits_applied: '4',
      lots: '500',
      deferred: '0',
      receivable: '0',
      cash: '5',
      open_grants: '5',
      variances: 0,
    });
  });
});
