import { gzipSync } from 'node:zlib';

import nock from 'nock';
import { describe, expect, test } from 'vitest';

import { startApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';

// It would unzip what we send before it is sent; only our own server is spoken to here.
nock.restore();

const api = await startApi(await cloneDatabase());
const event = { id: 'evt-1', customer: 'cus_nobody', action: 'llm.complete', quantities: { input_tokens: 1 } };

async function postTrack(
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<[number, string]> {
  const response = await fetch(`${api.origin}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.keys.ingest}`, ...headers },
    body,
  });
  const answer = (await response.json()) as { error?: { code: string } };
  return [response.status, answer.error?.code ?? ''];
}

const json = { 'content-type': 'application/json' };

describe('a body that is not ours to read', () => {
  test.for<[string, string | Buffer<ArrayBuffer>, Record<string, string>, number, string]>([
    ['is no JSON', '{"id":', json, 400, 'malformed_json'],
    ['is empty', '', json, 400, 'invalid_request'],
    ['is a number', '7', json, 400, 'malformed_json'],
    ['is a list', '[]', json, 400, 'invalid_request'],
    ['is a form', 'id=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['is text', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'is in another encoding',
      '{}',
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported_media_type',
    ],
    ['claims to be zipped', 'hello', { ...json, 'content-encoding': 'gzip' }, 400, 'malformed_json'],
    ['is zipped by something else', '{}', { ...json, 'content-encoding': 'compress' }, 415, 'unsupported_media_type'],
    ['is larger than a megabyte', `{"events":[${' '.repeat(1_000_001)}]}`, json, 413, 'body_too_large'],
    [
      'is a small file that unzips to a huge one',
      gzipSync(Buffer.alloc(20_000_000, ' ')),
      { ...json, 'content-encoding': 'gzip' },
      413,
      'body_too_large',
    ],
    ['is nested deeply', `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`, json, 400, 'invalid_request'],
    ['names __proto__', '{"__proto__":{"admin":true},"id":"x"}', json, 400, 'invalid_request'],
    ['has too many values', `{"events":[${'1,'.repeat(70_000)}1]}`, json, 400, 'invalid_request'],
  ])('%s', async ([, body, headers, status, code]) => {
    expect(await postTrack(body, headers)).toEqual([status, code]);
  });
});

test('a path that is not percent-encoded is refused, not an accident', async () => {
  const reply = await api.call('GET', '/v1/customers/%ff/balance', undefined);
  expect([reply.status, (reply.body as { error?: { code: string } }).error?.code]).toEqual([400, 'malformed_json']);
});

test('a zipped body is read', async () => {
  const zipped = gzipSync(JSON.stringify(event));
  expect(await postTrack(zipped, { ...json, 'content-encoding': 'gzip' })).toEqual([404, 'unknown_customer']);
});

test('a refusal names the field, the request and where it is explained', async () => {
  const reply = await api.call(
    'POST',
    '/v1/track',
    { ...event, quantity: 3 },
    { headers: { 'request-id': 'my-request.1' } },
  );
  expect(reply.status).toBe(400);
  expect(reply.headers.get('request-id')).toBe('my-request.1');
  expect(reply.body).toEqual({
    error: {
      type: 'invalid_request_error',
      code: 'invalid_request',
      message: 'quantity: is not a field of this request',
      param: 'quantity',
      doc_url: 'http://127.0.0.1:4000/docs/errors/invalid_request',
      request_id: 'my-request.1',
    },
  });
  expect((await api.call('GET', '/docs/errors/invalid_request', undefined, { key: null })).body['text']).toContain(
    'HTTP 400',
  );
});

test('a request id of ours is given when the caller has none, or one that could break a log line', async () => {
  for (const headers of [{}, { 'request-id': 'a b' }]) {
    const reply = await api.call('GET', '/v1/nothing', undefined, { headers });
    expect(reply.headers.get('request-id')).toMatch(/^req_[0-9a-f-]{36}$/);
  }
});

test('what does not exist is 404, what exists with other methods is 405 with the right ones', async () => {
  expect((await api.call('GET', '/v1/nothing')).body['error']?.['code']).toBe('not_found');
  expect((await api.call('GET', '/v1/%E0%A4%A')).status).toBe(404);
  const reply = await api.call('DELETE', '/v1/holds');
  expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST, GET']);
  expect((await api.call('GET', '/v1/webhooks/stripe')).status).toBe(405);
  expect((await api.call('PATCH', '/v1/holds/x')).headers.get('allow')).toBe('GET');
});

test('every answer carries the security headers and says nothing of its maker', async () => {
  for (const path of ['/v1/nothing', '/healthz', '/readyz']) {
    const { headers } = await api.call('GET', path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

test.for(['', 'with space', 'x'.repeat(256)])('a hold without a usable key is refused: %j', async (key) => {
  const headers: Record<string, string> = key === '' ? {} : { 'idempotency-key': key };
  const reply = await api.call('POST', '/v1/holds', { customer: 'cus_x', action: 'a', credits: '1' }, { headers });
  expect([reply.status, reply.body['error']?.['code']]).toEqual([400, 'idempotency_key_required']);
});

test('a batch of one too many is refused as a whole', async () => {
  const reply = await api.call('POST', '/v1/track', { events: Array.from({ length: 1_001 }, () => event) });
  expect(reply.status).toBe(400);
  expect(reply.body['error']?.['message']).toContain('at most 1000 events');
});

test('one bad event of a batch is answered in its place, and its neighbours are decided', async () => {
  const reply = await api.call('POST', '/v1/track', {
    events: [
      event,
      { ...event, id: 'evt-2', quantities: { input_tokens: -1 } },
      7,
      { ...event, id: 'evt-3', extra: 1 },
    ],
  });
  expect(reply.status).toBe(200);
  const results = reply.body['results'] as unknown as {
    id: string | null;
    status: string;
    error: { code: string; param: string };
  }[];
  expect(results.map(({ id, status, error }) => [id, status, error.code, error.param])).toEqual([
    ['evt-1', 'rejected', 'unknown_customer', 'events.0.customer'],
    ['evt-2', 'rejected', 'invalid_request', 'events.1.quantities.input_tokens'],
    [null, 'rejected', 'invalid_request', 'events.2'],
    ['evt-3', 'rejected', 'invalid_request', 'events.3.extra'],
  ]);
});

test('health speaks without a key, and readiness carries its figures', async () => {
  expect((await api.call('GET', '/healthz', undefined, { key: null })).body).toEqual({ status: 'ok' });
  const ready = await api.call('GET', '/readyz', undefined, { key: null });
  expect([ready.status, ready.body['status'], ready.body['outboxParked']]).toEqual([200, 'ready', 0]);
});

test('no answer shows our insides', async () => {
  const bodies = await Promise.all(
    [
      '/v1/nothing',
      '/v1/holds/hold_x',
      "/v1/customers/cus_x'; drop table customers",
      '/v1/outbox?limit=0',
      '/v1/outbox?a[b]=c',
    ].map(async (path) => JSON.stringify((await api.call('GET', path)).body)),
  );
  for (const body of bodies)
    expect(body).not.toMatch(/select |at .*\.ts|node_modules|postgres|sk_test|cp_test_\w{20}/i);
});

test('the address alone says where the rest is', async () => {
  const { status, body } = await api.call('GET', '/', undefined, { key: null });
  expect([status, body]).toEqual([
    200,
    {
      name: 'creditpool',
      version: '0.1.0',
      api: '/v1',
      health: '/healthz',
      ready: '/readyz',
      errors: 'http://127.0.0.1:4000/docs/errors',
      openapi: '/openapi.json',
      reference: '/docs',
    },
  ]);
});
