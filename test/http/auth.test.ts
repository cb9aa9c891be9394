import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { permits, SCOPES } from '../../src/domain/scope.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { parseApiKey } from '../../src/operations/api-key-text.ts';
import { revokeApiKey } from '../../src/storage/api-keys.ts';
import { newKey, startApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';

/** The others are entered with a customer's own token; test/http/portal.test.ts has them. */
const KEYED = ROUTES.filter(({ byPortalToken }) => byPortalToken !== true);

const clone = await cloneDatabase();
const api = await startApi(clone);

/** A path that leads to nothing real. */
function reachable(path: string): string {
  return path.replaceAll(/:\w+/g, 'nothing');
}

describe('every route lets in exactly the scopes that it names', () => {
  const cells = KEYED.flatMap((route) => SCOPES.map((scope) => [route.method, route.path, scope, route] as const));
  test.for(cells)('%s %s with a key of scope %s', async ([method, path, scope, route]) => {
    const { status } = await api.call(method.toUpperCase(), reachable(path), method === 'post' ? {} : undefined, {
      key: api.keys[scope],
    });
    expect(status === 403).toBe(!permits([scope], route.scopes));
    expect(status).not.toBe(401);
  });

  test.for(ROUTES.map(({ method, path }) => [method, path] as const))(
    '%s %s asks for a key',
    async ([method, path]) => {
      const reply = await api.call(method.toUpperCase(), reachable(path), method === 'post' ? {} : undefined, {
        key: null,
      });
      expect(reply.status).toBe(401);
      expect(reply.body['error']?.['code']).toBe('unauthenticated');
      expect(reply.headers.get('www-authenticate')).toContain('Bearer');
    },
  );
});

test('no route is open to everyone who has any key, but for what scopes say', () => {
  expect(KEYED.filter(({ scopes }) => scopes.length === 0)).toEqual([]);
  expect(ROUTES.length).toBeGreaterThan(10);
});

function changed(key: string, at: number): string {
  const other = key[at] === 'a' ? 'b' : 'a';
  return key.slice(0, at) + other + key.slice(at + 1);
}

test.for<[string, () => Promise<string> | string]>([
  ['no key at all', () => 'hello'],
  ['another checksum', () => changed(api.keys.read, api.keys.read.length - 1)],
  ['another secret', () => changed(api.keys.read, 30)],
  ['an id that nobody has', () => changed(api.keys.read, 10)],
  ['the live prefix', () => api.keys.read.replace('cp_test_', 'cp_live_')],
  ['a key of live mode', async () => newKey(api.billing, ['admin'], { livemode: true })],
  ['a key that has expired', async () => newKey(api.billing, ['admin'], { expiresAt: new Date(Date.now() - 1000) })],
  [
    'a key under another pepper',
    async () => newKey(api.billing, ['admin'], { pepper: 'the pepper of another service' }),
  ],
])('%s is refused', async ([, key]) => {
  expect((await api.call('GET', '/v1/outbox', undefined, { key: await key() })).status).toBe(401);
});

test('a revoked key stops within five seconds', async () => {
  const key = await newKey(api.billing, ['admin']);
  expect((await api.call('GET', '/v1/outbox', undefined, { key })).status).toBe(200);
  expect(await revokeApiKey(clone.database, parseApiKey(key)?.apiKeyId ?? '')).toBe(true);
  await sleep(3_500);
  expect((await api.call('GET', '/v1/outbox', undefined, { key })).status).toBe(401);
});

test('no secret is stored, logged or sent back', async () => {
  const secret = parseApiKey(api.keys.read)?.secret ?? '';
  await api.call('GET', '/v1/outbox', undefined, { key: api.keys.read });
  const { rows } = await clone.database.raw<{ rows: unknown[] }>('select * from api_keys');
  expect(JSON.stringify(rows)).not.toContain(secret);
  expect(api.log.join('\n')).not.toContain(secret);
});
