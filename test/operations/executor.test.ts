import pg from 'pg';
import { beforeAll, describe, expect, test, vi } from 'vitest';

import { startExecutor } from '../../src/operations/executor.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { lockCustomer } from '../../src/storage/customers.ts';
import { openDatabase, transaction } from '../../src/storage/database.ts';
import { query } from '../../src/storage/query.ts';
import { balances, metered, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { startProcess } from '../support/processes.ts';
import { calls, hold, use } from '../support/requests.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database, connectionString, ownerConnectionString } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [planWith('hybrid', {}), planWith('hundred', { zeroBalance: 'block' }, { includedCredits: '100' })],
});

async function storedEvents({ lane, customerId }: Subscriber): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    database,
    `select event_id as id from usage_events where lane = $1 and customer_id = $2`,
    [lane, customerId],
  );
  return rows.map(({ id }) => id);
}

async function asOwner<Result>(work: (owner: pg.Client) => Promise<Result>): Promise<Result> {
  const owner = new pg.Client({ connectionString: ownerConnectionString });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

describe('requests that are committed together', () => {
  beforeAll(() =>
    asOwner((owner) =>
      owner.query(`create function refuse_poison() returns trigger language plpgsql as $$
        begin raise exception 'poison'; end $$;
        create trigger poison before insert on usage_events for each row when (new.event_id like 'poison%')
          execute function refuse_poison()`),
    ),
  );

  test('fail alone: one poisoned event among 200 leaves the others applied', async () => {
    const customers = await Promise.all([books.subscribe('hybrid'), books.subscribe('hybrid')]);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => {
        const customer = customers[index % 2];
        if (customer === undefined) throw new Error('two customers');
        return use(books, customer, 1, index === 77 ? { eventId: 'poison' } : {});
      }),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(outcomes[77]).toMatchObject({ value: { rejected: { code: 'usage_event_failed' } } });
    expect(await metered(database, customers[0])).toEqual(['100']);
    expect(await metered(database, customers[1])).toEqual(['99']);
  });

  test('INV-21 a poisoned event of one call is answered alone, and stored when it is sent again', async () => {
    const customer = await books.subscribe('hybrid');
    const events = Array.from({ length: 999 }, () => calls(customer, 1));
    const bad = calls(customer, 1, { eventId: 'poison among 999' });
    const answers = await trackUsage(books, { events: [...events.slice(0, 500), bad, ...events.slice(500)] });
    expect(answers.filter((answer) => 'status' in answer && answer.status === 'applied')).toHaveLength(999);
    expect(answers[500]).toEqual({
      rejected: {
        code: 'usage_event_failed',
        message:
          'Event poison among 999 could not be stored; something broke on our side. Send it again under the same id.',
        param: 'id',
      },
    });
    expect(await storedEvents(customer)).toHaveLength(999);
    await asOwner((owner) => owner.query(`drop trigger poison on usage_events`));
    expect(await use(books, customer, 1, { eventId: 'poison among 999' })).toMatchObject({ status: 'applied' });
  });

  test('all fail when the database is lost', async () => {
    const customer = await books.subscribe('hybrid');
    const lost = openDatabase({ connectionString: 'postgresql://nobody@127.0.0.1:9/none', poolSize: 2 });
    const deps = testDeps(database);
    const executor = startExecutor({ ...deps, db: lost });
    const events = Array.from({ length: 3 }, () => calls(customer, 1));
    await expect(trackUsage({ deps, executor }, { events })).rejects.toThrow(/ECONNREFUSED/);
    await executor.close();
    await lost.destroy();
  });

  test('take few commits: 200 holds on one pool are at most a few transactions', async () => {
    const customer = await books.subscribe('hybrid');
    let transactions = 0;
    const count = ({ sql }: { sql: string }): void => {
      if (sql === 'BEGIN;') transactions += 1;
    };
    database.on('query', count);
    const answers = await Promise.all(Array.from({ length: 200 }, () => hold(books, customer, '1')));
    database.off('query', count);
    expect(answers.filter((answer) => 'hold' in answer)).toHaveLength(200);
    expect(transactions).toBeGreaterThan(0);
    expect(transactions).toBeLessThan(5);
  });

  test('INV-23 wait for a locked pool together and fail together, not one after the other', async () => {
    const [locked, free] = [await books.subscribe('hybrid'), await books.subscribe('hybrid')];
    const impatient = openDatabase({ connectionString, poolSize: 4, lockTimeoutMs: 200 });
    const deps = testDeps(impatient);
    const executor = startExecutor(deps, { groups: 1 });
    try {
      await asOwner(async (owner) => {
        await owner.query('begin');
        await owner.query(`select from pools where lane = $1 and customer_id = $2 for update`, [
          locked.lane,
          locked.customerId,
        ]);
        const startedAt = performance.now();
        const outcomes = await Promise.allSettled([
          ...Array.from({ length: 64 }, () => hold({ deps, executor }, locked, '1')),
          hold({ deps, executor }, free, '1'),
        ]);
        expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(64);
        expect(outcomes.at(-1)).toMatchObject({ status: 'fulfilled' });
        expect(performance.now() - startedAt).toBeLessThan(2_500);
        await owner.query('rollback');
      });
    } finally {
      await executor.close();
      await impatient.destroy();
    }
  });

  test('are answered after a rollback by the database, once it may go on', async () => {
    const customer = await books.subscribe('hybrid');
    // A deadlock's victim is run again.
    await asOwner((owner) =>
      owner.query(`create sequence tries; grant usage on sequence tries to public;
        create function lose_once() returns trigger language plpgsql as $$
          begin if nextval('tries') = 1 then raise exception 'victim' using errcode = '40P01'; end if; return new; end $$;
        create trigger lose_once before insert on usage_events for each row when (new.event_id = 'victim')
          execute function lose_once()`),
    );
    expect(await use(books, customer, 3, { eventId: 'victim' })).toMatchObject({ status: 'applied' });
    expect(await metered(database, customer)).toEqual(['3']);
  });
});

test('a request that waited for a pool is decided at the instant when it got it', async () => {
  await books.at('2026-04-30T23:59:00Z');
  const customer = await books.subscribe('hybrid');
  await asOwner(async (owner) => {
    await owner.query('begin');
    await owner.query(`select from pools where lane = $1 and customer_id = $2 for update`, [
      customer.lane,
      customer.customerId,
    ]);
    const waiting = use(books, customer, 5);
    await vi.waitFor(async () => {
      const { rows } = await owner.query(`select from pg_locks where not granted and locktype = 'transactionid'`);
      expect(rows).not.toEqual([]);
    });
    await books.at('2026-05-01T00:00:00Z');
    await owner.query('commit');
    await waiting;
  });
  expect(await metered(database, customer)).toEqual(['0', '5']);
  await books.at('2026-04-10T09:00:00Z');
});

test('usage does not wait while a document of the same customer is being posted', async () => {
  const customer = await books.subscribe('hybrid');
  await transaction(database, async (trx) => {
    await lockCustomer(trx, customer);
    expect(await use(books, customer, 5)).toMatchObject({ status: 'applied' });
  });
});

describe('several service processes on one pool', () => {
  test('C2 grant exactly 100 holds of 1 out of 100 credits', { timeout: 60_000 }, async () => {
    const customer = await books.subscribe('hundred');
    const services = [1, 2, 3].map(() =>
      startProcess('./credit-client.ts', 'hold', connectionString, customer.name, '32'),
    );
    expect(await Promise.all(services.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    const granted = services.map(({ lines }) => Number(lines().at(-1)));
    expect(granted.reduce((sum, count) => sum + count, 0)).toBe(100);
    expect(await balances(database, customer)).toEqual({ held: '100', 'issued.included': '-100' });
  });

  test(
    'E a service killed in the middle has lost no acknowledged event and doubled none',
    { timeout: 60_000 },
    async () => {
      const customer = await books.subscribe('hybrid');
      const acknowledged: string[] = [];
      for (let kill = 0; kill < 3; kill += 1) {
        const service = startProcess('./credit-client.ts', 'track', connectionString, customer.name);
        await vi.waitFor(() => expect(service.lines().length).toBeGreaterThan(300 + 100 * kill), { timeout: 20_000 });
        service.child.kill('SIGKILL');
        await service.ended;
        acknowledged.push(...service.lines().filter((line) => line !== 'ready'));
      }
      const stored = await storedEvents(customer);
      expect(acknowledged.filter((id) => !new Set(stored).has(id))).toEqual([]);
      expect(new Set(stored).size).toBe(stored.length);
      expect(await metered(database, customer)).toEqual([String(stored.length)]);
      // The sender was killed before it heard: it sends again, and nothing is burned twice.
      await trackUsage(books, { events: acknowledged.slice(-1000).map((eventId) => calls(customer, 1, { eventId })) });
      expect(await metered(database, customer)).toEqual([String(stored.length)]);
    },
  );
});

test('unsound books are found by the check that runs after every test', async () => {
  const customer = await books.subscribe('hybrid');
  const raise = (by: number): Promise<unknown> =>
    asOwner((owner) =>
      owner.query(`update lots set drawn = drawn + $3 where lane = $1 and customer_id = $2`, [
        customer.lane,
        customer.customerId,
        by,
      ]),
    );
  await raise(1);
  await expect(expectSoundBooks(database)).rejects.toThrow();
  await raise(-1);
  await expectSoundBooks(database);
});
