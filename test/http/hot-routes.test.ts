import fc from 'fast-check';
import { expect, test } from 'vitest';

import { startApi } from '../support/api.ts';
import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';

const clone = await cloneDatabase();
const books = await openBooks(clone.database);
const customer = await books.subscribe('hybrid');
const api = await startApi(clone);

interface Asked {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a caller sees of an answer; `hot` is whether Express had no part in it (it adds an etag). */
async function ask({ path, body, headers = {} }: Asked, suffix: '' | '?') {
  const response = await fetch(api.origin + path + suffix, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.keys.ingest}`,
      'content-type': 'application/json',
      'request-id': 'req_same',
      ...headers,
    },
    body,
  });
  const { etag, date: _date, ...seen } = Object.fromEntries(response.headers);
  return { hot: etag === undefined, answer: { status: response.status, headers: seen, body: await response.text() } };
}

/** Asks twice, before Express and through it: a query is unusual enough to be left to the router. */
async function askBothWays(asked: Asked) {
  const [hot, plain] = [await ask(asked, ''), await ask(asked, '?')];
  expect(plain.hot).toBe(false);
  return { hot, plain };
}

const CHECK = { customer: customer.name, action: 'api.call', quantities: { calls: 2 } };
const key = { 'idempotency-key': 'bad-1' };

test.for<[string, Asked]>([
  ['a question', { path: '/v1/check', body: JSON.stringify(CHECK) }],
  ['white space and a byte order mark', { path: '/v1/check', body: `\uFEFF \n${JSON.stringify(CHECK)}` }],
  ['text beyond ASCII', { path: '/v1/check', body: JSON.stringify({ ...CHECK, member: 'Zoë 🐇' }) }],
  ['an unknown customer', { path: '/v1/check', body: JSON.stringify({ ...CHECK, customer: 'ext:nobody' }) }],
  ['a field nobody knows', { path: '/v1/check', body: JSON.stringify({ ...CHECK, extra: 1 }) }],
  ['several faults', { path: '/v1/check', body: '{"customer":7,"quantities":{"calls":-1}}' }],
  ['no JSON', { path: '/v1/check', body: '{"customer":' }],
  ['a number', { path: '/v1/check', body: '7' }],
  ['only white space', { path: '/v1/check', body: '  ' }],
  ['an array', { path: '/v1/check', body: '[]' }],
  ['__proto__', { path: '/v1/check', body: '{"__proto__":{"a":1}}' }],
  ['a deep body', { path: '/v1/check', body: `{"a":${'['.repeat(40)}${']'.repeat(40)}}` }],
  ['a body of too many values', { path: '/v1/check', body: JSON.stringify({ a: Array(1_001).fill(0) }) }],
  ['a wrong key', { path: '/v1/check', body: '{}', headers: { authorization: 'Bearer cp_test_wrong' } }],
  ['no key', { path: '/v1/check', body: '{}', headers: { authorization: '' } }],
  ['a key of another scope', { path: '/v1/holds', body: '{}', headers: { authorization: `Bearer ${api.keys.read}` } }],
  ['a hold without an idempotency key', { path: '/v1/holds', body: '{}' }],
  ['a hold of nothing', { path: '/v1/holds', body: JSON.stringify({ ...CHECK, quantities: {} }), headers: key }],
  ['a capture of no hold', { path: '/v1/holds/nothing/capture', body: '{"amount":"1"}', headers: key }],
  ['a release of no hold', { path: `/v1/holds/hold_${'0'.repeat(26)}/release`, body: '{}', headers: key }],
  ['1 001 events', { path: '/v1/track', body: JSON.stringify({ events: Array.from({ length: 1_001 }, () => ({})) }) }],
  ['one bad event', { path: '/v1/track', body: JSON.stringify({ events: [{ id: 'a' }] }) }],
])('%s is answered the same before Express and through it', async ([, asked]) => {
  const { hot, plain } = await askBothWays(asked);
  expect(hot.hot).toBe(true);
  expect(hot.answer).toEqual(plain.answer);
});

test.for<[string, Asked]>([
  ['another media type', { path: '/v1/check', body: '{}', headers: { 'content-type': 'text/plain' } }],
  [
    'another charset',
    { path: '/v1/check', body: '{}', headers: { 'content-type': 'application/json; charset=latin1' } },
  ],
  [
    'a body that says how it is encoded',
    { path: '/v1/check', body: '{}', headers: { 'content-encoding': 'identity' } },
  ],
  ['no body', { path: '/v1/check', body: '' }],
  ['a body that is too large', { path: '/v1/check', body: JSON.stringify({ a: 'x'.repeat(100_001) }) }],
  ['an id that is percent-encoded', { path: '/v1/holds/h%6Fld_1/release', body: '{}', headers: key }],
])('%s is left to Express', async ([, asked]) => {
  const { hot, plain } = await askBothWays(asked);
  expect(hot.hot).toBe(false);
  expect(hot.answer).toEqual(plain.answer);
});

test('a hold, its capture and a use are the same to both ways in: what one was told, the other repeats', async () => {
  const place = {
    path: '/v1/holds',
    body: JSON.stringify({ customer: customer.name, action: 'api.call', credits: '10' }),
    headers: { 'idempotency-key': 'hold-1' },
  };
  const repeated = { 'idempotent-replayed': 'true' };
  const placed = await askBothWays(place);
  expect(placed.hot).toMatchObject({ hot: true, answer: { status: 200 } });
  expect(placed.plain.answer).toEqual({
    ...placed.hot.answer,
    headers: { ...placed.hot.answer.headers, ...repeated },
  });
  const { id } = JSON.parse(placed.hot.answer.body) as { id: string };
  const capture = { path: `/v1/holds/${id}/capture`, body: '{"amount":"4"}', headers: { 'idempotency-key': 'c-1' } };
  const [plain, hot] = [await ask(capture, '?'), await ask(capture, '')];
  expect(hot).toEqual({
    hot: true,
    answer: { ...plain.answer, headers: { ...plain.answer.headers, ...repeated } },
  });
  const used = await askBothWays({ path: '/v1/track', body: JSON.stringify({ ...CHECK, id: 'use-1' }) });
  expect(used.hot.hot).toBe(true);
  expect(used.plain.answer.body).toBe(used.hot.answer.body.replace('"applied"', '"duplicate"'));
});

test('any body is answered the same before Express and through it', async () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(customer.name),
    fc.constant('api.call'),
    fc.jsonValue(),
  );
  const body = fc.record(
    { customer: value, action: value, quantities: value, dimensions: value, member: value, 'ex tra': value },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        body.map((fields) => JSON.stringify(fields)),
        fc.string({ minLength: 1 }),
      ),
      async (text) => {
        const { hot, plain } = await askBothWays({ path: '/v1/check', body: text });
        expect(hot).toEqual({ hot: true, answer: plain.answer });
      },
    ),
    { numRuns: 200 },
  );
});
