import { expect, test } from 'vitest';

import { reportRollUp } from '../../src/operations/report-roll-up.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { watchQueues } from '../../src/operations/watch-queues.ts';
import { query } from '../../src/storage/query.ts';
import { oldestUntoldUsage } from '../../src/storage/roll-up-report.ts';
import { openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { capture, held, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database);
const { deps } = books;

/** Meter events in the outbox, in order: what each says. */
async function events({ lane, customerId }: Subscriber) {
  return query<{ value: string; at: string; window: string }>(
    database,
    `select request -> 'payload' ->> 'value' as value, to_timestamp((request ->> 'timestamp')::bigint)::text as at,
       split_part(key, '/', 4) || '/' || split_part(key, '/', 5) as window
     from outbox where lane = $1 and customer_id = $2 and queue = 'meter' order by outbox_id`,
    [lane, customerId],
  );
}

test('a window is one event, stamped with its last usage; what comes later is another one', async () => {
  await books.at('2026-04-10T09:05:00Z');
  const customer = await books.subscribe('hybrid');
  await use(books, customer, 3);
  await books.at('2026-04-10T09:50:00Z');
  await use(books, customer, 4);
  await books.at('2026-04-10T10:10:00Z');
  await use(books, customer, 5);
  await rollUpUsage(deps, { limit: 10 });
  expect(await events(customer), 'the window that runs waits').toEqual([
    { value: '7000', at: '2026-04-10 09:50:00+00', window: '2026-04-10T09:00Z/1' },
  ]);
  await use(books, customer, 1, { occurredAt: new Date('2026-04-10T09:30:00Z') });
  await rollUpUsage(deps, { limit: 10, flush: true });
  expect((await events(customer)).slice(1)).toEqual([
    { value: '1000', at: '2026-04-10 09:50:00+00', window: '2026-04-10T09:00Z/2' },
    { value: '5000', at: '2026-04-10 10:10:00+00', window: '2026-04-10T10:00Z/1' },
  ]);
});

test('late usage before the cut-off is stamped into the period that bills it, and no bucket crosses its end', async () => {
  await books.at('2026-04-30T23:55:00Z');
  const customer = await books.subscribe('hybrid');
  await use(books, customer, 1);
  await books.at('2026-05-01T00:30:00Z');
  await use(books, customer, 2, { occurredAt: new Date('2026-04-30T23:59:59Z') });
  await use(books, customer, 4);
  await rollUpUsage(deps, { limit: 10, flush: true });
  expect(await events(customer)).toEqual([
    { value: '3000', at: '2026-04-30 23:59:59+00', window: '2026-04-30T23:00Z/1' },
    { value: '4000', at: '2026-05-01 00:30:00+00', window: '2026-05-01T00:00Z/1' },
  ]);
});

test('a captured hold is metered in the period in which it was placed', async () => {
  await books.at('2026-04-30T23:55:00Z');
  const customer = await books.subscribe('hybrid');
  const holdId = await held(books, customer, '40');
  await books.at('2026-05-01T00:05:00Z');
  await capture(books, holdId, '27.5');
  await rollUpUsage(deps, { limit: 10, flush: true });
  expect((await events(customer)).map(({ value }) => value)).toEqual(['27500']);
  expect((await events(customer))[0]?.at.slice(0, 10)).toBe('2026-04-30');
});

test('burns and roll-ups at the same time lose nothing and tell nothing twice', async () => {
  await books.at('2026-04-10T12:00:00Z');
  const customer = await books.subscribe('hybrid');
  const burning = Array.from({ length: 40 }, async (_, index) => use(books, customer, index + 1));
  const rolling = Array.from({ length: 10 }, async () => rollUpUsage(deps, { limit: 10, flush: true }));
  await Promise.all([...burning, ...rolling]);
  await rollUpUsage(deps, { limit: 10, flush: true });
  const sent = (await events(customer)).reduce((sum, { value }) => sum + BigInt(value), 0n);
  expect(sent).toBe(820_000n);
});

test('a round stops at its limit and says so', async () => {
  await books.at('2026-04-10T12:00:00Z');
  for (const customer of [await books.subscribe('hybrid'), await books.subscribe('hybrid')])
    await use(books, customer, 1);
  expect(await rollUpUsage(deps, { limit: 1, flush: true })).toEqual({ periods: 1, meterEvents: 1, hasMore: true });
  expect(await rollUpUsage(deps, { limit: 10, flush: true })).toEqual({ periods: 1, meterEvents: 1, hasMore: false });
});

test('the report says how few meter events the usage became, and an alarm how old the oldest untold usage is', async () => {
  const { db } = books;
  const april = { from: new Date('2026-04-01T00:00:00Z'), to: new Date('2026-05-01T00:00:00Z') };
  await books.at('2026-04-20T00:00:00Z');
  await rollUpUsage(deps, { limit: 100, flush: true });
  const before = await reportRollUp(deps, april);
  const [one, other] = [await books.subscribe('hybrid'), await books.subscribe('hybrid')];
  for (const hour of ['01', '02', '03']) {
    for (const minute of ['05', '20', '50']) {
      await books.at(`2026-04-20T${hour}:${minute}:00Z`);
      await use(books, one, 1);
      await use(books, other, 2);
    }
  }
  await books.at('2026-04-20T04:00:00Z');
  await rollUpUsage(deps, { limit: 100 });
  const after = await reportRollUp(deps, april);
  expect(after.usageEvents - before.usageEvents).toBe(18);
  expect(after.meterEvents - before.meterEvents).toBe(6);
  expect(after.customerWindows - before.customerWindows).toBe(6);
  expect(after.most).toBe(after.customers * 30 * 24);
  expect(after.meterEvents).toBeLessThan(after.most);

  // Nobody relays: what waits grows old, long before Stripe refuses it.
  await books.at('2026-04-23T04:00:00Z');
  expect(await oldestUntoldUsage(db)).toBeGreaterThan(3 * 86_400);
  const said: string[] = [];
  const log = { ...deps.log, error: (_fields: object, message: string) => void said.push(message) };
  await watchQueues({ ...deps, log });
  expect(said).toContainEqual(expect.stringContaining('usage waits for days'));
});
