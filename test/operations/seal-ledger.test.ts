import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import { EVERY_LANE } from '../../src/domain/customer.ts';
import { sealLedger } from '../../src/operations/seal-ledger.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { openDatabase, type Transaction } from '../../src/storage/database.ts';
import { execute, query, runScript } from '../../src/storage/query.ts';
import { type ExportedRoot, sealDay, sealRoots } from '../../src/storage/seals.ts';
import { type Breach, findBreachesIn } from '../../src/storage/verify.ts';
import { openBooks } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { drawTamper } from '../support/tampering.ts';

/** The suite draws some; `npm run test:tamper` draws a thousand. */
const TAMPERS = Number(process.env['TAMPERS'] ?? 60);

const { database, ownerConnectionString } = await cloneDatabase();
const books = await openBooks(database);
const { deps } = books;
let exported: readonly ExportedRoot[] = [];

async function use(customer: string, id: string): Promise<void> {
  const [told] = await trackUsage(books, {
    events: [
      {
        eventId: id,
        source: 'api',
        customer,
        action: 'api.call',
        quantities: { calls: 7n },
        occurredAt: null,
        member: null,
      },
    ],
  });
  expect(told).toMatchObject({ status: 'applied' });
}

beforeAll(async () => {
  const customers = [await books.subscribe('hybrid'), await books.subscribe('hybrid'), await books.subscribe('hybrid')];
  for (const day of [11, 12, 15]) {
    for (const [index, { name }] of customers.entries()) {
      if (day === 12 && index === 0) continue;
      await books.at(`2026-04-${day}T0${index}:00:00Z`);
      await use(name, `${day}-${index}`);
    }
  }
});

describe('a day is sealed once it is over', () => {
  test('an hour after midnight, in order, once; days on which nothing happened need no seal', async () => {
    await books.at('2026-04-13T00:59:59Z');
    expect(await sealLedger(deps)).toMatchObject([
      { day: '2026-04-10', customers: 3 },
      { day: '2026-04-11', customers: 3, records: 6 },
    ]);
    await books.at('2026-04-20T09:00:00Z');
    expect(await sealLedger(deps)).toMatchObject([
      { day: '2026-04-12', customers: 2, records: 4 },
      { day: '2026-04-15', customers: 3, records: 6 },
    ]);
    expect(await sealLedger(deps)).toEqual([]);
    exported = await sealRoots(database);
    expect(exported.map(({ day }) => day)).toEqual(['2026-04-10', '2026-04-11', '2026-04-12', '2026-04-15']);
    expect(new Set(exported.map(({ root }) => root)).size).toBe(4);
  });

  test('INV-37 sealed books are verified, against the exported roots too', async () => {
    expect(await verifyLedger(deps, { exportedRoots: exported })).toMatchObject({ verified: true, breaches: [] });
  });

  test('what is recorded afterwards belongs to later days and breaks no seal', async () => {
    const customer = await books.subscribe('hybrid');
    await use(customer.name, 'later');
    expect(await verifyLedger(deps, { exportedRoots: exported })).toMatchObject({ verified: true });
  });

  test('two at once seal each day once', async () => {
    await books.at('2026-04-25T09:00:00Z');
    const both = await Promise.all([sealLedger(deps), sealLedger(deps)]);
    expect(both.flat().map(({ day }) => day)).toEqual(['2026-04-20']);
    exported = await sealRoots(database);
  });
});

const owner = openDatabase({ connectionString: ownerConnectionString, poolSize: 1, role: null });

/** What verification says of the books after a superuser's statements; all of it is taken back. */
async function breachesAfter(damage: (trx: Transaction) => Promise<unknown>): Promise<readonly Breach[]> {
  const trx = await owner.transaction();
  try {
    await runScript(trx, 'set local session_replication_role = replica');
    await damage(trx);
    const { breaches } = await findBreachesIn(trx, { lanes: EVERY_LANE }, exported);
    return breaches.filter(({ invariant }) => invariant === 'INV-37');
  } finally {
    await trx.rollback();
  }
}

describe('INV-37 a superuser’s change of a sealed day is found', () => {
  test(`each of ${TAMPERS} hands, drawn at random`, async () => {
    const missed: string[] = [];
    const draws = fc.sample(fc.noBias(fc.nat(999_999)), { numRuns: 8 * TAMPERS, seed: 37 });
    const random = (): number => (draws.pop() ?? 0) / 1_000_000;
    const kinds = new Set<string>();
    for (let turn = 0; turn < TAMPERS; turn += 1) {
      const { done, sql } = drawTamper(random);
      kinds.add(done);
      const found = await breachesAfter(async (trx) => expect(await execute(trx, sql)).toBe(1));
      if (found.length === 0) missed.push(done);
    }
    expect(missed).toEqual([]);
    expect(kinds.size).toBeGreaterThan(Math.min(TAMPERS / 3, 25));
  }, 600_000);

  test('also one who makes every seal and root again: only the exported roots tell', async () => {
    const resealed = async (trx: Transaction): Promise<void> => {
      await runScript(trx, `update postings set amount = amount + 1 where ctid = (select min(ctid) from postings)`);
      await runScript(trx, 'truncate seals, seal_roots');
      for (const { day } of exported) await sealDay(trx, { day, lanes: EVERY_LANE, sealedAt: new Date('2026-04-25') });
    };
    const found = await breachesAfter(resealed);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ subject }) => subject.startsWith('root of '))).toBe(true);
  });

  test('and one who cuts the newest day off, seals and all', async () => {
    const cut = async (trx: Transaction): Promise<void> => {
      await runScript(
        trx,
        `delete from seals where day = '2026-04-20'; delete from seal_roots where day = '2026-04-20'`,
      );
    };
    expect(await breachesAfter(cut)).toEqual([
      { invariant: 'INV-37', subject: 'root of 2026-04-20', expected: exported.at(-1)?.root, found: 'no seal' },
    ]);
  });

  test('the application itself may neither change nor remove a seal', async () => {
    for (const statement of [`update seals set records = 1`, `delete from seal_roots`, `truncate seals`])
      await expect(query(database, statement)).rejects.toThrow(/permission denied/);
    await owner.destroy();
  });
});
