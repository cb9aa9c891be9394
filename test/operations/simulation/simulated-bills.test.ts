import { describe, expect, test } from 'vitest';

import { simulatePlans } from '../../../src/operations/simulation/simulate-plans.ts';
import { query } from '../../../src/storage/query.ts';
import { cloneDatabase } from '../../support/database.ts';
import { chargedMinor, eventfulCatalogue, openEventful } from '../../support/eventful-months.ts';
import { tellStory } from '../../support/story.ts';

// `npm run test:simulation` takes more of them.
const SEEDS = process.env['SIMULATION_SEEDS']?.split(',').map(Number) ?? [7];
const told = await Promise.all(
  SEEDS.map(async (seed) => {
    const { database } = await cloneDatabase();
    return { seed, database, story: await tellStory(database, { catalogue: eventfulCatalogue }) };
  }),
);
const DECISIVE = [
  'debt.settled',
  'hold.captured',
  'hold.lapsed',
  'hold.released',
  'lot.expired',
  'lot.rolled',
  'overage.billed',
  'overage.paid_down',
  'transfer',
  'usage.burn',
  'usage.funded',
  'usage.reversed',
] as const;
const [FROM, TO] = [new Date('2026-04-01T00:00:00Z'), new Date('2026-06-01T00:00:00Z')];

describe.for(told)('months of seed $seed', ({ seed, database, story }) => {
  test('the present plan over past usage comes to what Stripe charged, to the cent', { timeout: 240_000 }, async () => {
    const { customers, visit, late } = await openEventful(story, seed);
    for (const month of ['04', '05']) {
      for (const day of ['03', '12', '24', '30']) {
        await story.until(`2026-${month}-${day}T12:00:00Z`);
        await visit(new Date(`2026-${month}-${day}T12:00:00Z`));
      }
      const next = String(Number(month) + 1).padStart(2, '0');
      await story.until(`2026-${next}-01T00:20:00Z`);
      await late(`2026-${month}-${month === '05' ? '31' : '30'}T23:50:00Z`);
    }
    await story.until('2026-06-02T06:00:00Z');
    await story.relayed();

    const before = await rowsOf(database);
    const simulation = await simulatePlans(story.billing.deps, {
      candidate: { kind: 'present' },
      from: FROM,
      to: TO,
      customer: null,
    });
    if ('rejected' in simulation) throw new Error(simulation.rejected.message);
    expect(simulation.leftOut).toEqual([]);
    const simulated: Record<string, number> = {};
    const charged: Record<string, number> = {};
    for (const { externalId, before: bills } of simulation.bills) {
      const plan = bills.plan.split('@')[0] ?? '';
      const customer = customers.get(plan);
      if (customer === undefined || customer.externalId !== externalId) throw new Error(`who is ${externalId}?`);
      simulated[plan] = Number(bills.periods.reduce((sum, { totalMinor }) => sum + totalMinor, 0n));
      charged[plan] = await chargedMinor(story, customer, TO);
    }
    expect(simulated).toEqual(charged);
    expect(simulation.control).toMatchObject({ customers: 7, equal: 7, different: [] });
    // All that decides a bill has happened.
    const kinds = await query<{ kind: string }>(
      database,
      'select distinct kind from journal_entries where lane between 0 and 63',
      [],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...DECISIVE]));
    // Reading only.
    expect(await rowsOf(database)).toEqual(before);
  });
});

/** How many rows each table has, with what was ever inserted, changed and deleted in it. */
async function rowsOf(database: (typeof told)[number]['database']): Promise<readonly object[]> {
  const tables = await query<{ name: string }>(
    database,
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    [],
  );
  return Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await query<object>(
        database,
        `select $1::text as name, count(*), md5(string_agg(t::text, '' order by t::text)) as content from ${name} t`,
        [name],
      );
      return row ?? {};
    }),
  );
}
