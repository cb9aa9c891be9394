import { expect, test } from 'vitest';

import { scheduledJobs } from '../../src/jobs/schedule.ts';
import { createTimetable } from '../../src/jobs/timetable.ts';
import { createSandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const { deps, jobs } = story.billing;
const clock = createSandboxClock({
  deps,
  simulator: story.simulator,
  works: jobs.works,
  jobs,
  timetable: createTimetable(deps, scheduledJobs('0 3 * * *')),
});

test('a clock that is moved over nights does what each of them would have done', { timeout: 60_000 }, async () => {
  const customer = await story.subscriber();
  await customer.use(12_500);
  await clock.advance(new Date('2026-04-08T12:00:00Z'));
  const earned = await query<{ day: string; minor: string }>(
    database,
    `select to_char(e.effective_at at time zone 'UTC', 'MM-DD') as day, sum(p.amount)::text as minor
     from journal_entries e join postings p using (lane, customer_id, entry_id)
     where e.lane between 0 and 63 and e.kind = 'revenue.fee_earned' group by 1 order by 1`,
  );
  // $99.00 over thirty days: $3.30 each.
  expect(earned).toEqual(['01', '02', '03', '04', '05', '06', '07'].map((day) => ({ day: `04-${day}`, minor: '330' })));
  const sealed = await query<{ days: number }>(database, 'select count(*)::integer as days from seal_roots');
  expect(sealed).toEqual([{ days: 7 }]);
  const runs = await query<{ at: Date }>(database, 'select started_at as at from reconciliations order by 1');
  expect(runs.map(({ at }) => at.toISOString())).toEqual(
    // A night ends with its last job: on the second the health pack of the month before is issued at six.
    ['01T03', '02T06', '03T03', '04T03', '05T03', '06T03', '07T03', '08T03'].map((at) => `2026-04-${at}:00:00.000Z`),
  );
});

test('a night that is cut in two is done once', { timeout: 60_000 }, async () => {
  await clock.advance(new Date('2026-04-09T00:30:00Z'));
  await clock.advance(new Date('2026-04-09T02:00:00Z'));
  await clock.advance(new Date('2026-04-09T12:00:00Z'));
  const runs = await query<{ count: number }>(
    database,
    `select count(*)::integer as count from reconciliations where started_at >= '2026-04-09'`,
  );
  expect(runs).toEqual([{ count: 1 }]);
});
