// Runs that people ask for: one at a time, by whichever process has time, to their end also when one was killed.
import { expect, test, vi } from 'vitest';

import { performFinanceJobs, readFinanceJob, requestFinanceJob } from '../../src/operations/finance/finance-jobs.ts';
import { listReconciliations } from '../../src/operations/finance/read-runs.ts';
import { type Acting, NO_TRACE } from '../../src/operations/operators/acting.ts';
import { leaseFinanceJob } from '../../src/storage/finance-jobs.ts';
import { execute } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { employ } from '../support/operators.ts';
import { tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 60_000 });

const { database } = await cloneDatabase();
const story = await tellStory(database);
const errors: string[] = [];
const deps = {
  ...story.billing.deps,
  log: { ...story.billing.deps.log, error: (_fields: object, message: string): void => void errors.push(message) },
};
const fiona: Acting = { subject: await employ(deps, 'fiona', ['finance']), roles: null, trace: NO_TRACE };
await story.subscriber();
await story.subscriber();

async function ask(acting = fiona): Promise<string> {
  const job = await requestFinanceJob(deps, acting, { kind: 'reconciliation', everybody: true });
  if ('rejected' in job) throw new Error(job.rejected.message);
  return job.financeJobId;
}

async function jobOf(id: string) {
  const job = await readFinanceJob(deps, fiona, id);
  if ('rejected' in job) throw new Error(job.rejected.message);
  return job;
}

/** As if the process that has it had died long ago. */
async function letLeaseEnd(): Promise<void> {
  await execute(database, `update finance_jobs set lease_until = clock_timestamp() - interval '1 second'`);
}

test('asked for twice it is done once, and says how far it came and who asked', async () => {
  const id = await ask();
  expect(await ask()).toBe(id);
  expect(await jobOf(id)).toMatchObject({ begunAt: null, customersInAll: 2 });
  expect([await performFinanceJobs(deps), await performFinanceJobs(deps)]).toEqual([1, 0]);
  expect(await jobOf(id)).toMatchObject({ customers: 2, attempts: 1, failure: null });
  const list = await listReconciliations(deps, fiona, 10);
  if ('rejected' in list) throw new Error(list.rejected.message);
  expect(list.runs).toMatchObject([{ scope: 'full', requestedBy: fiona.subject, progress: { customers: 2 } }]);
  expect(list.runs[0]?.funnels.map(({ month }) => month)).toEqual(['2026-04']);
});

test('one whose process was killed is taken over, and only then', async () => {
  const id = await ask();
  // Another process takes it, and is killed.
  expect((await leaseFinanceJob(database, 60_000))?.financeJobId).toBe(id);
  expect(await performFinanceJobs(deps)).toBe(0);
  await letLeaseEnd();
  expect(await performFinanceJobs(deps)).toBe(1);
  expect(await jobOf(id)).toMatchObject({ customers: 2, attempts: 2, failure: null });
  expect((await jobOf(id)).reconciliationId).not.toBeNull();
});

test('with Stripe down it stops and says so, goes on when Stripe is back, and is given up after five tries', async () => {
  const { faults } = story.simulator;
  const id = await ask();
  faults.add({ match: { method: 'GET' }, kind: '500_before' });
  expect(await performFinanceJobs(deps)).toBe(1);
  const stopped = await jobOf(id);
  expect(stopped).toMatchObject({ finishedAt: null, attempts: 1 });
  expect(stopped.failure).not.toBeNull();
  expect(await performFinanceJobs(deps)).toBe(0);
  faults.clear();
  await letLeaseEnd();
  expect(await performFinanceJobs(deps)).toBe(1);
  expect(await jobOf(id)).toMatchObject({ customers: 2, attempts: 2, failure: null });

  const hopeless = await ask();
  faults.add({ match: { method: 'GET' }, kind: '500_before' });
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    expect(await performFinanceJobs(deps)).toBe(1);
    await letLeaseEnd();
  }
  faults.clear();
  expect(await performFinanceJobs(deps)).toBe(0);
  const given = await jobOf(hopeless);
  expect([given.attempts, given.finishedAt === null, given.failure === null]).toEqual([5, false, false]);
  expect(errors).toHaveLength(6);
});

test('a month that is not over is not prepared, and support asks for no run', async () => {
  const early = await requestFinanceJob(deps, fiona, {
    kind: 'close_preparation',
    month: '2026-04',
    everybody: true,
  });
  expect(early).toMatchObject({ rejected: { code: 'close_too_early' } });
  const agnes = { ...fiona, subject: await employ(deps, 'agnes', ['support']) };
  const refused = await requestFinanceJob(deps, agnes, { kind: 'reconciliation', everybody: true });
  expect(refused).toMatchObject({ rejected: { code: 'not_permitted' } });
});
