import { setTimeout as sleep } from 'node:timers/promises';

import { createTask } from 'node-cron';
import { expect, test, vi } from 'vitest';

import { type Job, lastFireTime, startCron } from '../../src/jobs/cron.ts';
import { scheduledJobs } from '../../src/jobs/schedule.ts';
import { recentJobRuns } from '../../src/storage/job-runs.ts';
import { cloneDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { startProcess } from '../support/processes.ts';

const clone = await cloneDatabase();
const deps = testDeps(clone.database);

const runsOf = (lines: readonly string[]): number => lines.filter((line) => line === 'run').length;

test('three processes run a job of every second once a second, none twice, none left out', async () => {
  const replicas = Array.from({ length: 3 }, () => startProcess('cron-process.ts', 'tick', clone.connectionString));
  await vi.waitFor(() => expect(replicas.every(({ lines }) => lines().includes('ready'))).toBe(true), 20_000);
  await sleep(6_000);
  for (const { child } of replicas) child.kill('SIGTERM');
  await Promise.all(replicas.map(({ ended }) => ended));
  const slots = (await recentJobRuns(clone.database, 'tick', 100)).map(({ fireTime }) => fireTime.getTime());
  const run = replicas.reduce((sum, { lines }) => sum + runsOf(lines()), 0);
  expect(run).toBe(slots.length);
  expect(slots.length).toBeGreaterThanOrEqual(5);
  expect(slots.map((slot) => (slots[0] ?? 0) - slot)).toEqual(slots.map((_, index) => index * 1_000));
}, 60_000);

test('a run whose process was killed is done again by another', async () => {
  const first = startProcess('cron-process.ts', 'slow', clone.connectionString);
  await vi.waitFor(() => expect(runsOf(first.lines())).toBe(1), 20_000);
  first.child.kill('SIGKILL');
  await first.ended;
  const [cut] = (await recentJobRuns(clone.database, 'slow', 10)).toReversed();
  let adopted = 0;
  const job: Job = {
    name: 'slow',
    cron: '0 3 1 1 *',
    catchUpHours: 0,
    work: async () => ({ adopted: (adopted += 1) }),
  };
  const cron = startCron(deps, [job], { owner: 'second', leaseMs: 2_000, adoptEveryMs: 200 });
  await vi.waitFor(() => expect(adopted).toBe(1), 15_000);
  await cron.stop(5_000);
  const done = (await recentJobRuns(clone.database, 'slow', 10)).find(
    ({ fireTime }) => fireTime.getTime() === cut?.fireTime.getTime(),
  );
  expect(done).toMatchObject({ owner: 'second', leaseNo: 2, outcome: { ok: true, adopted: 1 } });
}, 60_000);

test('what a deployment slept through is caught up once, whoever starts and however often', async () => {
  let runs = 0;
  const job: Job = { name: 'nightly', cron: '0 3 * * *', catchUpHours: 26, work: async () => ({ run: (runs += 1) }) };
  const both = ['a', 'b'].map((owner) => startCron(deps, [job], { owner }));
  await vi.waitFor(() => expect(runs).toBe(1), 10_000);
  await Promise.all(both.map(async (cron) => cron.stop(5_000)));
  const again = startCron(deps, [job], { owner: 'c' });
  await sleep(500);
  await again.stop(5_000);
  expect(runs).toBe(1);
});

test('a failing job is recorded with its reason and does not end the process', async () => {
  const job: Job = {
    name: 'failing',
    cron: '0 3 * * *',
    catchUpHours: 26,
    work: async () => Promise.reject(new Error('Stripe was away')),
  };
  const cron = startCron(deps, [job], { owner: 'd' });
  await vi.waitFor(async () => {
    const [run] = await recentJobRuns(clone.database, 'failing', 1);
    expect(run?.outcome).toEqual({ ok: false, because: 'Stripe was away' });
  }, 10_000);
  await cron.stop(5_000);
});

test('the latest fire time is the minute that the expression names, or none within the hours', () => {
  const nightly = { cron: '0 3 * * *', catchUpHours: 26 };
  const task = createTask(nightly.cron, () => undefined, { timezone: 'UTC' });
  const last = (before: string, job = nightly) => lastFireTime(task, new Date(before), job)?.toISOString();
  expect(last('2026-04-02T02:59:59Z')).toBe('2026-04-01T03:00:00.000Z');
  expect(last('2026-04-02T03:00:10Z')).toBe('2026-04-02T03:00:00.000Z');
  expect(last('2026-04-02T02:59:59Z', { ...nightly, catchUpHours: 20 })).toBeUndefined();
});

test('the pack of a month is caught up however long a deployment was off: on 2 July at six, until August', () => {
  const job = scheduledJobs('0 3 * * *').find(({ name }) => name === 'issue-health-pack');
  if (job === undefined) throw new Error('nobody issues packs');
  const task = createTask(job.cron, () => undefined, { timezone: 'UTC' });
  const due = ['2026-07-02T05:59:59Z', '2026-07-02T06:00:00Z', '2026-07-20T17:42:00Z', '2026-08-02T05:59:59Z'];
  expect(due.map((at) => lastFireTime(task, new Date(at), job)?.toISOString())).toEqual([
    '2026-06-02T06:00:00.000Z',
    ...Array<string>(3).fill('2026-07-02T06:00:00.000Z'),
  ]);
});
