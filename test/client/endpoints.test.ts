// The client and the document have the same operations, and agree on which of them take a key.
import { readFileSync, readdirSync } from 'node:fs';

import { expect, test } from 'vitest';

import { ENDPOINTS, KEYED, WHOLE_LISTS } from '../../src/client/endpoints.ts';
import { createClient } from '../../src/client/index.ts';
import type { OperationId } from '../../src/contract/operations.ts';
import { apiDocument } from '../../src/http/openapi.ts';
import { importsOf } from '../support/architecture.ts';

const operations = Object.entries(apiDocument('/').paths ?? {}).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    call: `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    ...(operation as {
      operationId: string;
      parameters?: readonly { readonly name?: string }[];
      responses?: Record<number, object>;
      security?: unknown;
    }),
  })),
);
const withKey = operations.filter(({ security }) => !(Array.isArray(security) && security.length === 0));

test('one method for each operation that asks for a key or a token', () => {
  expect(Object.fromEntries(withKey.map(({ operationId, call }) => [operationId, call]))).toEqual(ENDPOINTS);
  const client = createClient({ baseUrl: 'http://x', apiKey: 'cp_test_1' });
  for (const { operationId } of withKey) expect(client).toHaveProperty(operationId, expect.any(Function));
});

test('a key goes with exactly the operations that ask for one', () => {
  const keyed = withKey.filter(({ parameters }) => parameters?.some(({ name }) => name === 'Idempotency-Key') === true);
  expect(keyed.map(({ operationId }) => operationId).toSorted()).toEqual([...KEYED].toSorted());
});

test('every list has a limit and says where it goes on, or is answered whole', () => {
  const lists = withKey.filter(({ responses }) => JSON.stringify(responses?.[200] ?? '').includes('"has_more"'));
  expect(lists.length).toBeGreaterThan(20);
  const whole = lists.filter(({ operationId }) => WHOLE_LISTS.has(operationId as OperationId));
  expect(whole.map(({ operationId }) => operationId).toSorted()).toEqual([...WHOLE_LISTS].toSorted());
  const named = (one: (typeof lists)[number]) => one.parameters?.map(({ name }) => name) ?? [];
  expect(whole.filter((one) => named(one).includes('limit'))).toEqual([]);
  const paged = lists.filter((one) => !whole.includes(one));
  expect(paged.filter((one) => !named(one).includes('limit') || !named(one).includes('starting_after'))).toEqual([]);
});

test('nothing is needed at run time, not even by accident', () => {
  const folder = new URL('../../src/client/', import.meta.url);
  const needed = readdirSync(folder)
    .flatMap((name) => importsOf(readFileSync(new URL(name, folder), 'utf8')))
    .filter(({ typeOnly, target }) => !typeOnly && !target.startsWith('./'));
  expect(needed).toEqual([]);
});
