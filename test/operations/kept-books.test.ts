import fc from 'fast-check';
import pg from 'pg';
import { expect, test } from 'vitest';

import type { PoolBook } from '../../src/domain/pool-book.ts';
import { startExecutor } from '../../src/operations/executor.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { limitSpending } from '../../src/operations/limit-spending.ts';
import type { RealTime } from '../../src/operations/track-usage.ts';
import { keepBooks, type KeptBooks } from '../../src/storage/kept-books.ts';
import { type BookNeeds, loadPoolBooks } from '../../src/storage/pool-books.ts';
import { query } from '../../src/storage/query.ts';
import { openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox } from '../support/inbox.ts';
import { capture, held, hold, packInvoice, release, use } from '../support/requests.ts';

const { database, ownerConnectionString } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [planWith('hybrid', {}), planWith('hundred', { zeroBalance: 'block' }, { includedCredits: '100' })],
});

/** A book as two of the same content are equal: without what is derived, and without balances of zero. */
function content(book: PoolBook | undefined) {
  if (book === undefined) return null;
  const { lots, overage, overageReserved, billed, shortfall, periods, terms: _terms, ...rest } = book;
  const standing = (balances: ReadonlyMap<string, bigint>) =>
    [...balances].filter(([, amount]) => amount !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...rest,
    periods: periods.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime()),
    lots: [...lots.values()].toSorted((a, b) => (a.lotId < b.lotId ? -1 : 1)),
    overage: standing(overage),
    overageReserved: standing(overageReserved),
    billed: standing(billed),
    shortfall: { ...shortfall, consumed: standing(shortfall.consumed) },
  };
}

interface Service extends RealTime {
  readonly kept: KeptBooks;
}

/** A process of the service with a shelf that can be looked at. */
function service(): Service {
  const kept = keepBooks();
  return { deps: books.deps, executor: startExecutor(books.deps, { kept }), kept };
}

/** What the service makes of what it keeps of a customer, if that is not outdated, beside what a read finds. */
async function keptAndRead({ kept }: Service, customer: Subscriber) {
  const read = async (needs: BookNeeds) => {
    const { books: found, now, versions } = await loadPoolBooks(database, [customer], books.deps.settings, needs);
    return { now, version: versions.get(customer.customerId) ?? -1n, book: found.get(customer.customerId) };
  };
  const { now, version, book } = await read({});
  const own = kept.take(customer.customerId, version, now);
  if (own === undefined) return { kept: null, read: content(book) };
  kept.keep(own, version);
  const used = await read({ kept });
  if (used.book !== undefined) kept.keep(used.book, version);
  return { kept: content(used.book), read: content(book) };
}

test('what is kept of a pool is what a read would find, whatever was done with it', { timeout: 60_000 }, async () => {
  const step = fc.record({
    act: fc.constantFrom('use', 'hold', 'capture', 'release', 'grant', 'limit', 'hour', 'month'),
    by: fc.integer({ min: 0, max: 1 }),
    amount: fc.integer({ min: 1, max: 900 }),
  });
  let day = Date.parse('2026-04-10T09:00:00Z');
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await books.at(new Date(day).toISOString());
      const startsAt = new Date(day - 9 * 86_400_000);
      const customer = await books.subscribe('hybrid', {
        startsAt,
        endsAt: new Date(startsAt.getTime() + 30 * 86_400_000),
      });
      const services = [service(), service()] as const;
      const holds: string[] = [];
      for (const { act, by, amount } of steps) {
        const at = services[by] ?? services[0];
        const holdId = holds[amount % Math.max(1, holds.length)] ?? '';
        if (act === 'use') await use(at, customer, amount);
        else if (act === 'hold') {
          const placed = await hold(at, customer, String(amount), { ttlSeconds: 1_800 });
          if ('hold' in placed) holds.push(placed.hold.holdId);
        } else if (act === 'capture' && holdId !== '') await capture(at, holdId, String(amount));
        else if (act === 'release' && holdId !== '') await release(at, holdId);
        else if (act === 'grant')
          await grantPaidInvoice(books.deps, packInvoice(customer, new Date(day).toISOString()));
        else if (act === 'limit') {
          await limitSpending(books.deps, { customer: customer.name, limit: BigInt(amount) * 1_000_000n });
        } else if (act === 'hour' || act === 'month') {
          day += act === 'hour' ? 3_600_000 : 30 * 86_400_000;
          await books.at(new Date(day).toISOString());
        }
        for (const one of services) {
          const { kept, read } = await keptAndRead(one, customer);
          if (kept === null) continue;
          found += 1;
          expect(kept).toEqual(read);
        }
      }
      await Promise.all(services.map(({ executor }) => executor.close()));
    }),
    { numRuns: 10 },
  );
  expect(found).toBeGreaterThan(20);
});

test('two services in turn on one pool of 100 credits never sell the 101st', async () => {
  const customer = await books.subscribe('hundred');
  const [one, other] = [service(), service()];
  for (let turn = 0; turn < 10; turn += 1) {
    await held(turn % 2 === 0 ? one : other, customer, '10');
  }
  await expect(held(one, customer, '1')).rejects.toThrow();
  await expect(held(other, customer, '1')).rejects.toThrow();
  await Promise.all([one.executor.close(), other.executor.close()]);
});

test.for<[string, string]>([
  ['a lot', `update lots set frozen = frozen where lane = $1 and customer_id = $2`],
  [
    'an account',
    `update accounts set balance = balance + 0 where lane = $1 and customer_id = $2 and kind = 'available'`,
  ],
  ['the subscription', `update subscriptions set quantity = quantity where lane = $1 and customer_id = $2`],
  ['the pool', `update pools set state = state where lane = $1 and customer_id = $2`],
  ['a period', `update billing_periods set state = state where lane = $1 and customer_id = $2`],
])('whoever changes %s by hand makes the kept book outdated', async ([, statement]) => {
  const customer = await books.subscribe('hybrid');
  const at = service();
  await use(at, customer, 1);
  expect((await keptAndRead(at, customer)).kept).not.toBeNull();
  const owner = new pg.Client({ connectionString: ownerConnectionString });
  await owner.connect();
  try {
    await owner.query('begin');
    await owner.query(statement, [customer.lane, customer.customerId]);
    const version = await owner.query<{ version: string }>(
      `select version from pools where lane = $1 and customer_id = $2`,
      [customer.lane, customer.customerId],
    );
    await owner.query('rollback');
    expect(at.kept.take(customer.customerId, BigInt(version.rows[0]?.version ?? 0), new Date(0))).toBeUndefined();
  } finally {
    await owner.end();
    await at.executor.close();
  }
});

test('a batch that fails leaves nothing half-decided behind', async () => {
  const customer = await books.subscribe('hybrid');
  const at = service();
  await use(at, customer, 1);
  const owner = new pg.Client({ connectionString: ownerConnectionString });
  await owner.connect();
  await owner.query(`create function refuse_cursed() returns trigger language plpgsql as $$
    begin raise exception 'cursed'; end $$;
    create trigger cursed before insert on usage_events for each row when (new.event_id = 'cursed')
      execute function refuse_cursed()`);
  expect(await use(at, customer, 500, { eventId: 'cursed' })).toMatchObject({
    rejected: { code: 'usage_event_failed' },
  });
  await owner.query(`drop trigger cursed on usage_events`);
  await owner.end();
  expect((await keptAndRead(at, customer)).kept).toBeNull();
  expect(await use(at, customer, 1)).toMatchObject({ status: 'applied' });
  const { kept, read } = await keptAndRead(at, customer);
  expect(kept).not.toBeNull();
  expect(kept).toEqual(read);
  await at.executor.close();
});

test('no more lots are kept than it may hold, the pool that was used longest ago goes first', async () => {
  const customers = await Promise.all(['hybrid', 'hybrid', 'hybrid'].map((plan) => books.subscribe(plan)));
  const kept = keepBooks(2);
  const { books: read } = await loadPoolBooks(database, customers, books.deps.settings);
  for (const book of read.values()) kept.keep(book, 1n);
  expect([...read.keys()].map((id) => kept.take(id, 1n, new Date(0)) !== undefined)).toEqual([false, true, true]);
});

test('customers whose bills become final together: what is kept of each is outdated', async () => {
  const { database: fresh } = await cloneDatabase();
  const { deps, signUp, apply, keyOf, advance, touch } = await openInbox(fresh);
  const signedUp = [await signUp(), await signUp()];
  await apply();
  const customers = await Promise.all(signedUp.map(keyOf));
  for (const month of ['2026-05-01T00:30:00Z', '2026-05-04T00:00:00Z']) {
    for (const one of signedUp) await advance(one, month);
    for (const customer of customers) await touch(customer);
    if (month < '2026-05-02') await apply();
  }
  const kept = keepBooks();
  const executor = startExecutor(deps, { kept });
  const keptOf = async () => {
    const { versions, now } = await loadPoolBooks(fresh, customers, deps.settings, {});
    return customers.map(({ customerId }) => kept.take(customerId, versions.get(customerId) ?? -1n, now)?.unit);
  };
  const keep = async () => executor.submit(customers.map((customer) => ({ kind: 'touch', customer })));
  await keep();
  expect(await keptOf()).toEqual(['credit', 'credit']);
  await keep();
  await apply();
  const bills = await query<{ state: string }>(
    fresh,
    `select state from billing_periods where lane between 0 and 63 order by starts_at`,
  );
  expect(bills.map(({ state }) => state)).toEqual(['final', 'final', 'open', 'open']);
  expect(await keptOf()).toEqual([undefined, undefined]);
  await executor.close();
});
