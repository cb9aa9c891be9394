import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const agent = await story.person('agnes', 'support');
const lead = await story.person('lea', 'approver');

test(
  'D8 Goodwill: 50 credits at once and undone while unspent; 5 000 need a second person',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-10T12:00:00Z');
    const goodwill = (credits: string, ticket: string): object => ({
      customer: customer.stripeCustomer,
      kind: 'goodwill',
      ticket,
      outcome: { type: 'adjust_future_usage', credits },
      submit: true,
    });

    const { status, body: small } = await agent('POST', '/v1/cases', goodwill('50', 'SUP-1'), 'goodwill-1');
    expect(status).toBe(200);
    expect(small).toMatchObject({ state: 'done', approval: 'within_limits', limits: [] });
    expect(await customer.balance()).toMatchObject({ available: '10050' });
    // A double click finds the first one.
    const again = await agent('POST', '/v1/cases', goodwill('50', 'SUP-1'), 'goodwill-1');
    expect(again.body).toMatchObject({ id: small['id'], state: 'done' });
    expect(await customer.balance()).toMatchObject({ available: '10050' });

    await story.until('2026-04-10T12:14:00Z');
    const undone = await agent('POST', `/v1/cases/${idOf(small)}/undo`, {});
    expect(undone.body).toMatchObject({ state: 'undone', result: { taken_back: '50' } });
    expect(await customer.balance()).toMatchObject({ available: '10000' });

    const large = await agent('POST', '/v1/cases', goodwill('5000', 'SUP-2'), 'goodwill-2');
    expect(large.status).toBe(202);
    expect(large.body).toMatchObject({ state: 'waiting', result: null });
    expect((large.body['limits'] as unknown as { name: string }[]).map(({ name }) => name)).toEqual([
      'credits_item',
      'credits_day',
      'goodwill_month',
    ]);
    // The customer sees nothing yet, and the agent cannot agree with himself.
    expect(await customer.balance()).toMatchObject({ available: '10000' });
    const approval = { payload_hash: large.body['payload_hash'] };
    const own = await agent('POST', `/v1/cases/${idOf(large.body)}/approve`, approval);
    expect(own).toMatchObject({ status: 403, body: { error: { code: 'not_permitted' } } });

    const approved = await lead('POST', `/v1/cases/${idOf(large.body)}/approve`, approval);
    expect(approved.body).toMatchObject({ state: 'done', approval: 'approved' });
    expect(await customer.balance()).toMatchObject({ available: '15000' });

    // Later than 15 minutes it is undone no more; what is unspent is taken back by a correction.
    await story.until('2026-04-10T12:30:00Z');
    const late = await agent('POST', `/v1/cases/${idOf(large.body)}/undo`, {});
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'undo_too_late' } } });
    await customer.use(10_100);
    const result = approved.body['result'];
    const correction = await agent(
      'POST',
      '/v1/cases',
      {
        customer: customer.stripeCustomer,
        kind: 'correction',
        ticket: 'SUP-2',
        explanation: 'meant for another customer',
        grant: result?.['grant'],
        outcome: { type: 'take_back_credits' },
        submit: true,
      },
      'correction-1',
    );
    expect(correction.body).toMatchObject({ state: 'waiting', preview: { credits: { taken_back: '4900' } } });
    const taken = await lead('POST', `/v1/cases/${idOf(correction.body)}/approve`, {
      payload_hash: correction.body['payload_hash'],
    });
    expect(taken.body).toMatchObject({ state: 'done', result: { taken_back: '4900' } });

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      // 10 100 used: 10 000 included and 100 of the goodwill.
      invoice: '99',
      credits_applied: '101',
      lots: '10000',
      deferred: '95.81',
      receivable: '0',
      cash: '198',
      open_grants: '100',
      variances: 0,
    });
  },
);
