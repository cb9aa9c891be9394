// Customers taken over in the middle of a period: what somebody else has put on Stripe's meter by then is billed once.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Stripe } from 'stripe';
import { afterAll, expect, test, vi } from 'vitest';

import { reconcile } from '../../src/operations/reconcile.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { signUp } from '../../src/sandbox/sign-up.ts';
import { transaction } from '../../src/storage/database.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { takeFingerprints } from '../../src/storage/verification/fingerprints.ts';
import type { Wire } from '../support/api.ts';
import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { runCommand } from '../support/service-process.ts';
import { tellStory } from '../support/story.ts';

// Processes of their own take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const clone = await cloneDatabase();
// $99 a month with 10 000 credits, or with none.
const catalogue = {
  ...sampleCatalogue,
  plans: [hybrid, { ...hybrid, plan: 'bare', name: 'Bare', includedCredits: '0' }],
};
const story = await tellStory(clone.database, { catalogue });
const { deps } = story.billing;
const { stripe } = story;
const directory = await mkdtemp(join(tmpdir(), 'creditpool-import-'));
await writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${story.simulator.url}`);
afterAll(async () => rm(directory, { recursive: true }));
const settings = { CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString };

const plans = await listPlanVersions(clone.database);
const meter = (await stripe.billing.meters.list()).data[0];

/** A subscriber of an app that reports by itself; this service hears nothing of it. */
async function elsewhere(name: string, planName: string): Promise<string> {
  const plan = plans.find((version) => version.plan === planName);
  if (plan === undefined) throw new Error(`no plan ${planName}`);
  return (await signUp(stripe, { name, externalId: name, plan })).customer;
}

async function report(customer: string, value: string, at: string): Promise<void> {
  await stripe.billing.meterEvents.create({
    event_name: meter?.event_name ?? '',
    payload: { stripe_customer_id: customer, value },
    timestamp: Date.parse(at) / 1000,
  });
}

interface Report {
  readonly customers: readonly {
    readonly external_id: string;
    readonly match: string;
    readonly because: string | null;
    readonly used_before_credits: string;
  }[];
}

async function imported(...more: readonly string[]) {
  const { exitCode, stdout, stderr } = await runCommand(
    settings,
    'stripe',
    'import',
    '--rate',
    '500',
    '--json',
    ...more,
  );
  const { customers } = JSON.parse(stdout) as Report;
  const of = (name: string) => {
    const { match, used_before_credits: used, because } = customers.find((one) => one.external_id === name) ?? {};
    return [match, used, because];
  };
  return { exitCode, stderr, of };
}

let uses = 0;
async function use(customer: string, calls: number): Promise<void> {
  uses += 1;
  await story.call('POST', '/v1/track', { id: `use-${uses}`, customer, action: 'api.call', quantities: { calls } });
}

async function balance(customer: string): Promise<Wire> {
  return (await story.call('GET', `/v1/customers/${customer}/balance`)).body;
}

async function subscriptionOf(customer: string): Promise<string> {
  const { data } = await stripe.subscriptions.list({ customer });
  return data[0]?.id ?? '';
}

async function cycleInvoice(customer: string): Promise<Stripe.Invoice> {
  const { data } = await stripe.invoices.list({ customer, limit: 100 });
  const cycle = data.find(({ billing_reason: reason }) => reason === 'subscription_cycle');
  if (cycle === undefined) throw new Error('there is no cycle invoice');
  return cycle;
}

const accounts = async (customer: string): Promise<Record<string, bigint>> =>
  Object.fromEntries(
    (
      await query<{ kind: string; balance: bigint }>(
        clone.database,
        `select a.kind, sum(a.balance)::bigint as balance from accounts a join customer_aliases n using (customer_id)
         where n.alias = $1 and a.lane between 0 and 63 and a.unit = 'usd' group by 1`,
        [customer],
      )
    ).map(({ kind, balance: sum }) => [kind, sum]),
  );

test('what Stripe had counted of a running period is billed once, credits there pay for it, and the books agree', async () => {
  // One of whom an event tells before the import.
  const known = await elsewhere('known', 'bare');
  await story.clock.settle();
  story.simulator.faults.webhooks = { drop: true };
  const moved = await elsewhere('moved', 'bare');
  const [bare, late] = [await elsewhere('bare', 'bare'), await elsewhere('late', 'bare')];
  const [funded, broken] = [await elsewhere('funded', 'hybrid'), await elsewhere('broken', 'hybrid')];
  await stripe.billing.creditGrants.create({
    customer: funded,
    amount: { type: 'monetary', monetary: { currency: 'usd', value: 1_500 } },
    applicability_config: {
      scope: { prices: [{ id: plans.find((version) => version.plan === 'hybrid')?.stripeMeteredPriceId ?? '' }] },
    },
    category: 'paid',
  });
  await story.down('2026-04-15T00:00:00Z');
  // 2 000 credits, $20.00; the meter counts thousandths of one.
  for (const customer of [bare, late, funded, known, moved]) await report(customer, '2000000', '2026-04-10T09:30:00Z');
  await report(broken, '2000000.5', '2026-04-10T09:30:00Z');
  await story.down('2026-04-15T02:00:00Z');

  const dry = await imported('--dry-run', '--included', 'none');
  expect(dry.of('bare')).toEqual(['new', '2000', null]);
  expect(dry.of('broken')).toEqual(['new', '0', expect.stringContaining('parts of a meter unit')]);
  expect(dry.of('known')).toEqual(['linked', '2000', null]);
  expect(dry.stderr).toContain('10000 credits were used before in periods that run: Stripe bills them.');
  expect(dry.exitCode).toBe(3);
  const first = await imported('--included', 'none');
  expect(first.of('funded')).toEqual(['new', '2000', null]);
  expect(first.of('broken')).toEqual(['new', '0', expect.stringContaining('parts of a meter unit')]);
  expect(first.exitCode).toBe(3);

  // Whoever was looked at is not looked at again: what comes later is not old.
  await report(late, '50000', '2026-04-14T22:00:00Z');
  await report(broken, '0.5', '2026-04-14T22:00:00Z');
  await story.down('2026-04-15T05:00:00Z');
  const second = await imported();
  expect(second.of('late')).toEqual(['linked', '0', null]);
  expect(second.of('broken')).toEqual(['linked', '2000.001', null]);
  expect(second.exitCode).toBe(0);
  const { stdout } = await runCommand(settings, 'explain', 'ext:bare');
  expect(stdout).toContain('overage: 2000 used before the import');
  // The grant's 1 500 pay; of the 10 000 that came whole the rest is left.
  expect(await balance(funded)).toMatchObject({ available: '0', overage: '500' });
  expect(await balance(broken)).toMatchObject({ available: '7999.999', overage: '0' });

  await story.back();
  await story.until('2026-04-20T00:00:00Z');
  // Ended at once he owes what he used, in whoever's count; a change of plan waits for nothing that was counted before.
  const cancelled = await story.call('POST', `/v1/subscriptions/${await subscriptionOf(known)}/cancel`, {
    reason: 'left',
  });
  const move = { plan: 'hybrid', reason: 'grows' };
  const changed = await story.call('POST', `/v1/subscriptions/${await subscriptionOf(moved)}/change_plan`, move);
  await story.clock.settle();
  expect([cancelled.body['state'], changed.body['state']]).toEqual(['done', 'done']);
  const [last] = (await stripe.invoices.list({ customer: known })).data;
  expect(last).toMatchObject({ status: 'paid', total: 2_000 });
  await use(bare, 500);
  await use(funded, 600);
  await use(broken, 8_100);
  await story.until('2026-05-01T03:00:00Z');
  // May's fee, and 2 500 credits at $0.01; 2 600 less $15.00 of credits; 10 100.001 less $100.00.
  expect(await cycleInvoice(bare)).toMatchObject({ status: 'paid', total: 9_900 + 2_500 });
  expect(await cycleInvoice(funded)).toMatchObject({ status: 'paid', total: 9_900 + 1_100 });
  expect(await cycleInvoice(broken)).toMatchObject({ status: 'paid', total: 9_900 + 100 });
  // What came onto the meter after he was taken over is somebody's to explain.
  const { data } = (await story.call('GET', '/v1/settlements?state=held')).body as unknown as { data: readonly Wire[] };
  expect(data).toMatchObject([
    { owed_minor: 2_000, held_because: 'Stripe counts 2050000 meter units, 2000000 were reported' },
  ]);
  // An hour before Stripe finalizes by itself, what he would pay too much is taken off.
  await story.until('2026-05-02T23:10:00Z');
  await story.until('2026-05-03T01:00:00Z');
  expect(await cycleInvoice(late)).toMatchObject({ status: 'paid', total: 9_900 + 2_000 });

  expect((await verifyLedger(deps)).breaches).toEqual([]);
  expect(await transaction(clone.database, async (trx) => takeFingerprints(trx))).toMatchObject({ agrees: true });
  const run = await reconcile(deps, { full: true });
  const open = run.variances.filter(({ state }) => state === 'open');
  expect(open.map(({ subject, amount }) => [subject.split(' ')[0], amount])).toEqual([
    ['meter_events_foreign', '50000'],
    ['usage_quantity', '50000'],
  ]);
  expect(new Set(open.map(({ customerId }) => customerId)).size).toBe(1);
  // What was used before and after is revenue, and nothing is left to be billed.
  for (const [customer, minor] of [
    [bare, 2_500n],
    [funded, 1_100n],
    [broken, 100n],
  ] as const) {
    const books = { receivable: 0n, unbilled_receivable: 0n, 'revenue.usage': -minor };
    expect(await accounts(customer)).toMatchObject(books);
  }
});
