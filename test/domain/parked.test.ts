import { describe, expect, test } from 'vitest';

import { describeParkedEvent, describeParkedMessage } from '../../src/domain/parked.ts';

const usage = {
  call: 'meter_event',
  request: { payload: { value: '12000', stripe_customer_id: 'cus_1' }, timestamp: 1_775_812_800 },
  attempts: 1,
  waiting: 0,
};

describe('a parked message', () => {
  test('says what it was to do, that Stripe refuses it, and that the rest waits', () => {
    expect(describeParkedMessage({ ...usage, outcome: '400 archived_meter', waiting: 3 })).toEqual({
      what: 'report 12000 meter units of cus_1, used 2026-04-10T09:20:00.000Z',
      why: 'Stripe refuses it. 3 later of this customer wait behind it.',
      next: expect.stringContaining('retry') as string,
    });
  });

  test.for([
    ['an unknown outcome', '500 api_error', 'Its outcome stayed unknown through 1 attempt.'],
    [
      'sums that differ by something else',
      'Stripe counts 5, 7 were sent before this event',
      'Whether Stripe counted it',
    ],
    ['usage that was taken and not counted', 'reported later: archived_meter It is', 'could not count it'],
    ['a lost connection', 'An error occurred with our connection to Stripe.', 'Its outcome stayed unknown'],
    ['no answer at all', null, 'Its outcome stayed unknown'],
  ] as const)('%s has its own reason', ([, outcome, why]) => {
    expect(describeParkedMessage({ ...usage, outcome }).why).toContain(why);
  });

  test.for([
    ['meter_event.cancel', { identifier: 'cp/1' }, 'cancel the meter event cp/1'],
    ['credit_grant.create', { customer: 'cus_1' }, 'grant billing credits to cus_1'],
    [
      'invoice_item.create',
      { amount: -300, currency: 'usd', invoice: 'in_1' },
      'put a correction of -300 usd (minor units) on the draft in_1',
    ],
    ['credit_note.create', { invoice: 'in_1' }, 'issue a credit note on in_1'],
    ['meter_event', {}, 'report ? meter units of ?, used ?'],
    ['true_up', {}, 'compare the open credit grants with the lots'],
    ['credit_grant.expire', {}, 'end a credit grant'],
    ['credit_grant.update', {}, 'move the end of a credit grant'],
    ['invoice.finalize', {}, 'finalize an invoice'],
    ['subscription.cancel', {}, 'cancel a subscription'],
    ['top_up', {}, 'buy a pack with the stored card'],
    ['of.another.kind', {}, 'of.another.kind'],
  ] as const)('%s is told in words', ([call, request, what]) => {
    expect(describeParkedMessage({ call, request, outcome: null, attempts: 30, waiting: 1 })).toMatchObject({
      what,
      why: 'Its outcome stayed unknown through 30 attempts. 1 later of this customer waits behind it.',
    });
  });
});

describe('a parked event', () => {
  const event = { type: 'invoice.paid', objectId: 'in_1', attempts: 8 };
  test('that we fail at, and one that Stripe does not show us, ask for different things', () => {
    expect(describeParkedEvent({ ...event, outcome: 'cannot be read' })).toMatchObject({
      what: 'apply invoice.paid of in_1',
      why: 'Applying it failed 8 times.',
    });
    expect(describeParkedEvent({ ...event, objectId: null, outcome: '404 resource_missing' })).toMatchObject({
      what: 'apply invoice.paid',
      why: 'Stripe refuses to show what it is about (8 attempts).',
    });
    expect(describeParkedEvent({ ...event, outcome: null }).next).toContain('replay');
  });
});
