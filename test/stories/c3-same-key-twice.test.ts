import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const block = { ...hybrid, plan: 'block', policy: { ...samplePolicy, zeroBalance: 'block' as const } };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [block] } });

test(
  'C3 Same key twice: a retry gets the first answer, also when the first try spent the credits',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('block');
    const { stripeCustomer } = customer;
    await story.until('2026-04-10T12:00:00Z');

    const held = { customer: stripeCustomer, action: 'api.call', credits: '9000' };
    const first = await story.call('POST', '/v1/holds', held, 'hold-a');
    expect(first).toMatchObject({ status: 200, body: { state: 'open', balance: '1000' } });
    // 1 000 are left, so a second hold of 9 000 would be refused.
    expect(await story.call('POST', '/v1/holds', held, 'hold-b')).toMatchObject({ status: 402 });
    const again = await story.call('POST', '/v1/holds', held, 'hold-a');
    expect({ status: again.status, body: again.body }).toEqual({ status: first.status, body: first.body });
    const otherHold = await story.call('POST', '/v1/holds', { ...held, credits: '10' }, 'hold-a');
    expect(otherHold).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } });

    const capturing = `/v1/holds/${idOf(first.body)}/capture`;
    const captured = await story.call('POST', capturing, { amount: '9000' }, 'capture-a');
    expect(captured.body).toMatchObject({ captured: '9000', balance: '1000' });
    const capturedAgain = await story.call('POST', capturing, { amount: '9000' }, 'capture-a');
    expect({ status: capturedAgain.status, body: capturedAgain.body }).toEqual({ status: 200, body: captured.body });
    const otherCapture = await story.call('POST', capturing, { amount: '1' }, 'capture-a');
    expect(otherCapture).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } });

    const event = { id: 'last', customer: stripeCustomer, action: 'api.call', quantities: { calls: 1_000 } };
    const tracked = await story.call('POST', '/v1/track', event);
    expect(tracked.body).toMatchObject({ status: 'applied', credits: '1000', balance: '0' });
    const trackedAgain = await story.call('POST', '/v1/track', event);
    expect(trackedAgain).toMatchObject({ status: 200, body: { status: 'duplicate', credits: '1000', balance: '0' } });
    expect(trackedAgain.body['usage_event']).toBe(tracked.body['usage_event']);
    const otherEvent = await story.call('POST', '/v1/track', { ...event, quantities: { calls: 1 } });
    expect(otherEvent).toMatchObject({ status: 409, body: { error: { code: 'usage_event_conflict' } } });

    // Stripe says twice that the pack is paid.
    story.simulator.faults.webhooks = { duplicate: true };
    await customer.buyPack();
    story.simulator.faults.webhooks = {};
    expect(await customer.balance()).toMatchObject({ available: '10000' });

    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '99',
      credits_applied: '100',
      // May's allowance and the pack.
      lots: '20000',
      // One of May's 31 days is earned, nothing of the pack: 99.00 − 3.19 + 80.00.
      deferred: '175.81',
      receivable: '0',
      cash: '278',
      open_grants: '200',
      variances: 0,
    });
  },
);
