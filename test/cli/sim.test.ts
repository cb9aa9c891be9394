import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Command, CommanderError } from 'commander';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { registerSimulatorCommands } from '../../src/cli/sim.ts';
import { readConfig } from '../../src/config.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { clientOf } from '../simulator/support.ts';

const simulator = await startSimulator();
const stripe = clientOf(simulator);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-sim-'));

beforeAll(async () => writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${simulator.url}`));
afterAll(async () => {
  await simulator.close();
  await rm(directory, { recursive: true });
});

interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, in this process: starting one takes a second. */
async function run(place: string, ...words: readonly string[]): Promise<Result> {
  const printed = { stdout: '', stderr: '' };
  const root = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  registerSimulatorCommands(root, {
    config: { ...readConfig({}), directory: place },
    openDeps: () => {
      throw new Error('the simulator needs no database');
    },
    out: (data) => void (printed.stdout += `${data}\n`),
    say: (text) => void (printed.stderr += `${text}\n`),
  });
  try {
    await root.parseAsync(['sim', ...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: 2, ...printed };
  }
  const exitCode = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  return { exitCode, ...printed };
}

const sim = async (...words: readonly string[]): Promise<Result> => run(directory, ...words);

test('a fault on command hits the next request, and only as often as asked', async () => {
  const { exitCode } = await sim('fault', '429', '--path', 'customers', '--reason', 'global-concurrency');
  expect(exitCode).toBe(0);
  const refused = stripe.customers.create();
  await expect(refused).rejects.toMatchObject({
    statusCode: 429,
    headers: { 'stripe-rate-limited-reason': 'global-concurrency' },
  });
  expect((await stripe.customers.create()).object).toBe('customer');
  expect((await sim('fault', 'earthquake')).exitCode).toBe(2);
});

test('webhooks misbehave until told to behave, and meter events are swallowed', async () => {
  await sim('webhooks', '--drop', '--shuffle');
  expect(simulator.faults.webhooks).toEqual({ drop: true, shuffle: true });
  await sim('swallow', '1');
  expect(simulator.faults.swallowsMeterEvent()).toBe(true);
  await sim('behave');
  expect([simulator.faults.webhooks, simulator.faults.swallowsMeterEvent()]).toEqual([{}, false]);
});

test('switches are told and moved, and an unknown one is refused', async () => {
  expect((await sim('switches', 'summaryEnd=inclusive', 'meterLagMs=5')).stdout).toMatch(/^summaryEnd +inclusive$/m);
  expect([simulator.switches.summaryEnd, simulator.switches.meterLagMs]).toEqual(['inclusive', 5]);
  expect(await sim('switches', 'summryEnd=inclusive')).toMatchObject({ exitCode: 2, stderr: 'no switch summryEnd\n' });
  expect((await sim('state')).stdout).toMatch(/^customers +\d+$/m);
});

test('a card that declines, a dispute that is won, a refund that comes back', async () => {
  const customer = await stripe.customers.create({ payment_method: 'pm_card_visa' });
  const pay = async (card?: string) =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      customer: customer.id,
      payment_method: card ?? 'pm_card_visa',
      confirm: true,
      off_session: true,
    });
  const [disputed, refunded] = [await pay(), await pay()];
  await sim('card', customer.id, 'pm_card_chargeCustomerFail');
  const { invoice_settings: settings } = (await stripe.customers.retrieve(customer.id)) as {
    invoice_settings: { default_payment_method: string };
  };
  await expect(pay(settings.default_payment_method)).rejects.toMatchObject({ code: 'card_declined' });

  const dispute = JSON.parse((await sim('dispute', disputed.id, '--inquiry')).stdout) as { id: string };
  await sim('decide', dispute.id, 'escalate');
  await sim('decide', dispute.id, 'won');
  expect((await stripe.disputes.retrieve(dispute.id)).status).toBe('won');

  const refund = await stripe.refunds.create({ payment_intent: refunded.id });
  await sim('refund', refund.id, 'fail', '--reason', 'insufficient_funds');
  expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({
    status: 'failed',
    failure_reason: 'insufficient_funds',
  });
});

test('a simulator alone is moved by its address, and a customer renews', async () => {
  const alone = await startSimulator();
  onTestFinished(async () => alone.close());
  const client = clientOf(alone);
  const at = ['--url', alone.url];
  expect((await run(tmpdir(), ...at, 'advance', '2027-01-01T00:00:00Z')).exitCode).toBe(0);
  const product = await client.products.create({ name: 'Hybrid' });
  const price = await client.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 9900,
    recurring: { interval: 'month' },
  });
  const customer = await client.customers.create();
  const session = await client.checkout.sessions.create({
    customer: customer.id,
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'http://127.0.0.1:9/done',
  });
  expect(await run(tmpdir(), ...at, 'checkout', session.id, 'pm_card_chargeDeclined')).toMatchObject({ exitCode: 2 });
  expect(await run(tmpdir(), ...at, 'checkout', session.id)).toMatchObject({ exitCode: 0 });

  const moved = await run(tmpdir(), 'advance', '31d2h', '--json', ...at);
  expect(JSON.parse(moved.stdout)).toEqual({ now: '2027-02-01T02:00:00.000Z' });
  const invoices = (await client.invoices.list({ customer: customer.id })).data;
  expect(invoices.map(({ billing_reason: why, status, total }) => [why, status, total])).toEqual([
    ['subscription_cycle', 'paid', 9900],
    ['subscription_create', 'paid', 9900],
  ]);
  const back = await run(tmpdir(), ...at, 'advance', '2026-01-01T00:00:00Z');
  expect(back).toMatchObject({ exitCode: 2, stderr: "the simulator's clock only moves forward\n" });
  expect((await run(tmpdir(), ...at, 'advance', '0d')).exitCode).toBe(2);
  expect((await run(tmpdir(), '--url', 'http://127.0.0.1:9', 'advance', '1d')).exitCode).toBe(8);
});

test('a rolled secret signs beside its former one; which endpoint is asked where there are several', async () => {
  expect(await sim('roll')).toMatchObject({ exitCode: 5 });
  const first = await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/a', enabled_events: ['*'] });
  const rolled = JSON.parse((await sim('roll', '--keep', '1')).stdout) as { id: string; secret: string };
  expect(rolled.id).toBe(first.id);
  expect(rolled.secret).not.toBe(first.secret);
  const second = await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/b', enabled_events: ['*'] });
  const unclear = await sim('roll');
  expect(unclear).toMatchObject({ exitCode: 2 });
  expect(unclear.stderr).toContain(`${second.id} (http://127.0.0.1:9/b)`);
  expect((await sim('roll', second.id)).exitCode).toBe(0);
  expect((await sim('roll', second.id, '--keep', '25')).exitCode).toBe(2);
});

test('where no simulator is, the command says how to start one', async () => {
  const elsewhere = await run(tmpdir(), 'state');
  expect(elsewhere).toMatchObject({ exitCode: 5 });
  expect(elsewhere.stderr).toContain('creditpool sim start');
  const closed = await sim('--url', 'http://127.0.0.1:9', 'state');
  expect(closed.exitCode).toBe(8);
});

test('sim start answers the SDK and says where it is, and what signs its webhooks', { timeout: 60_000 }, async () => {
  const command = ['sim', 'start', '--host', '0.0.0.0', '--port', '0', '--webhook', 'http://127.0.0.1:9/'];
  command.push('--set', 'draftWindowSeconds=60');
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (line.includes('whsec_')) break;
  }
  const [, port = ''] = /127\.0\.0\.1:(\d+), key sk_test_simulator/.exec(printed.join(' ')) ?? [];
  const client = new Stripe('sk_test_simulator', { host: '127.0.0.1', port: Number(port), protocol: 'http' });
  expect((await client.webhookEndpoints.list()).data).toHaveLength(1);
  const switches: unknown = await (await fetch(`http://127.0.0.1:${port}/_simulator/switches`)).json();
  expect(switches).toMatchObject({ draftWindowSeconds: 60 });
  // All of 127/8 is the machine itself on Linux, and only who listens everywhere is reached there.
  const other = connect(Number(port), process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1');
  await once(other, 'connect');
  other.destroy();
});
