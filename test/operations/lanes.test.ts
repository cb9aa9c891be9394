import { expect, test } from 'vitest';

import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { checkUsage } from '../../src/operations/check-usage.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { execute, query } from '../../src/storage/query.ts';
import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { customerTables, forgetsLane, watchLanes } from '../support/lane-watch.ts';
import { capture, held, packInvoice, release, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database);

test('every statement of the credit engine on a customer table names the lane', async () => {
  const watch = await watchLanes(database);
  const customer = await books.subscribe('hybrid');
  const usage = await use(books, customer, 5);
  await checkUsage(books, { customer: customer.name, action: 'api.call', quantities: { calls: 1n } });
  await capture(books, await held(books, customer, '40'), '20');
  await release(books, await held(books, customer, '40'));
  await held(books, customer, '40', { ttlSeconds: 60 });
  await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-10T09:00:00Z'));
  if ('rejected' in usage) throw new Error(usage.rejected.message);
  await reverseUsage(books.deps, {
    customer,
    usageEventIds: [usage.usageEventId],
    reason: 'reported twice',
    ticket: 'T-1',
    actor: 'support',
  });
  await books.at('2026-05-01T00:45:00Z');
  await catchUpPools(books, { limit: 100 });
  expect(watch.seen()).toBeGreaterThan(20);
  expect(watch.forgetful()).toEqual([]);
});

test('a statement that forgets it is found', async () => {
  const watch = await watchLanes(database);
  await query(database, `select lot_id from lots where customer_id = $1`, [crypto.randomUUID()]);
  await query(database, `select 1 from lots l join holds h on h.hold_id = l.only_hold_id where l.lane = 1`);
  await execute(database, `update pools set state = state where pool_id = $1`, [crypto.randomUUID()]);
  expect(watch.forgetful()).toHaveLength(3);
  const tables = await customerTables(database);
  expect(tables).toContain('accounts');
  expect(forgetsLane('select lot_id from lots where lane = $1', tables)).toBe(false);
  expect(forgetsLane('select plan from plan_versions', tables)).toBe(false);
});
