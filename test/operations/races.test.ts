import { expect, test } from 'vitest';

import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { clearSimulatedClock, wallTime } from '../../src/storage/clock.ts';
import { query } from '../../src/storage/query.ts';
import { balances, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';

const { database, connectionString } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [planWith('hundred', { zeroBalance: 'block' }, { includedCredits: '100' })],
});

/** Three processes with 32 clients each, their clocks so many minutes off; how many credits each of them used. */
async function race(customer: Subscriber, skews: readonly number[]): Promise<readonly number[]> {
  const services = skews.map((minutes) =>
    startProcess('./mixed-client.ts', connectionString, customer.name, '32', String(minutes)),
  );
  expect(await Promise.all(services.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  return services.map(({ lines }) => Number(lines().at(-1)));
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

test(
  'INV-07 holds, captures and tracks of 3 processes with 32 clients each end exactly at the limit',
  { timeout: 120_000 },
  async () => {
    for (let round = 0; round < 3; round += 1) {
      const customer = await books.subscribe('hundred');
      expect(sum(await race(customer, [0, 0, 0]))).toBe(100);
      expect(await balances(database, customer)).toEqual({ consumed: '100', 'issued.included': '-100' });
      expect((await verifyLedger({ db: database }, { customer })).breaches).toEqual([]);
    }
  },
);

test(
  "INV-19 clocks that are 10 minutes off change nothing: the database's clock decides",
  { timeout: 120_000 },
  async () => {
    await clearSimulatedClock(database);
    const before = await wallTime(database);
    const day = 86_400_000;
    const customer = await books.subscribe('hundred', {
      startsAt: new Date(before.getTime() - day),
      endsAt: new Date(before.getTime() + 20 * day),
    });
    expect(sum(await race(customer, [-10, 0, 10]))).toBe(100);
    const after = await wallTime(database);
    const [outside] = await query<{ entries: bigint; holds: bigint }>(
      database,
      `select (select count(*) from journal_entries where lane = $1 and customer_id = $2 and kind <> 'grant'
         and (recorded_at not between $3 and $4 or effective_at not between $3 and $4)) as entries,
       (select count(*) from holds where lane = $1 and customer_id = $2
         and (placed_at not between $3 and $4 or expires_at <> placed_at + interval '15 minutes')) as holds`,
      [customer.lane, customer.customerId, before, after],
    );
    expect(outside).toEqual({ entries: 0n, holds: 0n });
    await books.at('2026-04-10T09:00:00Z');
  },
);
