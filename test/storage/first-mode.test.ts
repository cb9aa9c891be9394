import { expect, test } from 'vitest';

import { stampOnce } from '../../src/storage/deployment.ts';
import { listRates } from '../../src/storage/plans.ts';
import { storeSampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';

test.for([
  ['a live account that is newly connected only observes', { livemode: true, sandbox: false }, 'observe'],
  ["Stripe's test mode enforces", { livemode: false, sandbox: false }, 'enforce'],
  ['a sandbox enforces', { livemode: false, sandbox: true }, 'enforce'],
] as const)('%s', async ([, stamp, mode]) => {
  const { database } = await cloneDatabase();
  await stampOnce(database, { account: 'acct_1', ...stamp });
  await storeSampleCatalogue(database);
  expect(new Set((await listRates(database, 'credit')).map((row) => row.mode))).toEqual(new Set([mode]));
});
