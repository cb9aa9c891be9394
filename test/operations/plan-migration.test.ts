import { expect, test, vi } from 'vitest';

import { readCohorts } from '../../src/domain/plan-migration.ts';
import { pinLegacyTerms, setSegment } from '../../src/operations/migration/customer-terms.ts';
import { planMigration } from '../../src/operations/migration/plan-migration.ts';
import {
  pauseMigration,
  readMigrations,
  resumeMigration,
  startMigration,
} from '../../src/operations/migration/run-migration.ts';
import type { Acting } from '../../src/operations/operators/acting.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { employ } from '../support/operators.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 240_000 });

const policy = { ...samplePolicy, planChange: 'at_renewal' as const };
const metered = { ...hybrid, plan: 'metered', name: 'Metered', baseAmountMinor: 900, includedCredits: '0', policy };
const twin = { ...hybrid, plan: 'twin', name: 'Twin' };
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [hybrid, metered, twin] } });
const { deps } = story.billing;
const person = async (name: string, ...roles: Parameters<typeof employ>[2]): Promise<Acting> => ({
  subject: await employ(deps, name, roles),
  roles: null,
  trace: { requestId: null, address: null, userAgent: null },
});
const [finn, lea] = [await person('finn', 'finance'), await person('lea', 'approver')];

const cohorts = readCohorts('new:2026-04-20,segment:smb,rest');
if (typeof cohorts === 'string') throw new Error(cohorts);
const spring = {
  name: 'spring',
  fromPlan: 'hybrid',
  toPlan: 'metered',
  toSegment: null,
  cohorts,
  everyDays: 30,
  holdoutPercent: 0,
  reason: 'use is stable',
  dryRun: false,
};

async function planOf(customer: Subscriber): Promise<unknown> {
  return (await customer.balance())['plan'];
}

async function membersOf(name: string): Promise<readonly string[]> {
  const found = await readMigrations(deps, name);
  if ('rejected' in found) throw new Error(found.rejected.message);
  return found.flatMap(({ cohorts: all }) =>
    all.flatMap(({ members }) => members.map((one) => `${one.cohort}: ${one.customers} ${one.state}`)),
  );
}

test('new customers first: a rollout needs a second person, moves each at his renewal, and can be stopped', async () => {
  const [early, small, promised] = [await story.subscriber(), await story.subscriber(), await story.subscriber()];
  await story.until('2026-04-21T00:00:00Z');
  const fresh = await story.subscriber();
  expect(await setSegment(deps, finn, { customer: small.stripeCustomer, segment: 'smb' })).toEqual({ segment: 'smb' });
  const pin = { customer: promised.stripeCustomer, until: '2027-03-31', reason: 'order form 7', release: false };
  expect(await pinLegacyTerms(deps, finn, pin)).toEqual({ pinned: true });

  const dry = await planMigration(deps, finn, { ...spring, dryRun: true });
  expect(dry).toMatchObject({
    toVersion: 1,
    changesPackaging: true,
    migration: null,
    cohorts: [
      { cohort: 'new since 2026-04-20', moves: 1, pinned: 0, opensAfterDays: 0 },
      { cohort: 'smb', moves: 1, opensAfterDays: 30 },
      { cohort: 'rest', moves: 1, pinned: 1, opensAfterDays: 60 },
    ],
  });
  expect(await readMigrations(deps, null)).toEqual([]);
  expect(await planMigration(deps, finn, spring)).toMatchObject({
    migration: { state: 'planned', plannedBy: finn.subject },
  });
  expect(await startMigration(deps, finn, 'spring')).toMatchObject({ rejected: { code: 'not_permitted' } });
  expect(await startMigration(deps, lea, 'spring')).toMatchObject({
    migration: { state: 'running', approval: 'two_people', approvedBy: lea.subject },
  });

  await story.until('2026-04-22T00:00:00Z');
  expect(await membersOf('spring')).toEqual(['new since 2026-04-20: 1 scheduled']);
  // Scheduled is not moved: his running period stays what he bought.
  expect(await planOf(fresh)).toBe('hybrid');
  expect(await setSegment(deps, finn, { customer: fresh.stripeCustomer, segment: 'smb' })).toMatchObject({
    rejected: { code: 'migration_changes_both' },
  });
  await story.until('2026-05-20T00:00:00Z');
  expect(await pauseMigration(deps, finn, { name: 'spring', reason: 'bills look wrong' })).toMatchObject({
    migration: { state: 'paused', pausedBecause: 'bills look wrong' },
  });
  await story.until('2026-05-23T00:00:00Z');
  // Who was scheduled moves all the same; nobody else is.
  expect(await planOf(fresh)).toBe('metered');
  expect([await planOf(early), await planOf(small)]).toEqual(['hybrid', 'hybrid']);
  expect(await membersOf('spring')).toEqual(['new since 2026-04-20: 1 moved']);
  expect(await resumeMigration(deps, lea, 'spring')).toMatchObject({ migration: { state: 'running' } });
  await story.until('2026-06-01T01:00:00Z');
  expect([await planOf(small), await planOf(early), await planOf(promised)]).toEqual(['metered', 'hybrid', 'hybrid']);
  await story.until('2026-07-01T01:00:00Z');
  expect([await planOf(early), await planOf(promised)]).toEqual(['metered', 'hybrid']);
  await story.until('2026-07-02T00:00:00Z');
  expect(await membersOf('spring')).toEqual([
    'new since 2026-04-20: 1 moved',
    'smb: 1 moved',
    'rest: 1 moved',
    'rest: 1 pinned',
  ]);
  expect(await readMigrations(deps, 'spring')).toMatchObject([{ migration: { state: 'done' } }]);
});

test('who is sold to and what is sold never change in one rollout; cohorts begin with new customers', async () => {
  const both = { ...spring, name: 'both', toSegment: 'smb' };
  expect(await planMigration(deps, finn, both)).toMatchObject({ rejected: { code: 'migration_changes_both' } });
  // The twin sells the same: only the segment changes.
  const relabel = { ...spring, name: 'relabel', toPlan: 'twin', toSegment: 'smb', dryRun: true };
  expect(await planMigration(deps, finn, relabel)).toMatchObject({ changesPackaging: false, migration: null });
  expect(readCohorts('segment:smb,rest')).toBe('new customers come first: begin with new:2026-06-01');
  expect(readCohorts('new:2026-06-01,rest,segment:smb')).toBe('rest is everybody who is left: it comes last');
  expect(await planMigration(deps, finn, spring)).toMatchObject({ rejected: { code: 'migration_exists' } });
  expect(await planMigration(deps, lea, { ...spring, name: 'x' })).toMatchObject({
    rejected: { code: 'not_permitted' },
  });
  expect(await readMigrations(deps, 'nothing')).toMatchObject({ rejected: { code: 'unknown_migration' } });
});
