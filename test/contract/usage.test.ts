import { expect, test } from 'vitest';

import { captureHold, placeHold } from '../../src/contract/holds.ts';
import { sandboxClock } from '../../src/contract/sandbox.ts';
import { usageBatch, usageEvent } from '../../src/contract/usage.ts';

const event = { id: 'evt-1', customer: 'cus_1', action: 'chat.completion', quantities: { input_tokens: 4808 } };

test('whole numbers are taken as integers and as strings of digits, exactly', () => {
  const read = usageEvent.parse({ ...event, quantities: { input_tokens: 4808, output_tokens: '999999999999999' } });
  expect(read.quantities).toEqual({ input_tokens: 4808n, output_tokens: 999_999_999_999_999n });
});

test('an instant keeps its offset', () => {
  expect(usageEvent.parse({ ...event, occurred_at: '2026-04-01T02:00:00+02:00' }).occurred_at).toEqual(
    new Date('2026-04-01T00:00:00Z'),
  );
});

test.for<[string, object]>([
  ['a negative quantity', { quantities: { input_tokens: -1 } }],
  ['a negative quantity as text', { quantities: { input_tokens: '-1' } }],
  ['a fraction', { quantities: { input_tokens: 1.5 } }],
  ['a fraction as text', { quantities: { input_tokens: '1.5' } }],
  ['a number that a double cannot hold', { quantities: { input_tokens: 2 ** 53 } }],
  ['sixteen digits', { quantities: { input_tokens: '1234567890123456' } }],
  ['an exponent', { quantities: { input_tokens: '1e3' } }],
  ['an odd quantity name', { quantities: { 'Input Tokens': 1 } }],
  ['a list for a quantity', { quantities: { input_tokens: [1] } }],
  ['an unknown field', { quantity: 3 }],
  ['an empty id', { id: '' }],
  ['a long id', { id: 'x'.repeat(256) }],
  ['a NUL in the id', { id: 'a\u0000b' }],
  ['half a surrogate pair', { id: '\ud800' }],
  ['a date without a time', { occurred_at: '2026-04-01' }],
  ['a time without an offset', { occurred_at: '2026-04-01T00:00:00' }],
  ['a time of the last century', { occurred_at: '1999-12-31T23:59:59Z' }],
  ['an action in capitals', { action: 'Chat.Completion' }],
])('an event with %s is refused', ([, change]) => {
  expect(usageEvent.safeParse({ ...event, ...change }).success).toBe(false);
});

test('a batch holds 1 to 1 000 events', () => {
  const sizes = [0, 1, 1_000, 1_001].map(
    (size) => usageBatch.safeParse({ events: Array.from({ length: size }, () => event) }).success,
  );
  expect(sizes).toEqual([false, true, true, false]);
});

test('a hold names either quantities or credits', () => {
  const hold = { customer: 'cus_1', action: 'chat' };
  expect(placeHold.safeParse({ ...hold, credits: '12.5' }).success).toBe(true);
  expect(placeHold.safeParse({ ...hold, quantities: { tokens: 1 } }).success).toBe(true);
  expect(placeHold.safeParse(hold).success).toBe(false);
  expect(placeHold.safeParse({ ...hold, credits: '1', quantities: {} }).success).toBe(false);
});

test.for(['0', '0.000000', '-1', '1.1234567', '1e3', '01', '.5', '1234567890123', ' 1', ''])(
  '%j is no amount of credits',
  (credits) => {
    expect(placeHold.safeParse({ customer: 'cus_1', action: 'chat', credits }).success).toBe(false);
  },
);

test('a capture takes all unless told otherwise, and is final unless told otherwise', () => {
  expect(captureHold.parse({})).toEqual({ dimensions: {}, final: true });
  expect(captureHold.safeParse({ amount: '1', quantities: {} }).success).toBe(false);
});

test('a clock moves by a span of days, hours, minutes and seconds, or to an instant', () => {
  expect(sandboxClock.parse({ advance_by: '31d' }).advance_by).toBe(31 * 86_400_000);
  expect(sandboxClock.parse({ advance_by: '1d6h30m5s' }).advance_by).toBe(109_805_000);
  for (const advance_by of ['', '31', 'd', '0d', '-1d', '1h1d']) {
    expect(sandboxClock.safeParse({ advance_by }).success).toBe(false);
  }
  expect(sandboxClock.safeParse({ advance_by: '1d', advance_to: '2026-04-01T00:00:00Z' }).success).toBe(false);
  expect(sandboxClock.safeParse({}).success).toBe(false);
});
