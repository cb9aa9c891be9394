import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { held, release } from '../support/requests.ts';

const { database, ownerConnectionString } = await cloneDatabase();
const books = await openBooks(database);
const owner = new pg.Client({ connectionString: ownerConnectionString });

let customer: Subscriber;

beforeAll(async () => {
  await owner.connect();
  customer = await books.subscribe('hybrid');
  // One hot customer among none: what the planner knows least about.
  for (let round = 0; round < 3; round += 1) {
    const holds = await Promise.all(Array.from({ length: 100 }, () => held(books, customer, '1')));
    await Promise.all(holds.map((holdId) => release(books, holdId)));
  }
});
afterAll(() => owner.end());

async function planOf(sql: string): Promise<string> {
  const { rows } = await owner.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${sql}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

test("the check of a posting's entry goes by its key, before and after the planner has counted", async () => {
  const check = `select 1 from only journal_entries where lane = ${customer.lane}::smallint
    and customer_id = '${customer.customerId}' and entry_id = '${crypto.randomUUID()}' for key share`;
  expect(await planOf(check)).toContain('journal_entries_pkey');
  await owner.query(`analyze journal_entries`);
  expect(await planOf(check)).toContain('journal_entries_pkey');
});

test('holds that ended are not read again: open ones are found by what is overdue', async () => {
  const plan = await planOf(`select hold_id from holds
    where lane = any ('{${customer.lane}}') and customer_id = '${customer.customerId}'
      and state = 'open' and expires_at <= now()`);
  expect(plan).toMatch(/holds_overdue|holds_open/);
});

test('whether a hold is overdue is seen from the first of each lane, however many are open', async () => {
  const sent: string[] = [];
  const note = ({ sql }: { readonly sql: string }): void => void sent.push(sql);
  database.on('query', note);
  await held(books, customer, '1');
  database.off('query', note);
  const asked = sent.find((sql) => sql.includes('as overdue')) ?? '';
  await owner.query('analyze holds');
  await owner.query('set plan_cache_mode = force_generic_plan');
  await owner.query(`prepare asked (smallint[]) as ${asked}`);
  const plan = await planOf(`execute asked ('{${customer.lane}}')`);
  expect(plan).toMatch(/Index (Only )?Scan using holds_overdue/);
  expect(plan).not.toMatch(/Sort|Seq Scan on holds|Bitmap/);
});
