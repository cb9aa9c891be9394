import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, openListener, openStage, seconds, subscribe } from './support.ts';

test("the simulator's own clock bills customers without a test clock, and keeps its time over a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  const file = join(folder, 'journal.jsonl');
  const stage = await openStage({ file });
  await stage.simulator.advanceTo(new Date('2026-04-01T00:00:00Z'));
  const { stripe } = stage;
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const price = await stripe.prices.create({
    product_data: { name: 'Plan' },
    currency: 'usd',
    unit_amount: 9900,
    recurring: { interval: 'month' },
  });
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await stage.simulator.advanceTo(new Date('2026-04-30T00:00:00Z'));
  await stage.simulator.close();

  await using next = await openStage({ file });
  expect(next.simulator.now().toISOString()).toBe('2026-04-30T00:00:00.000Z');
  await next.simulator.advanceTo(new Date('2026-06-02T00:00:00Z'));
  const { data } = await next.stripe.invoices.list({ customer: customer.id });
  expect(data.map(({ status, created }) => [status, created])).toEqual([
    ['paid', seconds('2026-06-01T00:00:00Z')],
    ['paid', seconds('2026-05-01T00:00:00Z')],
    ['paid', seconds('2026-04-01T00:00:00Z')],
  ]);
  await expect(next.simulator.advanceTo(new Date('2026-06-01T00:00:00Z'))).rejects.toThrow(/only moves forward/);
  rmSync(folder, { recursive: true });
});

test('a test clock moves forward, two intervals at most, and takes its customers with it when deleted', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const to = async (iso: string) => stripe.testHelpers.testClocks.advance(plan.clock, { frozen_time: seconds(iso) });
  await expect(to('2026-03-31T00:00:00Z')).rejects.toThrow(/backwards/);
  await expect(to('2026-07-01T00:00:00Z')).rejects.toThrow(/two intervals/);
  expect((await to('2026-04-02T00:00:00Z')).status).toBe('advancing');
  await stage.simulator.settled();
  expect(await stripe.testHelpers.testClocks.retrieve(plan.clock)).toMatchObject({
    status: 'ready',
    frozen_time: seconds('2026-04-02T00:00:00Z'),
  });
  await stripe.testHelpers.testClocks.del(plan.clock);
  expect(await stripe.customers.retrieve(plan.customer)).toMatchObject({ deleted: true });
});

test('a service that was away hears of a draft late, and then has its hour', async () => {
  await using stage = await openStage({ switches: { webhookRetryMs: 60_000 } });
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['invoice.created'] });
  const plan = await subscribe(stage);
  simulator.faults.webhooks = { drop: true };
  await advance(stage, plan.clock, '2026-05-01T03:00:00Z');
  simulator.faults.clear();
  await simulator.retryWebhooks();
  const [draft] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect([draft?.status, draft?.automatically_finalizes_at]).toEqual(['draft', seconds('2026-05-01T04:00:00Z')]);
  await advance(stage, plan.clock, '2026-05-01T04:00:00Z');
  expect((await stripe.invoices.retrieve(draft?.id ?? '')).status).toBe('paid');
});

async function spawnSimulator(file: string): Promise<{ child: ChildProcess; stripe: Stripe }> {
  const child = spawn(process.execPath, ['src/simulator/main.ts', '--file', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const [, found] = /:(\d+) with key/.exec(chunk.toString('utf8')) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
  });
  const stripe = new Stripe('sk_test_simulator', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  });
  return { child, stripe };
}

test('a simulator killed at work has lost nothing that it answered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  const file = join(folder, 'journal.jsonl');
  const first = await spawnSimulator(file);
  const answered: string[] = [];
  const writers = Array.from({ length: 4 }, async () => {
    for (;;) {
      const made = await first.stripe.customers.create({ name: 'Ada' }).catch(() => undefined);
      if (made === undefined) return;
      answered.push(made.id);
    }
  });
  await expect.poll(() => answered.length, { timeout: 10_000 }).toBeGreaterThan(200);
  first.child.kill('SIGKILL');
  await Promise.all(writers);
  const second = await spawnSimulator(file);
  const kept = new Set(
    (await second.stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 })).map(({ id }) => id),
  );
  second.child.kill('SIGTERM');
  expect(answered.filter((id) => !kept.has(id))).toEqual([]);
  rmSync(folder, { recursive: true });
});
