// Rollouts to another plan, told over HTTP by two people; and by processes that are killed on the way.
import { createHash } from 'node:crypto';

import pg from 'pg';
import { expect, test, vi } from 'vitest';

import { fromWireId } from '../../src/contract/ids.ts';
import { readCohorts } from '../../src/domain/plan-migration.ts';
import type { LoggedRequest } from '../../src/simulator/server.ts';
import { execute } from '../../src/storage/query.ts';
import type { Reply, Wire } from '../support/api.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 240_000 });

const policy = { ...samplePolicy, planChange: 'at_renewal' as const };
const metered = { ...hybrid, plan: 'metered', name: 'Metered', baseAmountMinor: 900, includedCredits: '0', policy };
const twin = { ...hybrid, plan: 'twin', name: 'Twin' };
const { database, connectionString, ownerConnectionString } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [hybrid, metered, twin] } });
const { simulator } = story;
const [finn, lea] = [await story.person('finn', 'finance'), await story.person('lea', 'approver')];

const rollout = {
  name: 'spring',
  from: 'hybrid',
  to: 'metered',
  cohorts: ['new:2026-04-20', 'segment:smb', 'rest'],
  reason: 'use is stable',
};

async function planOf(customer: Subscriber): Promise<unknown> {
  return (await customer.balance())['plan'];
}

function refusal({ status, body }: Reply): string {
  return `${status} ${(body['error'] as unknown as Wire)['code'] as unknown as string}`;
}

async function migrationOf(name: string): Promise<Wire> {
  return (await story.call('GET', `/v1/migrations/${name}`)).body;
}

async function membersOf(name: string): Promise<readonly string[]> {
  const all = (await migrationOf(name))['cohorts'] as unknown as {
    cohort: string;
    customers: Record<string, number>;
  }[];
  return all.flatMap(({ cohort, customers }) =>
    Object.entries(customers).flatMap(([state, count]) => (count === 0 ? [] : [`${cohort}: ${count} ${state}`])),
  );
}

/** By hand: the first eight digits of MD5 over the customer's id and the rollout's name, below so many of a hundred. */
function isHeldOut(customer: string, name: string, percent: number): boolean {
  const digits = createHash('md5')
    .update(customer + name)
    .digest('hex')
    .slice(0, 8);
  return Number.parseInt(digits, 16) % 100 < percent;
}

interface Stop {
  readonly reached: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Another session holds what the process needs next. */
async function held(statement: string): Promise<Stop> {
  const holder = new pg.Client({ connectionString: ownerConnectionString });
  await holder.connect();
  await holder.query('begin');
  await holder.query(statement);
  const waiting = `from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database()`;
  return {
    reached: async () =>
      vi.waitFor(async () => expect((await holder.query(`select ${waiting}`)).rowCount).toBe(1), {
        timeout: 60_000,
        interval: 50,
      }),
    // What the dead process sent last would be done as soon as nobody holds it any more.
    release: async () => {
      await holder.query(`select pg_terminate_backend(pid) ${waiting}`);
      await holder.end();
    },
  };
}

async function slowStripe(): Promise<Stop> {
  simulator.faults.add({
    match: { method: 'POST', path: '/v1/subscription_schedules/', times: 1 },
    kind: 'slow',
    delayMs: 2_000,
  });
  const taken = vi.spyOn(simulator.faults, 'take');
  const isThere = (): boolean =>
    taken.mock.results.some(({ value }) => (value as { kind?: string } | undefined)?.kind === 'slow');
  return {
    reached: async () => vi.waitFor(() => expect(isThere()).toBe(true), { timeout: 60_000, interval: 20 }),
    release: async () => taken.mockRestore(),
  };
}

/** Keys of the calls that Stripe took: a call that was made twice under one key was made once. */
async function keysOf(path: RegExp): Promise<ReadonlySet<string | null>> {
  const logged = (await (await fetch(`${simulator.url}/_simulator/requests`)).json()) as readonly LoggedRequest[];
  const calls = logged.filter((one) => one.method === 'POST' && path.test(one.path) && one.status === 200);
  return new Set(calls.map(({ idempotency_key: key }) => key));
}

const PLANNING = [/^\/v1\/subscription_schedules$/, /^\/v1\/subscription_schedules\//];

/** One process after the other takes the rollout further and is killed -9 at another place. */
async function killedOnTheWay(): Promise<void> {
  const { host, port, secretKey } = simulator;
  const stops = [
    async () => held(`lock table plan_changes in share mode`),
    slowStripe,
    async () => held(`select from plan_migration_members where state = 'scheduling' for update`),
  ];
  for (const stop of stops) {
    const { reached, release } = await stop();
    const { child, ended } = startProcess('migration-process.ts', connectionString, host, String(port), secretKey);
    await reached();
    child.kill('SIGKILL');
    expect(await ended).toBeNull();
    await release();
    await simulator.settled();
    await execute(
      database,
      `update outbox set lease_until = clock_timestamp(), next_at = clock_timestamp()
       where lane between 0 and 63 and finished_at is null`,
    );
  }
}

test('new customers first: a second person starts it; killed three times, each moves once, at his renewal; held out stays', async () => {
  const [early, small, promised] = [await story.subscriber(), await story.subscriber(), await story.subscriber()];
  await story.until('2026-04-21T00:00:00Z');
  const newest = [await story.subscriber(), await story.subscriber(), await story.subscriber()] as const;
  const [fresh, other, stays] = newest;
  const everybody = [...newest, early, small, promised];
  const ids = await Promise.all(
    everybody.map(async (one) => fromWireId('customer', (await one.balance())['customer'] as unknown as string) ?? ''),
  );
  // A name under which one of the new ones is held out, and nobody else.
  const wanted = everybody.map((one) => one === stays).join(' ');
  const name =
    Array.from({ length: 5_000 }, (_, number) => `spring-${number}`).find(
      (each) => ids.map((id) => isHeldOut(id, each, 20)).join(' ') === wanted,
    ) ?? '';
  const spring = { ...rollout, name, holdout_percent: 20 };
  const segment = await finn('PUT', `/v1/customers/${small.stripeCustomer}/segment`, { segment: 'smb' });
  expect(segment.body).toMatchObject({ object: 'segment', segment: 'smb' });
  const terms = { until: '2027-03-31', reason: 'order form 7' };
  const pinned = await finn('PUT', `/v1/customers/${promised.stripeCustomer}/legacy_terms`, terms);
  expect(pinned.body).toMatchObject({ pinned: true });

  const dry = await finn('POST', '/v1/migrations', { ...spring, dry_run: true });
  expect(dry).toMatchObject({
    status: 200,
    body: {
      to: 'metered',
      to_version: 1,
      changes_packaging: true,
      cohorts: [
        { cohort: 'new since 2026-04-20', moves: 2, held_out: 1, pinned: 0, opens_after_days: 0 },
        { cohort: 'smb', moves: 1, opens_after_days: 30 },
        { cohort: 'rest', moves: 1, pinned: 1, opens_after_days: 60 },
      ],
      // Nobody has a whole period yet.
      bills: { data: [], left_out: [{}, {}, {}, {}] },
    },
  });
  expect((await story.call('GET', '/v1/migrations')).body['data']).toEqual([]);
  const planned = await finn('POST', '/v1/migrations', spring);
  expect(planned).toMatchObject({ status: 201, body: { state: 'planned', approved_by: null } });
  expect(refusal(await finn('POST', `/v1/migrations/${name}/start`))).toBe('403 not_permitted');
  const started = await lea('POST', `/v1/migrations/${name}/start`);
  expect(started.body).toMatchObject({ state: 'running', approval: 'two_people' });
  expect(started.body['approved_by']).not.toBe(planned.body['planned_by']);

  await killedOnTheWay();
  expect(await membersOf(name)).toEqual(['new since 2026-04-20: 2 scheduling', 'new since 2026-04-20: 1 held_out']);
  await story.until('2026-04-22T00:00:00Z');
  expect(await membersOf(name)).toEqual(['new since 2026-04-20: 2 scheduled', 'new since 2026-04-20: 1 held_out']);
  expect(await Promise.all(PLANNING.map(async (path) => (await keysOf(path)).size))).toEqual([2, 2]);
  // Scheduled is not moved: his running period stays what he bought.
  expect(await planOf(fresh)).toBe('hybrid');
  const both = await finn('PUT', `/v1/customers/${fresh.stripeCustomer}/segment`, { segment: 'smb' });
  expect(refusal(both)).toBe('422 migration_changes_both');
  await story.until('2026-05-20T00:00:00Z');
  expect((await finn('POST', `/v1/migrations/${name}/pause`, { reason: 'bills look wrong' })).body).toMatchObject({
    state: 'paused',
    paused_because: 'bills look wrong',
  });
  await story.until('2026-05-23T00:00:00Z');
  await stays.use(12_500);
  // Who was scheduled moves all the same; nobody else is.
  expect([await planOf(fresh), await planOf(other), await planOf(stays)]).toEqual(['metered', 'metered', 'hybrid']);
  expect([await planOf(early), await planOf(small)]).toEqual(['hybrid', 'hybrid']);
  expect(await membersOf(name)).toEqual(['new since 2026-04-20: 2 moved', 'new since 2026-04-20: 1 held_out']);
  expect((await lea('POST', `/v1/migrations/${name}/resume`)).body).toMatchObject({ state: 'running' });
  await story.until('2026-06-01T01:00:00Z');
  expect([await planOf(small), await planOf(early), await planOf(promised)]).toEqual(['metered', 'hybrid', 'hybrid']);
  await story.until('2026-07-01T01:00:00Z');
  expect([await planOf(early), await planOf(promised)]).toEqual(['metered', 'hybrid']);
  await story.until('2026-07-02T00:00:00Z');
  expect(await membersOf(name)).toEqual([
    'new since 2026-04-20: 2 moved',
    'new since 2026-04-20: 1 held_out',
    'smb: 1 moved',
    'rest: 1 moved',
    'rest: 1 pinned',
  ]);
  expect(await migrationOf(name)).toMatchObject({ state: 'done' });
  const apart = await finn('GET', `/v1/migrations/${name}/members?state=held_out`);
  expect(apart.body['data']).toMatchObject([{ external_id: stays.externalId, state: 'held_out', moved_at: null }]);

  // He used 12 500 of 10 000 in one of two periods: $99.00, $99.00 and $25.00 now, $9.00, $9.00 and $125.00 then.
  const autumn = { ...rollout, name: 'autumn', cohorts: ['new:2026-04-20'], dry_run: true };
  const { body } = await finn('POST', '/v1/migrations', autumn);
  expect(body['bills']).toMatchObject({
    summary: [{ currency: 'usd', customers: 1, pay_more: 0, before_minor: 22_300, after_minor: 14_300 }],
    data: [{ external_id: stays.externalId, difference_minor: -8_000 }],
  });
});

test('who is sold to and what is sold never change in one rollout; cohorts begin with new customers', async () => {
  const both = { ...rollout, name: 'both', to_segment: 'smb' };
  expect(refusal(await finn('POST', '/v1/migrations', both))).toBe('422 migration_changes_both');
  // The twin sells the same: only the segment changes.
  const relabel = { ...rollout, name: 'relabel', to: 'twin', to_segment: 'smb', dry_run: true, compare_months: 0 };
  expect((await finn('POST', '/v1/migrations', relabel)).body).toMatchObject({ changes_packaging: false, bills: null });
  expect(readCohorts('segment:smb,rest')).toBe('new customers come first: begin with new:2026-06-01');
  expect(readCohorts('new:2026-06-01,rest,segment:smb')).toBe('rest is everybody who is left: it comes last');
  const [one] = (await story.call('GET', '/v1/migrations')).body['data'] as unknown as readonly { name: string }[];
  expect(refusal(await finn('POST', '/v1/migrations', { ...rollout, name: one?.name }))).toBe('409 migration_exists');
  expect(refusal(await lea('POST', '/v1/migrations', { ...rollout, name: 'x' }))).toBe('403 not_permitted');
  expect(refusal(await finn('GET', '/v1/migrations/nothing'))).toBe('404 unknown_migration');
});
