import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { type CommandResult, runCommand, type Settings } from '../support/service-process.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

const clone = await cloneDatabase();
const story = await tellStory(clone.database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-cli-'));
const settings: Settings = { CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString };
let customer: Subscriber;

beforeAll(async () => {
  customer = await story.subscriber();
  await customer.use(100);
  const lines = [
    `CREDITPOOL_URL=${story.origin}`,
    `CREDITPOOL_API_KEY=${story.apiKey}`,
    `STRIPE_SIMULATOR_URL=${story.simulator.url}`,
  ];
  await writeFile(join(directory, 'env'), lines.join('\n'));
});
afterAll(async () => rm(directory, { recursive: true }));

async function run(...words: readonly string[]): Promise<CommandResult> {
  return runCommand(settings, ...words);
}

describe('exit codes', () => {
  test.for<[number, string, readonly string[]]>([
    [0, 'a yes', ['check', 'ext:story-1', 'report.generate']],
    [0, 'a balance', ['balance', 'ext:story-1']],
    [0, 'books that balance', ['ledger', 'verify', 'ext:story-1']],
    [0, 'days that are sealed', ['ledger', 'seal']],
    [0, 'a database that is up to date', ['db', 'status']],
    [0, 'the version', ['--version']],
    [0, 'help', ['check', '--help']],
    [2, 'an unknown command', ['chekc']],
    [2, 'a missing argument', ['check', 'ext:story-1']],
    [2, 'a quantity that is none', ['track', 'ext:story-1', 'api.call', '-q', 'calls=-1']],
    [2, 'an unknown option', ['balance', 'ext:story-1', '--fast']],
    [2, 'an unknown scope', ['keys', 'create', 'desk', '--scope', 'root']],
    [2, 'seal roots that are none', ['ledger', 'verify', '--roots', 'package.json']],
    [2, 'seal roots that are not there', ['ledger', 'verify', '--roots', 'nowhere.jsonl']],
    [2, 'a clock that would go back', ['sim', 'advance', '2020-01-01T00:00:00Z']],
    [2, 'production on embedded parts', ['start']],
    [5, 'an unknown customer', ['balance', 'ext:nobody']],
    [5, 'an unknown action', ['check', 'ext:story-1', 'nothing.here']],
    [5, 'an unknown message', ['outbox', 'retry', '99']],
    [5, 'a subscription of nobody', ['subscription', 'change-plan', 'sub_none', '--plan', 'hybrid', '--reason', 'r']],
    [5, 'an unknown key', ['keys', 'revoke', 'nobody']],
  ])('%i for %s', async ([exitCode, , words]) => {
    expect((await run(...words)).exitCode).toBe(exitCode);
  });

  test('6 for a move to the plan that it is on already', async () => {
    const moved = await run('subscription', 'change-plan', customer.subscription, '--plan', 'hybrid', '--reason', 'up');
    expect([moved.exitCode, moved.stderr]).toEqual([6, 'The subscription is on plan hybrid already.\n']);
  });

  test('6 for an event id that was used for something else', async () => {
    expect((await run('track', 'ext:story-1', 'api.call', '-q', 'calls=1', '--id', 'once')).exitCode).toBe(0);
    expect((await run('track', 'ext:story-1', 'api.call', '-q', 'calls=1', '--id', 'once')).stdout).toContain(
      'duplicate',
    );
    expect((await run('track', 'ext:story-1', 'api.call', '-q', 'calls=2', '--id', 'once')).exitCode).toBe(6);
  });

  test('8 for a database that does not answer', async () => {
    const nowhere = { ...settings, DATABASE_URL: 'postgresql://127.0.0.1:9/creditpool' };
    expect((await runCommand(nowhere, 'balance', 'ext:story-1')).exitCode).toBe(8);
  });

  test('3 for a no, with the sentence that a person can act on', async () => {
    const starter = await story.subscriber('hybrid');
    const subscription = await story.stripe.subscriptions.cancel(starter.subscription);
    expect(subscription.status).toBe('canceled');
    await story.clock.settle();
    const { exitCode, stdout } = await run('check', `ext:${starter.externalId}`, 'report.generate');
    expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/^No: /)]);
  });
});

test('seal roots go to a file, and verification holds the seals against them', async () => {
  await run('ledger', 'seal', '--json');
  const roots = await run('ledger', 'roots', '--json');
  const file = join(directory, 'roots.jsonl');
  await writeFile(file, roots.stdout);
  expect((await run('ledger', 'verify', '--roots', file)).exitCode).toBe(0);
  await writeFile(file, JSON.stringify({ day: '2020-01-01', root: '0'.repeat(64) }));
  const { exitCode, stdout } = await run('ledger', 'verify', '--roots', file);
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining('root of 2020-01-01')]);
});

describe('standard output is data, standard error is everything else', () => {
  test('one JSON document, also for a refusal', async () => {
    const { stdout } = await run('balance', 'ext:story-1', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ object: 'balance', plan: 'hybrid', overage: '0' });
    const refused = await run('balance', 'ext:nobody', '--json');
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'unknown_customer' } });
  });

  test('a mistake leaves standard output empty', async () => {
    for (const words of [['chekc'], ['balance', 'ext:nobody'], ['track', 'ext:story-1', 'api.call', '-q', 'x']]) {
      const { stdout, stderr } = await run(...words);
      expect([stdout, stderr.length > 0]).toEqual(['', true]);
    }
  });

  test('a new key is the only thing on standard output, and opens the API', async () => {
    const { stdout } = await run('keys', 'create', 'desk', '--scope', 'read');
    expect(stdout).toMatch(/^cp_test_\S+\n$/);
    expect((await run('keys', 'list')).stdout).not.toContain(stdout.trim());
  });
});

test('the clock of a running sandbox moves, and says what it moved over', async () => {
  const { exitCode, stdout } = await run('sim', 'advance', '2d');
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^SANDBOX clock: .* → 2026-04-03T00:00:00\.000Z/)]);
});

test('a reconciliation that finds what nothing explains ends with 3', async () => {
  const clean = await run('reconcile', '--full', '--json');
  expect([clean.exitCode, JSON.parse(clean.stdout)]).toEqual([0, expect.objectContaining({ unexplained: 0 })]);
  await story.stripe.billing.meterEvents.create({
    event_name: 'creditpool_credit_milli',
    identifier: 'by-another-hand',
    payload: { stripe_customer_id: customer.stripeCustomer, value: '5000' },
  });
  await story.clock.settle();
  const { exitCode, stderr } = await run('reconcile', '--full');
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('1 unexplained')]);
  expect((await run('reconcile', '--fail-on', 'nothing')).exitCode).toBe(0);
  // Five credits are no money: no materiality makes them small.
  expect((await run('reconcile', '--fail-on', 'variance', '--materiality', '1000.00')).exitCode).toBe(3);
});
