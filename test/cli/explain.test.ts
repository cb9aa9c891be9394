import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { held, use } from '../support/requests.ts';
import { runCommand } from '../support/service-process.ts';

const clone = await cloneDatabase();
const books = await openBooks(clone.database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-explain-'));
afterAll(async () => rm(directory, { recursive: true }));

const run = async (...words: readonly string[]) =>
  runCommand({ CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString }, ...words);

test('a balance is explained, stated and shown as the API does it', { timeout: 60_000 }, async () => {
  const customer = await books.subscribe('hybrid');
  await use(books, customer, 20);
  await held(books, customer, '30');

  const told = await run('explain', customer.name);
  expect(told.stdout).toMatch(
    /10000 included by billing_period, included credits of plan hybrid\n {2}-20 {2}api\.call/,
  );
  expect(told.stdout).toContain('=9950  left, 9950 spendable');
  const span = ['--from', '2026-04-01T00:00:00Z', '--to', '2026-05-01T00:00:00Z'];
  const stated = await run('statement', customer.name, ...span, '--json');
  expect(JSON.parse(stated.stdout)).toMatchObject({ closing: { available: '9950', held: '30' }, has_more: false });
  const csv = await run('statement', customer.name, ...span, '--csv');
  expect(csv.stdout.split('\r\n')).toHaveLength(6);
  const balance = await run('balance', customer.name, '--json');
  expect(JSON.parse(balance.stdout)).toMatchObject({
    customer: expect.stringMatching(/^customer_/) as string,
    lots: [{ id: expect.stringMatching(/^grant_/) as string, used: '20', effective_at: '2026-04-01T00:00:00.000Z' }],
    period: { id: expect.stringMatching(/^period_/) as string, starts_at: '2026-04-01T00:00:00.000Z' },
  });
  const tracked = await run('track', customer.name, 'api.call', '-q', 'calls=1', '--json');
  expect(JSON.parse(tracked.stdout)).toMatchObject({
    usage_event: expect.stringMatching(/^usage_/) as string,
    balance: '9949',
  });
  const holds = await run('holds', 'list', '--json');
  expect(JSON.parse(holds.stdout)).toMatchObject({ data: [{ held: '30', action: 'api.call' }], has_more: false });
});
