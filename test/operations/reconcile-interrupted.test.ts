// What comes between a reconciliation and its end, and what comes between the books and Stripe while nobody looks.
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { readMonthFigures } from '../../src/operations/close/roll-forward.ts';
import { examineDeployment } from '../../src/operations/examine-deployment.ts';
import { NO_TRACE } from '../../src/operations/operators/acting.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { buyPack } from '../../src/sandbox/sign-up.ts';
import { setSimulatedClock } from '../../src/storage/clock.ts';
import { listPackVersions } from '../../src/storage/plans.ts';
import { execute, query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 120_000 });

const { database, connectionString } = await cloneDatabase();
const story = await tellStory(database);
const { deps } = story.billing;
const FINANCE = { subject: 'system:test', roles: ['finance'], trace: NO_TRACE } as const;
let acme: Subscriber;

beforeAll(async () => {
  acme = await story.subscriber();
  for (let n = 0; n < 3; n += 1) await story.subscriber();
  await story.until('2026-04-10T12:00:00Z');
  await acme.use(500);
  await story.until('2026-04-10T14:00:00Z');
});
beforeEach(() => story.simulator.faults.clear());

interface Run {
  readonly id: string;
  readonly finished: boolean;
  readonly customers: number;
}

async function runs(): Promise<readonly Run[]> {
  return query<Run>(
    database,
    `select reconciliation_id as id, finished_at is not null as finished,
       coalesce((checks ->> 'customers')::int, 0) as customers from reconciliations order by reconciliation_id`,
  );
}

async function unfinished(): Promise<Run | undefined> {
  return (await runs()).find(({ finished }) => !finished);
}

test('a run that is killed with kill -9 goes on where it was, under the same id', async () => {
  story.simulator.faults.add({ match: { path: '/v1/customers/' }, kind: 'slow', delayMs: 150 });
  const { host, port, secretKey } = story.simulator;
  const first = startProcess('reconcile-process.ts', connectionString, host, String(port), secretKey);
  await vi.waitFor(() => expect(first.lines()).toContain('1'), { timeout: 60_000, interval: 20 });
  first.child.kill('SIGKILL');
  expect(await first.ended).toBeNull();
  const cut = await unfinished();
  expect(cut?.customers).toBeGreaterThan(0);
  expect(cut?.customers).toBeLessThan(4);

  story.simulator.faults.clear();
  const seen: number[] = [];
  const resumed = await reconcile(deps, { full: true, onProgress: ({ customers }) => seen.push(customers) });
  expect(resumed).toMatchObject({ reconciliationId: cut?.id, customers: 4, unexplained: 0 });
  expect(seen).toHaveLength(4 - (cut?.customers ?? 0));
  expect(await unfinished()).toBeUndefined();
});

test('two runs at once both end, and what differs is one variance', async () => {
  await story.stripe.billing.meterEvents.create({
    event_name: 'creditpool_credit_milli',
    payload: { stripe_customer_id: acme.stripeCustomer, value: '7000' },
  });
  await story.until('2026-04-10T17:00:00Z');
  const both = await Promise.all([reconcile(deps, { full: true }), reconcile(deps, { full: true })]);
  for (const { unexplained, variances } of both) {
    expect([unexplained, variances.map(({ subject }) => subject.split(' ')[0])]).toEqual([1, ['meter_events_foreign']]);
  }
  expect(await unfinished()).toBeUndefined();
  const rows = await query(
    database,
    `select variance_id from variances where state = 'open' and lane between 0 and 63`,
  );
  expect(rows).toHaveLength(1);
  await execute(database, `update variances set state = 'explained' where lane between 0 and 63`);
});

test('Stripe goes down half-way: the answer says so, nothing is called a difference, and the run goes on later', async () => {
  // Which run saw a difference last may change; what it is may not.
  const differences = async () =>
    query(
      database,
      `select variance_id, state, subject, ours, theirs from variances where lane between 0 and 63 order by variance_id`,
    );
  const before = await differences();
  // The first customer is compared; from then on every answer is an error.
  story.simulator.faults.add({ match: { path: '/v1/customers/' }, kind: 'slow', delayMs: 150 });
  const asked = story.call('POST', '/v1/reconciliations', { full: true });
  await vi.waitFor(async () => expect((await unfinished())?.customers).toBeGreaterThan(0), {
    timeout: 60_000,
    interval: 20,
  });
  story.simulator.faults.clear();
  story.simulator.faults.add({ match: {}, kind: '500_before' });
  const down = await asked;
  expect([down.status, down.body['error']?.['code']]).toEqual([503, 'stripe_unavailable']);
  expect(await differences()).toEqual(before);
  const cut = await unfinished();
  expect(cut).toBeDefined();
  story.simulator.faults.clear();
  expect(await reconcile(deps, { full: true })).toMatchObject({
    reconciliationId: cut?.id,
    customers: 4,
    unexplained: 0,
  });
});

test.for([1, -1])('a clock that is %i hour off invents no difference, and doctor names it', async (hours) => {
  const right = await story.clock.now();
  await setSimulatedClock(database, new Date(right.getTime() + hours * 3_600_000));
  const run = await reconcile(deps, { full: true });
  await setSimulatedClock(database, right);
  expect(run.variances.filter(({ state }) => state === 'open')).toEqual([]);
  const wall = (): Date => new Date(Date.now() + hours * 3_600_000);
  const looked = await examineDeployment(deps, {
    webhookUrl: story.origin,
    eventTypes: [],
    isSandbox: true,
    isStreaming: false,
    wall,
  });
  const clock = looked.find(({ check }) => check === 'database clock');
  expect(clock).toMatchObject({ ok: false, fix: 'keep this machine and the database on NTP' });
});

test('an event that Stripe has forgotten after 30 days is made up for by the objects themselves', async () => {
  await story.down('2026-05-05T00:00:00Z');
  const [pack] = await listPackVersions(database);
  if (pack === undefined) throw new Error('the sample catalogue has no pack');
  const invoice = await buyPack(story.stripe, acme.stripeCustomer, pack);
  await story.down('2026-06-06T00:00:00Z');
  story.simulator.faults.webhooks = {};
  const events = await story.stripe.events.list({ type: 'invoice.paid', limit: 100 });
  expect(events.data.filter(({ data }) => 'id' in data.object && data.object.id === invoice)).toEqual([]);
  await story.clock.settle();
  await reconcile(deps, { full: true });
  const [row] = await query<{ status: string }>(
    database,
    `select status from invoices where lane between 0 and 63 and invoice_id = $1`,
    [invoice],
  );
  expect(row).toEqual({ status: 'paid' });
  await story.until('2026-06-07T00:00:00Z');
  const { variances } = await reconcile(deps, { full: true });
  // The usage that another sender put on April's bill stays a difference; the forgotten purchase is none.
  const open = variances.filter(({ state }) => state === 'open');
  expect(open.filter(({ subject }) => subject.includes(invoice))).toEqual([]);
  expect(open.every(({ ours, theirs }) => ours?.startsWith('500') === true && theirs?.startsWith('507') === true)).toBe(
    true,
  );
});

test("a closed month's document is changed in the dashboard: the month stays, the change is the open month's", async () => {
  const customer = await story.subscriber();
  await story.until('2026-07-10T00:00:00Z');
  const invoice = (await story.stripe.invoices.list({ customer: customer.stripeCustomer, limit: 1 })).data[0];
  await execute(
    database,
    `insert into accounting_periods (month, closed_at, closed_by) values ('2026-06-01', now(), 'fiona')
     on conflict (month) do update set closed_at = excluded.closed_at, closed_by = excluded.closed_by`,
  );
  const june = await readMonthFigures(deps, FINANCE, '2026-06');
  await story.stripe.creditNotes.create({ invoice: invoice?.id ?? '', amount: 1_000, refund_amount: 1_000 });
  await story.until('2026-07-11T00:00:00Z');
  expect(await readMonthFigures(deps, FINANCE, '2026-06')).toEqual(june);
  const posted = await query<{ month: string }>(
    database,
    `select distinct to_char(effective_at, 'YYYY-MM') as month from journal_entries
     where lane between 0 and 63 and kind = 'credit_note.issued'`,
  );
  expect(posted).toEqual([{ month: '2026-07' }]);
  const run = await reconcile(deps, { full: true });
  expect(run.variances.map(({ subject }) => subject.split(' ')[0])).toContain('credit_note_foreign');
});
