import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';

import { errorCode, openDatabase, type Transaction, transaction } from '../../src/storage/database.ts';
import { execute, query } from '../../src/storage/query.ts';
import { cloneDatabase, emptyDatabase } from '../support/database.ts';

const { database, ownerConnectionString } = await emptyDatabase();
const clone = await cloneDatabase();

beforeAll(async () => {
  const owner = new pg.Client({ connectionString: ownerConnectionString });
  await owner.connect();
  await owner.query(`
    create table things (id uuid primary key, amount bigint not null);
    create table counters (id int primary key, amount bigint not null);
    insert into counters values (1, 0), (2, 0);
    grant select, insert on things to creditpool_app;
    grant select, update on counters to creditpool_app;
  `);
  await owner.end();
});

test('a session acts as the application role, in UTC, with time limits', async () => {
  const [session] = await query(
    database,
    `select current_user::text as role, current_setting('TimeZone') as zone,
       current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
       current_setting('idle_in_transaction_session_timeout') as idle, current_setting('search_path') as path`,
  );
  expect(session).toEqual({
    role: 'creditpool_app',
    zone: 'UTC',
    statement: '5s',
    lock: '2s',
    idle: '10s',
    path: 'public',
  });
});

test('the application role may not do what it was not granted', async () => {
  await expect(execute(database, 'delete from things')).rejects.toMatchObject({ code: '42501' });
  await expect(execute(database, 'create table mine ()')).rejects.toMatchObject({ code: '42501' });
});

test('integers come as bigint, decimals and days as text, instants as Date, in arrays too', async () => {
  const [row] = await query(
    database,
    `select 9223372036854775807::bigint as big, array[1, null]::bigint[] as bigs,
       12345678901234567890.5::numeric as exact, array[0.1, null]::numeric[] as exacts,
       date '2026-02-28' as day, array[date '2026-02-28'] as days,
       timestamptz '2026-02-28 12:00+02' as instant, array[timestamptz '2026-02-28 12:00Z'] as instants, 7 as small`,
  );
  expect(row).toEqual({
    big: 9_223_372_036_854_775_807n,
    bigs: [1n, null],
    exact: '12345678901234567890.5',
    exacts: ['0.1', null],
    day: '2026-02-28',
    days: ['2026-02-28'],
    instant: new Date('2026-02-28T10:00:00Z'),
    instants: [new Date('2026-02-28T12:00:00Z')],
    small: 7,
  });
});

test('a thousand rows go in by arrays in one statement', async () => {
  const ids = Array.from({ length: 1_000 }, () => crypto.randomUUID());
  const amounts = ids.map((_, index) => BigInt(index) * 1_000_000_000_000n);
  const sql = 'insert into things (id, amount) select * from unnest($1::uuid[], $2::bigint[])';
  expect(await execute(database, sql, [ids, amounts])).toBe(1_000);
  const [{ total } = { total: '' }] = await query<{ total: string }>(
    database,
    'select sum(amount) as total from things',
  );
  expect(total).toBe('499500000000000000');
});

test('a question mark is an operator, not a parameter', async () => {
  const [row] = await query(database, `select $1::jsonb ? 'plan' as known, 'what?' as asked`, [{ plan: 'pro' }]);
  expect(row).toEqual({ known: true, asked: 'what?' });
});

test('statements are prepared once for a connection', async () => {
  const prepared = await transaction(database, async (trx) => {
    for (const value of [1n, 2n, 3n]) await query(trx, 'select $1::bigint as same', [value]);
    return query(trx, `select from pg_prepared_statements where statement = 'select $1::bigint as same'`);
  });
  expect(prepared).toHaveLength(1);
});

test('those who watch the statements see ours', async () => {
  const seen: string[] = [];
  const watch = ({ sql }: { sql: string }): void => void seen.push(sql);
  database.on('query', watch);
  await transaction(database, async (trx) => query(trx, 'select 1 as watched'));
  database.removeListener('query', watch);
  expect(seen).toContain('select 1 as watched');
});

test('what a failed transaction did is gone, and a late query in it is refused', async () => {
  const id = crypto.randomUUID();
  let late: (() => Promise<unknown>) | undefined;
  const failing = transaction(database, async (trx) => {
    late = async () => query(trx, 'select 1');
    await execute(trx, 'insert into things (id, amount) values ($1, 1)', [id]);
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await query(database, 'select from things where id = $1', [id])).toEqual([]);
  await expect(late?.()).rejects.toThrow('already completed');
});

test('a transaction inside a transaction is refused', async () => {
  const nested = transaction(database, async (trx) => transaction(trx, async () => 1));
  await expect(nested).rejects.toThrow('only be a savepoint');
});

test('a deadlock is run again until both have done their work', async () => {
  let tries = 0;
  const both = Promise.withResolvers<void>();
  const move = async (first: number, second: number): Promise<void> =>
    transaction(database, async (trx) => {
      tries += 1;
      await execute(trx, 'update counters set amount = amount + 1 where id = $1', [first]);
      if (tries === 2) both.resolve();
      await both.promise;
      await execute(trx, 'update counters set amount = amount + 1 where id = $1', [second]);
    });
  await Promise.all([move(1, 2), move(2, 1)]);
  expect(tries).toBe(3);
  expect(await query(database, 'select amount from counters order by id')).toEqual([{ amount: 2n }, { amount: 2n }]);
});

test.for([
  ['five tries at most', {}, 5],
  ['no try after the deadline', { deadlineMs: 0 }, 1],
  ['as many tries as asked', { attemptsMax: 2 }, 2],
] as const)('a conflict that never ends: %s', async ([, options, expected]) => {
  let tries = 0;
  const hopeless = transaction(
    database,
    async (trx) => {
      tries += 1;
      await query(trx, `do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`);
    },
    options,
  );
  expect(await hopeless.catch(errorCode)).toBe('40001');
  expect(tries).toBe(expected);
});

test('a broken rule is not tried again', async () => {
  let tries = 0;
  const wrong = transaction(database, async (trx) => {
    tries += 1;
    await query(trx, 'select 1 / 0');
  });
  await expect(wrong).rejects.toThrow('division by zero');
  expect(tries).toBe(1);
});

test('a job may ask for more time', async () => {
  const job = openDatabase({ connectionString: ownerConnectionString, poolSize: 1, statementTimeoutMs: 900_000 });
  expect(await query(job, 'show statement_timeout')).toEqual([{ statement_timeout: '15min' }]);
  await job.destroy();
});

test('a broken connection is replaced, and whoever listens hears of it', async () => {
  const heard: string[] = [];
  const onWarning = (message: string): void => void heard.push(message);
  const one = openDatabase({ connectionString: ownerConnectionString, poolSize: 1, role: null, onWarning });
  await expect(query(one, 'select pg_terminate_backend(pg_backend_pid())')).rejects.toThrow('terminating');
  expect(await query(one, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  expect(heard).toEqual([expect.stringContaining('terminating connection due to administrator command')]);
  await one.destroy();
});

test('a clone has the tables of the template', async () => {
  expect(await query(clone.database, 'select from accounts')).toEqual([]);
});

test('statements that were sent together fail with the cause, whoever hears of it first', async () => {
  const failing = async (on: Transaction) => query(on, 'select 1 / 0');
  const deeper = async (on: Transaction) => failing(on);
  const both = transaction(database, async (trx) => Promise.all([deeper(trx), query(trx, 'select 1')]));
  await expect(both).rejects.toMatchObject({ code: '22012' });
});
