// An account that somebody else has built is taken over: counted, matched, adopted, interrupted, gone on with; and Stripe
// is never written to on the way.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Stripe } from 'stripe';
import { afterAll, describe, expect, test, vi } from 'vitest';

import { assembleDeps } from '../../src/billing.ts';
import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { reconcile } from '../../src/operations/reconcile.ts';
import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { stampDeployment } from '../../src/operations/stamp-deployment.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { runCommand, type Settings, startCommand } from '../support/service-process.ts';

// Processes of their own take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const SUBSCRIBERS = 10;
const simulator = await startSimulator();
const { host, port, secretKey } = simulator;
const stripe = connectStripe({ secretKey, host, port, protocol: 'http' });
const silent = (): void => undefined;
const log = { info: silent, warn: silent, error: console.error };

/** A deployment that knows the catalogue and nobody. */
async function deployment() {
  const clone = await cloneDatabase();
  const deps = assembleDeps({ db: clone.database, stripe, log });
  await stampDeployment(deps, { livemode: false, sandbox: true });
  await pushCatalogue(deps, sampleCatalogue);
  return { deps, settings: { ...settings, DATABASE_URL: clone.ownerConnectionString } };
}

const directory = await mkdtemp(join(tmpdir(), 'creditpool-import-'));
const settings: Settings = { CREDITPOOL_DIR: directory };
await writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${simulator.url}`);
const { deps, settings: ours } = await deployment();
afterAll(async () => {
  await simulator.close();
  await rm(directory, { recursive: true });
});

const [plan] = await listPlanVersions(deps.db);
const prices = { base: plan?.stripeBasePriceId ?? '', metered: plan?.stripeMeteredPriceId ?? '' };

async function signUp(name: string, more: Stripe.CustomerCreateParams = {}): Promise<string> {
  const customer = await stripe.customers.create({
    name,
    metadata: { external_id: name },
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
    ...more,
  });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: prices.base }, { price: prices.metered }],
  });
  return customer.id;
}

// $15.00 of a grant each, at $0.01 a credit; the second one also owes an invoice; two who cannot be told apart; one outside.
const customers: string[] = [];
for (let index = 0; index < SUBSCRIBERS; index += 1) {
  const customer = await signUp(`sub-${index}`);
  customers.push(customer);
  await stripe.billing.creditGrants.create({
    customer,
    amount: { type: 'monetary', monetary: { currency: 'usd', value: 1_500 } },
    applicability_config: { scope: { prices: [{ id: prices.metered }] } },
    category: index % 2 === 0 ? 'paid' : 'promotional',
  });
}
const second = customers[1] ?? '';
const invoice = await stripe.invoices.create({
  customer: second,
  collection_method: 'send_invoice',
  days_until_due: 30,
});
await stripe.invoiceItems.create({ customer: second, invoice: invoice.id, amount: 4_200, currency: 'usd' });
await stripe.invoices.finalizeInvoice(invoice.id ?? '');
await signUp('twin');
await signUp('twin');
await stripe.customers.create({ name: 'visitor' });

interface Logged {
  readonly method: string;
  readonly path: string;
}

async function writes(): Promise<readonly Logged[]> {
  const requests = (await (await fetch(`${simulator.url}/_simulator/requests`)).json()) as readonly Logged[];
  return requests.filter(({ method }) => method !== 'GET');
}
const writesBefore = (await writes()).length;

async function count(table: string, db = deps.db): Promise<number> {
  const [row] = await query<{ n: number }>(db, `select count(*)::int as n from ${table} where lane between 0 and 63`);
  return row?.n ?? 0;
}

async function imported(db = deps.db): Promise<number> {
  const [row] = await query<{ n: number }>(db, `select coalesce(max(customers), 0)::int as n from stripe_imports`);
  return row?.n ?? 0;
}

interface Report {
  readonly counts: object;
  readonly resumed_after: number;
  readonly customers: readonly {
    readonly match: string;
    readonly because: string | null;
    readonly opening_credits: string;
  }[];
}

describe('a dry run', () => {
  test('counts first, says who is who, and changes nothing on either side', async () => {
    const { exitCode, stdout, stderr } = await runCommand(ours, 'stripe', 'import', '--dry-run', '--rate', '500');
    expect(stderr).toContain('At Stripe: 13 customers, 12 subscriptions, 1 open invoices.');
    expect(stderr).toContain('0 linked, 10 new, 2 ambiguous.');
    expect(stderr).toContain('1 customers are subscribed to none of the plans');
    expect(stderr).toMatch(/12 of 12 customers, 100 %/);
    // Somebody must settle the twins: the check has failed.
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/new +cus_\w+ +ext:sub-1 +hybrid +1 +1 +1500 +0/);
    expect(stdout).toMatch(/ambiguous +cus_\w+ +ext:twin +hybrid +0 +0 +0 +0 +twin is also cus_/);
    expect([await count('customers'), await count('lots'), await imported()]).toEqual([0, 0, 0]);
    expect(await writes()).toHaveLength(writesBefore);
  });
});

describe('an import', () => {
  test('stopped by Ctrl-C and by kill -9 goes on where it was, and takes over each customer once', async () => {
    const first = startCommand(ours, 'stripe', 'import', '--rate', '25');
    await vi.waitFor(async () => expect(await imported()).toBeGreaterThanOrEqual(2), { timeout: 60_000, interval: 20 });
    first.child.kill('SIGINT');
    const stopped = await first.ended;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toContain('To go on where it was: creditpool stripe import');
    const afterFirst = await imported();
    expect(afterFirst).toBeLessThan(12);

    const another = startCommand(ours, 'stripe', 'import', '--rate', '25');
    await vi.waitFor(async () => expect(await imported()).toBeGreaterThan(afterFirst + 1), {
      timeout: 60_000,
      interval: 20,
    });
    another.child.kill('SIGKILL');
    await another.ended;
    const afterSecond = await imported();
    expect(afterSecond).toBeLessThan(12);

    const last = await runCommand(ours, 'stripe', 'import', '--rate', '500', '--json');
    expect(last.stderr).toContain(`Going on after the ${afterSecond} customers`);
    const report = JSON.parse(last.stdout) as Report;
    expect(report.resumed_after).toBe(afterSecond);
    expect(report.customers).toHaveLength(12 - afterSecond);
    expect(await imported()).toBe(12);
    expect([await count('customers'), await count('subscriptions')]).toEqual([SUBSCRIBERS, SUBSCRIBERS]);
    // An allowance and a grant each.
    expect(await count('lots')).toBe(2 * SUBSCRIBERS);
    expect(await writes()).toHaveLength(writesBefore);
  });

  test('every customer can spend allowance and grant, and owes what was open', async () => {
    const { stdout } = await runCommand(ours, 'balance', 'ext:sub-1', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ available: '11500' });
    const [lot] = await query<{ category: string; effective: boolean }>(
      deps.db,
      `select l.category, l.effective_at <= now() as effective from lots l join customer_aliases a using (customer_id)
       where a.alias = 'ext:sub-1' and l.source = 'opening' and l.lane between 0 and 63`,
    );
    expect(lot).toEqual({ category: 'promotional', effective: true });
    const [owed] = await query<{ minor: bigint }>(
      deps.db,
      `select sum(balance)::bigint as minor from accounts where lane between 0 and 63 and kind = 'receivable'`,
    );
    expect(owed?.minor).toBe(4_200n);
  });

  test('again it changes nothing: everybody is linked', async () => {
    const again = await runCommand(ours, 'stripe', 'import', '--rate', '500');
    expect(again.stderr).toContain('10 linked, 0 new, 2 ambiguous.');
    expect(await count('lots')).toBe(2 * SUBSCRIBERS);
    expect(await writes()).toHaveLength(writesBefore);
  });

  test('then the service grants the allowances only: what was adopted is not granted twice, and the books agree', async () => {
    for (let turn = 0; turn < 20; turn += 1) await relayOutbox(deps, { limit: 500 });
    const { data } = await stripe.billing.creditGrants.list({ customer: second, limit: 100 });
    expect(data.map(({ amount }) => `${amount.monetary?.value}`).toSorted()).toEqual(['10000', '1500']);
    const run = await reconcile(deps, { full: true });
    expect(run.variances.filter(({ state }) => state === 'open')).toEqual([]);
    expect(run.customers).toBe(SUBSCRIBERS);
  });

  test('without allowances only grants are taken over', async () => {
    const other = await deployment();
    const none = await runCommand(other.settings, 'stripe', 'import', '--rate', '500', '--included', 'none');
    expect(none.stderr).toContain('10 new');
    const sources = await query<{ source: string; n: number }>(
      other.deps.db,
      `select source, count(*)::int as n from lots where lane between 0 and 63 and is_open group by 1`,
    );
    // By now the service of the first deployment has granted allowances at Stripe, and they are grants like any others.
    expect(sources).toEqual([{ source: 'opening', n: 2 * SUBSCRIBERS }]);
  });
});

describe('opening balances from a file', () => {
  const file = join(directory, 'balances.csv');
  const errors = join(directory, 'bad.csv');
  const header = 'reference,customer,credits,expires_at,category,priority';
  const opening = async (...rows: readonly string[]) => {
    await writeFile(file, [header, ...rows].join('\r\n'));
    return (...more: readonly string[]) => runCommand(ours, 'import', 'opening-balances', file, ...more);
  };

  test('the template is a file that is read', async () => {
    const { stdout } = await runCommand(ours, 'import', 'opening-balances', '--template');
    expect(stdout.split('\n')[0]).toBe(header);
  });

  test('bad rows are named with their lines and columns, go to a file, and nothing is changed', async () => {
    const before = await count('lots');
    const run = await opening(
      'r-1,ext:sub-0,100,,,',
      'r-2,ext:nobody,100,,,',
      'r-3,ext:sub-0,-5,,,',
      'r-1,ext:sub-1,5,,,',
      'r-5,ext:sub-1,5,2020-01-01T00:00:00Z,,',
      'r-6,ext:sub-1,5,,gift,200',
    );
    const { exitCode, stdout, stderr } = await run('--errors', errors);
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(stderr).toContain('line 3: No customer is known as ext:nobody');
    expect(stderr).toContain('line 4: credits: must be a decimal string');
    expect(stderr).toContain('line 5: reference: r-1 stands on another row too');
    expect(stderr).toContain('line 6: expires_at: the credits would expire');
    expect(stderr).toMatch(/line 7: category: .*/);
    expect(stderr).toContain('5 bad rows: nothing was changed.');
    const lines = (await readFile(errors, 'utf8')).trim().split('\r\n');
    expect(lines[0]).toBe(`${header},line,error`);
    expect(lines).toHaveLength(6);
    expect(await count('lots')).toBe(before);
  });

  test('good rows are opened once, whatever is run again', async () => {
    const run = await opening('r-1,ext:sub-0,100,,,', 'r-2,ext:sub-1,12.5,2099-01-01T00:00:00Z,promotional,10');
    expect((await run('--dry-run')).stdout).toBe('2 balances would be opened, 112.5 credits; 0 were opened before.\n');
    expect((await run()).stdout).toBe('2 balances opened, 112.5 credits; 0 were opened before.\n');
    expect((await run()).stdout).toBe('0 balances opened, 0 credits; 2 were opened before.\n');
    const { stdout } = await runCommand(ours, 'balance', 'ext:sub-0', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ available: '11600' });
  });

  test('a file that is none, and no file', async () => {
    expect((await runCommand(ours, 'import', 'opening-balances', join(directory, 'none.csv'))).exitCode).toBe(2);
    expect((await runCommand(ours, 'import', 'opening-balances')).exitCode).toBe(2);
  });
});

test('a client that only reads lets nothing else out', async () => {
  const reading = connectStripe({ secretKey, host, port, protocol: 'http', readsPerSecond: 100 });
  const before = (await writes()).length;
  await expect(reading.customers.create({ name: 'x' })).rejects.toThrow();
  expect(await writes()).toHaveLength(before);
  await expect(reading.customers.list({ limit: 1 })).resolves.toBeDefined();
});

test('a 429 is waited out, and the pace is kept', async () => {
  simulator.faults.add({ match: { method: 'GET', path: 'v1/products', times: 1 }, kind: '429' });
  const reading = connectStripe({ secretKey, host, port, protocol: 'http', readsPerSecond: 20 });
  const began = performance.now();
  for (let turn = 0; turn < 4; turn += 1) await reading.products.list({ limit: 1 });
  // Four reads at 20 a second, and a second for the refused one.
  expect(performance.now() - began).toBeGreaterThan(1_150);
});
