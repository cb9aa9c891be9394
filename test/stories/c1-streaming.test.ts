import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const plans = (['allow', 'refuse', 'clip'] as const).map((excess) => ({
  ...hybrid,
  plan: `hybrid-${excess}`,
  policy: { ...samplePolicy, hold: { ttlSeconds: 900, excess } },
}));
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans } });
let keys = 0;

async function hold(customer: Subscriber) {
  keys += 1;
  const body = { customer: customer.stripeCustomer, action: 'api.call', credits: '40' };
  return (await story.call('POST', '/v1/holds', body, `hold-${keys}`)).body;
}

async function capture(id: string, amount: string) {
  keys += 1;
  return story.call('POST', `/v1/holds/${id}/capture`, { amount }, `capture-${keys}`);
}

test(
  'C1 Streaming: a hold gives back what was not used, and more than it is up to the policy',
  { timeout: 120_000 },
  async () => {
    const allowed = await story.subscriber('hybrid-allow');
    const refused = await story.subscriber('hybrid-refuse');
    const clipped = await story.subscriber('hybrid-clip');
    await story.until('2026-04-10T12:00:00Z');

    const first = await hold(allowed);
    expect(first).toMatchObject({ state: 'open', amount: '40', balance: '9960' });
    expect((await capture(idOf(first), '27.5')).body).toMatchObject({
      state: 'captured',
      captured: '27.5',
      held: '0',
      released: '12.5',
      balance: '9972.5',
    });

    expect((await capture(idOf(await hold(allowed)), '45')).body).toMatchObject({
      captured: '45',
      released: '0',
      balance: '9927.5',
    });
    const tooSmall = await hold(refused);
    const refusal = await capture(idOf(tooSmall), '45');
    expect(refusal).toMatchObject({ status: 422, body: { error: { code: 'capture_exceeds_hold' } } });
    expect(await refused.balance()).toMatchObject({ available: '9960', held: '40' });
    expect((await capture(idOf(await hold(clipped)), '45')).body).toMatchObject({ captured: '40', balance: '9960' });

    const forgotten = await hold(allowed);
    expect(await allowed.balance()).toMatchObject({ available: '9887.5', held: '40' });
    await story.until('2026-04-10T12:15:01Z');
    expect((await story.call('GET', `/v1/holds/${idOf(forgotten)}`)).body).toMatchObject({ state: 'lapsed' });
    expect(await allowed.balance()).toMatchObject({ available: '9927.5', held: '0' });
    expect(await refused.balance()).toMatchObject({ available: '10000', held: '0' });

    await story.until('2026-05-02T00:00:00Z');
    const same = {
      invoice: '99',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '198',
      open_grants: '100',
      variances: 0,
    };
    // 27.5 + 45 credits are 72.5 cents, half a cent rounded up.
    await expectBooks(story, allowed, { ...same, credits_applied: '0.73' });
    await expectBooks(story, refused, { ...same, credits_applied: '0' });
    await expectBooks(story, clipped, { ...same, credits_applied: '0.4' });
  },
);
