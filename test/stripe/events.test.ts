import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';

import { refuseForeignEvent, verifyStripeEvent } from '../../src/stripe/events.ts';

const RECEIVED_AT = new Date('2026-11-22T12:00:00Z');
const { webhooks } = new Stripe('sk_test_tests');

const body = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  type: 'invoice.paid',
  livemode: false,
  created: 1_780_000_000,
  api_version: '2026-10-28.endive',
  data: { object: { id: 'in_1', object: 'invoice' } },
});

function signed(payload: string, secret: string, secondsAgo = 0): string {
  const timestamp = RECEIVED_AT.getTime() / 1000 - secondsAgo;
  return webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

function verify(rawBody: string, signature: string | undefined, secrets = ['whsec_new', 'whsec_old']) {
  const result = verifyStripeEvent({ rawBody, signature, secrets, receivedAt: RECEIVED_AT });
  return 'rejected' in result ? result.rejected.code : result.event;
}

describe('the signature of a webhook', () => {
  test.for(['whsec_new', 'whsec_old'])('any of our secrets may have made it: %s', (secret) => {
    expect(verify(body, signed(body, secret))).toMatchObject({
      eventId: 'evt_1',
      type: 'invoice.paid',
      objectId: 'in_1',
      livemode: false,
    });
  });

  test.for([
    ['no header at all', undefined, 'signature_missing'],
    ['an empty header', '', 'signature_missing'],
    ['another secret', signed(body, 'whsec_forged'), 'signature_invalid'],
    ['a signature of another body', signed(`${body} `, 'whsec_new'), 'signature_invalid'],
    ['no time', 'v1=abc', 'signature_invalid'],
    ['rubbish', 'hello', 'signature_invalid'],
    ['five minutes and a second old', signed(body, 'whsec_new', 301), 'signature_too_old'],
    ['five minutes and a second ahead', signed(body, 'whsec_new', -301), 'signature_in_future'],
  ] as const)('%s is refused', ([, signature, code]) => {
    expect(verify(body, signature)).toBe(code);
  });

  test('a second time in the header cannot make an old body look fresh', () => {
    const old = signed(body, 'whsec_new', 3600);
    expect(verify(body, `t=${RECEIVED_AT.getTime() / 1000},${old}`)).toBe('signature_invalid');
  });

  test.for([300, -300])('the edge of the tolerance still passes: %s', (age) => {
    expect(verify(body, signed(body, 'whsec_new', age))).toMatchObject({ eventId: 'evt_1' });
  });

  test('without any secret nothing passes', () => {
    expect(verify(body, signed(body, 'whsec_new'), [])).toBe('signature_invalid');
    expect(verify(body, signed(body, 'whsec_new'), [''])).toBe('signature_invalid');
  });

  test.for(['not json', '[]', '{}', '{"id":"evt_1","type":"x","livemode":"no","created":1}', '{"id":1}'])(
    'a signed body that is no event is refused: %s',
    (text) => {
      expect(verify(text, signed(text, 'whsec_new'))).toBe('malformed_event');
    },
  );

  test('a thin event is read by its related object', () => {
    const thin = JSON.stringify({
      id: 'evt_2',
      object: 'v2.core.event',
      type: 'v1.billing.meter.error_report_triggered',
      livemode: false,
      created: '2026-11-22T11:59:00.000Z',
      related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
    });
    expect(verify(thin, signed(thin, 'whsec_new'))).toMatchObject({
      objectId: 'mtr_1',
      createdAt: new Date('2026-11-22T11:59:00Z'),
    });
  });
});

describe('an event of somebody else', () => {
  const ours = { livemode: false, account: 'acct_ours' };
  const event = verifyStripeEvent({
    rawBody: body,
    signature: signed(body, 'whsec_new'),
    secrets: ['whsec_new'],
    receivedAt: RECEIVED_AT,
  });
  if ('rejected' in event) throw new Error(event.rejected.message);

  test.for([
    ['another mode', { livemode: true }, 'wrong_mode'],
    ['another account', { account: 'acct_theirs' }, 'wrong_account'],
  ] as const)('%s is refused with its own code', ([, change, code]) => {
    expect(refuseForeignEvent({ ...event.event, ...change }, ours)?.rejected.code).toBe(code);
  });

  test('ours passes, with our account named or none', () => {
    expect(refuseForeignEvent(event.event, ours)).toBeNull();
    expect(refuseForeignEvent({ ...event.event, account: 'acct_ours' }, ours)).toBeNull();
  });
});
