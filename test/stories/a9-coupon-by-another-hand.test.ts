import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellStory } from '../support/story.ts';

const stories: Story[] = [];
while (stories.length < 2) {
  const { database } = await cloneDatabase();
  stories.push(await tellStory(database));
}

/** 20 % off the whole subscription from the dashboard; the gate holds the draft and says why. */
async function held(story: Story): Promise<{ customer: Subscriber; id: string }> {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  const coupon = await story.stripe.coupons.create({ percent_off: 20, duration: 'forever' });
  await story.stripe.subscriptions.update(customer.subscription, { discounts: [{ coupon: coupon.id }] });
  await story.until('2026-05-01T02:00:00Z');
  const { body } = await story.call('GET', '/v1/settlements?state=held');
  const list = body['data'] as unknown as readonly { id: string }[];
  expect(list).toMatchObject([
    {
      object: 'settlement',
      state: 'held',
      owed_minor: 2_500,
      would_charge_minor: 0,
      external_id: customer.externalId,
      plan: 'hybrid',
      credits_paid_by_lots: '10000',
      overage: '2500',
      eligible_grants_minor: 10_000,
      // 48 hours after the draft Stripe finalizes by itself; an hour before we do what is left to do.
      decidable_until: '2026-05-02T23:00:00.000Z',
      hold_reason: 'discount_on_usage',
      held_because: expect.stringContaining('discount of 2500') as string,
    },
  ]);
  expect((await customer.cycleInvoice())['status']).toBe('draft');
  return { customer, id: list[0]?.id ?? '' };
}

function told(index: number): Story {
  const story = stories[index];
  if (story === undefined) throw new Error('there is no story');
  return story;
}

const may = {
  credits_applied: '100',
  lots: '10000',
  receivable: '0',
  open_grants: '100',
  variances: 0,
};

test('A9 A coupon by another hand: a person accepts the gift', { timeout: 120_000 }, async () => {
  const story = told(0);
  const { customer, id } = await held(story);
  const path = `/v1/settlements/${id}/accept`;
  expect(await story.call('POST', path, {})).toMatchObject({ status: 400, body: { error: { param: 'reason' } } });
  const accepted = await story.call('POST', path, { reason: 'promised by sales' });
  expect(accepted).toMatchObject({
    status: 200,
    body: { decision: 'accept', decided_by: 'key:story', reason: 'promised by sales', correction_minor: 0 },
  });
  // Said twice it is one decision, and it is not taken back.
  expect((await story.call('POST', path, { reason: 'promised by sales' })).status).toBe(200);
  expect(await story.call('POST', `/v1/settlements/${id}/correct`, { reason: 'no' })).toMatchObject({ status: 409 });
  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, {
    ...may,
    invoice: '79.2',
    // One of May's 31 days is earned: 79.20 − 2.55.
    deferred: '76.65',
    cash: '178.2',
  });
});

test('A9 and another corrects it', { timeout: 120_000 }, async () => {
  const story = told(1);
  const { customer, id } = await held(story);
  const corrected = await story.call('POST', `/v1/settlements/${id}/correct`, { reason: 'not meant for usage' });
  expect(corrected).toMatchObject({ status: 200, body: { decision: 'correct', correction_minor: 2_500 } });
  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, { ...may, invoice: '104.2', deferred: '76.65', cash: '203.2' });
  expect((await story.call('GET', '/v1/settlements?state=held')).body).toMatchObject({ data: [] });
});
