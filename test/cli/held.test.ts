import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test, vi } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { type CommandResult, runCommand } from '../support/service-process.ts';
import { tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 120_000 });

const clone = await cloneDatabase();
const story = await tellStory(clone.database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-held-'));
await writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${story.simulator.url}`);
afterAll(async () => rm(directory, { recursive: true }));

async function held(...words: readonly string[]): Promise<CommandResult> {
  const settings = { CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString };
  return runCommand(settings, 'held', ...words);
}

test('a held invoice is listed with what is owed and until when, and goes by a decision with its reason', async () => {
  expect(await held('list')).toMatchObject({ exitCode: 0, stderr: 'No invoice is held.\n' });
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  const coupon = await story.stripe.coupons.create({ percent_off: 20, duration: 'forever' });
  await story.stripe.subscriptions.update(customer.subscription, { discounts: [{ coupon: coupon.id }] });
  await story.until('2026-05-01T02:00:00Z');

  const { stdout } = await held('list');
  const [, row = ''] = stdout.split('\n');
  expect(row).toMatch(
    /^period_\w+ +ext:story-\d+ +in_\w+ +25 usd +0 usd +2026-05-02T23:00:00\.000Z +a discount of 2500 reaches/,
  );
  const [id = ''] = row.split(' ');
  expect((await held('correct', id)).exitCode).toBe(2);
  expect((await held('correct', 'period_nonsense', '--reason', 'x')).exitCode).toBe(2);
  const corrected = await held('correct', id, '--reason', 'not meant for usage', '--json');
  expect(JSON.parse(corrected.stdout)).toMatchObject({
    decision: 'correct',
    decided_by: 'operator',
    correction_minor: 2_500,
  });
  // Decided is decided.
  expect((await held('accept', id, '--reason', 'no')).exitCode).toBe(6);
  await story.until('2026-05-02T00:00:00Z');
  expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 10_420 });
});
