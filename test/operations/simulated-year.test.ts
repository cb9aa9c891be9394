// A small share of `npm run simulate:year`, and the proof that it can fail: a charge that nobody made, and a lot that was
// altered, are each seen.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { isSound, type YearResult } from '../../scripts/year/add-up.ts';
import type { Firm } from '../../scripts/year/firm.ts';
import { liveYear } from '../../scripts/year/run.ts';
import { execute, query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';

const MONTHS = 3;
const { ownerConnectionString: databaseUrl } = await cloneDatabase();
const directory = await mkdtemp(join(tmpdir(), 'creditpool-year-test-'));
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** An invoice of $1.00 at Stripe that no deed of the log asks for. */
async function chargeWrongly({ stripe, db }: Firm): Promise<void> {
  const [row] = await query<{ customer: string }>(
    db,
    `select stripe_customer_id as customer from customers where lane between 0 and 63 and external_id = 'year-0'`,
  );
  const customer = row?.customer ?? '';
  const { id } = await stripe.invoices.create({ customer, auto_advance: false });
  await stripe.invoiceItems.create({ customer, invoice: id, amount: 100, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(id);
}

test('a quarter of fifteen customers closes month by month, and a wrong charge or an altered lot would be seen', async () => {
  const told: string[] = [];
  const results: YearResult[] = [];
  const lived = await liveYear({
    seed: 7,
    customers: 15,
    months: MONTHS,
    directory,
    databaseUrl,
    resume: false,
    say: (line) => told.push(line),
    stopped: () => false,
    afterwards: async (firm, addUp) => {
      await execute(
        firm.db,
        `update lots set paid_minor = paid_minor + 1 where lane between 0 and 63 and paid_minor > 0`,
      );
      results.push(await addUp());
      await execute(
        firm.db,
        `update lots set paid_minor = paid_minor - 1 where lane between 0 and 63 and paid_minor > 0`,
      );
      results.push(await addUp());
      await chargeWrongly(firm);
      results.push(await addUp());
    },
  });
  if (lived === null) throw new Error('it was stopped');
  expect(told.filter((line) => line.includes('NOT CLOSED') || line.includes('expected'))).toEqual([
    expect.stringMatching(/^customer 0 .* expected/) as unknown,
    '  expected:',
  ]);
  expect(lived).toMatchObject({ months_closed: MONTHS, customers: 15, unexplained: 0 });
  expect(lived.invoices).toBeGreaterThan(40);
  expect([lived.lots_minor, lived.charged_minor]).toEqual([lived.deferred_minor, lived.expected_minor]);
  expect([lived, ...results].map((result) => isSound(result, MONTHS))).toEqual([true, false, true, false]);
}, 600_000);
