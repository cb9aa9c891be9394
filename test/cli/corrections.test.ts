// Backfills and quarantine on the command line, as processes of their own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startApi, textOf } from '../support/api.ts';
import { openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { ratedActions, ratedPlans } from '../support/rated-actions.ts';
import { runCommand } from '../support/service-process.ts';

const clone = await cloneDatabase();
const books = await openBooks(clone.database, { plans: ratedPlans, burnTable: ratedActions });
const api = await startApi(clone);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-cli-'));
const run = (...words: readonly string[]) =>
  runCommand({ CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString }, ...words);

let customer: Subscriber;

beforeAll(async () => {
  customer = await books.subscribe('wrapper');
});
afterAll(async () => rm(directory, { recursive: true }));

const available = async () =>
  textOf((await api.call('GET', `/v1/customers/${customer.name}/balance`)).body['available']);
const why = ['--reason', 'the queue was down', '--ticket', 'OPS-7'];

test('a check and a use say what their rate asks for', async () => {
  const large = ['-q', 'input_tokens=1000', '-d', 'model=large', '-d', 'region=us'];
  const asked = await run('check', customer.name, 'llm.complete', ...large);
  expect(asked.stdout).toContain('costs 10 credits');
  const other = await books.subscribe('wrapper');
  expect((await run('track', other.name, 'llm.complete', ...large)).stdout).toContain('applied: 10 credits; 1990');
  expect((await run('track', other.name, 'image.make', '-d', 'size=xl')).stderr).toContain('size xl');
  expect((await run('check', other.name, 'image.make', '-d', 'xl')).exitCode).toBe(2);
});

describe('backfill', () => {
  const file = join(directory, 'april.jsonl');
  const event = (count: number, occurred_at: string) =>
    JSON.stringify({
      id: newId(),
      customer: customer.name,
      action: 'api.call',
      quantities: { calls: count },
      occurred_at,
    });

  test('a dry run shows what would be burned and changes nothing; the real run does it once, with progress', async () => {
    const events = Array.from({ length: 1100 }, () => event(1, '2026-04-02T12:00:00Z'));
    await writeFile(file, [event(5, '2025-11-02T12:00:00Z'), '', ...events].join('\n'));
    const dry = await run('backfill', file, '--dry-run', ...why);
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toMatch(/used in +events +credits +overage +debt +unfunded\n/);
    expect(dry.stdout).toMatch(/2026-04-01 +2026-05-01 +2025-11 +1 +5 +0 +0 +0\n/);
    expect(dry.stdout).toMatch(/2026-04-01 +2026-05-01 +2026-04 +1100 +1100 +0 +0 +0\n/);
    expect(dry.stderr).toContain('Nothing was changed.');
    expect(await available()).toBe('2000');
    const real = await run('backfill', file, ...why);
    expect([real.exitCode, real.stdout]).toEqual([0, dry.stdout]);
    expect(real.stderr).toContain('1000 of 1101 events (90 %)\n1101 of 1101 events (100 %)');
    expect(await available()).toBe('895');
    const again = await run('backfill', file, ...why, '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      object: 'backfill',
      dry_run: false,
      data: [],
      duplicates: 1101,
      observed: 0,
      rejected: 0,
      errors: [],
    });
    expect(await available()).toBe('895');
  });

  test('names each line that is wrong, takes the others, and ends with 3', async () => {
    const undated = JSON.stringify({
      id: newId(),
      customer: customer.name,
      action: 'api.call',
      quantities: { calls: 1 },
    });
    const future = event(1, '2026-04-30T12:00:00Z');
    await writeFile(file, [event(1, '2026-04-02T12:00:00Z'), 'hello', undated, future].join('\n'));
    const { exitCode, stderr, stdout } = await run('backfill', file, '--dry-run', ...why);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('line 2: is no JSON object\n');
    expect(stderr).toContain('line 3: occurred_at: ');
    expect(stderr).toContain('line 4: occurred_at 2026-04-30T12:00:00.000Z is more than 5 minutes after');
    expect(stderr).toContain('0 recorded before, 3 refused.');
    expect(stdout).toMatch(/2026-04 +1 +1 /);
  });

  test('asks for a file that is there, a reason and a ticket', async () => {
    expect((await run('backfill', join(directory, 'nowhere.jsonl'), ...why)).exitCode).toBe(5);
    expect((await run('backfill', file, '--reason', 'x')).exitCode).toBe(2);
  });
});

describe('quarantine', () => {
  test('is empty until somebody asks for it', async () => {
    expect((await run('quarantine', 'list')).stderr).toContain('Nothing is in quarantine.');
  });

  const keep = async (event: object) => {
    const sent = { id: newId(), customer: customer.name, quantities: {}, ...event };
    const { body } = await api.call('POST', '/v1/track', { events: [sent], on_error: 'quarantine' });
    const [result] = body['results'] as unknown as readonly { readonly quarantined_event: string }[];
    return { id: result?.quarantined_event ?? '', sent };
  };

  test('lists what waits and why', async () => {
    const bad = await keep({ action: 'api.cal', quantities: { calls: 2 } });
    const { stdout } = await run('quarantine', 'list');
    expect(stdout).toContain(`${bad.id}  api/${bad.sent.id}`);
    expect(stdout).toContain('unknown_action');
    const listed = JSON.parse((await run('quarantine', 'list', '--json')).stdout) as {
      readonly data: readonly object[];
    };
    expect(listed.data).toContainEqual(expect.objectContaining({ id: bad.id, body: bad.sent, attempts: '1' }));
  });

  test('releases an event that was put right', async () => {
    const bad = await keep({ action: 'api.cal', quantities: { calls: 2 } });
    const before = Number(await available());
    expect((await run('quarantine', 'release', bad.id)).exitCode).toBe(5);
    const fixed = JSON.stringify({ ...bad.sent, action: 'api.call' });
    const released = await run('quarantine', 'release', bad.id, '--event', fixed);
    expect([released.exitCode, released.stdout]).toEqual([0, `applied: 2 credits; ${before - 2} available.\n`]);
  });

  test('discards an event once, with a reason', async () => {
    const useless = await keep({ action: 'no.such' });
    expect((await run('quarantine', 'discard', useless.id, '--reason', 'a test')).exitCode).toBe(0);
    expect((await run('quarantine', 'discard', useless.id, '--reason', 'again')).exitCode).toBe(6);
  });

  test.for<[number, readonly string[]]>([
    [2, ['release', 'quar_7']],
    [2, ['discard', 'quar_01kadkbf2te3w8t9z1c1cmsyh8']],
    [2, ['release', 'quar_01kadkbf2te3w8t9z1c1cmsyh8', '--event', '[7]']],
    [5, ['release', 'quar_01kadkbf2te3w8t9z1c1cmsyh8']],
    [5, ['discard', 'quar_01kadkbf2te3w8t9z1c1cmsyh8', '--reason', 'x']],
  ])('ends with %i for %s', async ([exitCode, words]) => {
    expect((await run('quarantine', ...words)).exitCode).toBe(exitCode);
  });
});
