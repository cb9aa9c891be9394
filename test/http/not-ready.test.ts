import { expect, test } from 'vitest';

import { startApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';

const database = await cloneDatabase();
let because: string | null = 'starting';
const api = await startApi(database, { notReady: () => because });

test('callers wait until the server is whole, and are told so', async () => {
  const early = await api.call('GET', '/v1/sandbox/clock');
  expect([early.status, early.body['error']?.['code'], early.headers.get('retry-after')]).toEqual([
    503,
    'not_ready',
    '1',
  ]);
  because = null;
  expect((await api.call('GET', '/v1/sandbox/clock')).status).not.toBe(503);
});
