import nock from 'nock';
import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';

import { isIdentifierTaken, stripeFailure } from '../../src/stripe/failures.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';

/** An error as the SDK makes it of an answer. */
function answered(
  statusCode: number,
  type: string,
  more: { code?: string; message?: string; headers?: Record<string, string> } = {},
) {
  return Stripe.errors.StripeError.generate({ statusCode, type, message: 'no', ...more } as Parameters<
    typeof Stripe.errors.StripeError.generate
  >[0]);
}

describe('what a failed call means', () => {
  test.for([
    ['a rate limit executed nothing', answered(429, 'rate_limit_error'), { kind: 'retry', afterSeconds: null }],
    [
      'a locked object executed nothing',
      answered(429, 'invalid_request_error', { code: 'lock_timeout' }),
      { kind: 'retry' },
    ],
    [
      'a named pause is kept',
      answered(429, 'rate_limit_error', { headers: { 'retry-after': '7' } }),
      { kind: 'retry', afterSeconds: 7 },
    ],
    [
      'an absurd pause is cut',
      answered(429, 'rate_limit_error', { headers: { 'retry-after': '86400' } }),
      { kind: 'retry', afterSeconds: 600 },
    ],
    ['a dependency failed before anything was done', answered(424, 'api_error'), { kind: 'retry' }],
    ['a 500 is stored under its key', answered(500, 'api_error'), { kind: 'unknown', stored: true }],
    ['a declined card is stored under its key', answered(402, 'card_error'), { kind: 'unknown', stored: true }],
    ['a gateway’s 503 may have been done', answered(503, 'api_error'), { kind: 'unknown', stored: false }],
    [
      'a key in flight is being done',
      answered(409, 'idempotency_error', { code: 'idempotency_key_in_use' }),
      { kind: 'unknown', stored: false },
    ],
    [
      'a cut connection may have been done',
      new Stripe.errors.StripeConnectionError({ message: 'reset', type: 'api_error' }),
      { kind: 'unknown', stored: false },
    ],
    [
      'a wrong parameter never will be',
      answered(400, 'invalid_request_error', { code: 'parameter_unknown' }),
      { kind: 'refused', code: 'parameter_unknown' },
    ],
    [
      'a missing object never will be',
      answered(404, 'invalid_request_error', { code: 'resource_missing' }),
      { kind: 'refused' },
    ],
    ['a wrong key is the set-up’s fault', answered(401, 'invalid_request_error'), { kind: 'misconfigured' }],
    ['a missing right is the set-up’s fault', answered(403, 'invalid_request_error'), { kind: 'misconfigured' }],
  ] as const)('%s', ([, error, expected]) => {
    expect(stripeFailure(error)).toMatchObject(expected);
  });

  test.for([
    ['an empty object', '{}'],
    ['another shape of error', '{"message":"no healthy upstream"}'],
    ['no JSON at all', '<html>Bad gateway</html>'],
  ])('a gateway that answers 503 with %s has made nothing that we know of', async ([, body]) => {
    nock('http://127.0.0.1:9').post('/v1/credit_notes').reply(503, body, { 'content-type': 'application/json' });
    const stripe = connectStripe({ secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' });
    const sent = stripe.creditNotes.create({ invoice: 'in_1' }).catch((error: unknown) => stripeFailure(error));
    expect(await sent).toMatchObject({ kind: 'unknown', stored: false });
  });

  test('anything else is a bug, and nobody classifies it', () => {
    expect(stripeFailure(new TypeError('undefined is not a function'))).toBeNull();
  });
});

describe('an identifier that is taken', () => {
  test.for([
    ['by its message', { message: 'An event already exists with identifier cp/1.' }, true],
    ['by its code', { message: 'duplicate', code: 'duplicate_meter_event' }, true],
    ['not when another one is named', { message: 'An event already exists with identifier other.' }, false],
    ['not for another refusal', { message: 'No active meter found for event name cp/1' }, false],
  ] as const)('%s', ([, more, expected]) => {
    const failure = stripeFailure(answered(400, 'invalid_request_error', more));
    expect(failure !== null && isIdentifierTaken(failure, 'cp/1')).toBe(expected);
  });

  test('a failure without an answer says nothing about it', () => {
    const failure = stripeFailure(answered(500, 'api_error', { message: 'already exists cp/1' }));
    expect(failure !== null && isIdentifierTaken(failure, 'cp/1')).toBe(false);
  });
});
