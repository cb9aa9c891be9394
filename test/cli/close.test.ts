import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { employ } from '../support/operators.ts';
import { type CommandResult, runCommand, type Settings } from '../support/service-process.ts';
import { tellStory } from '../support/story.ts';

const clone = await cloneDatabase();
const story = await tellStory(clone.database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-close-'));
const settings: Settings = { CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString };

beforeAll(async () => {
  await employ(story.billing.deps, 'fiona', ['finance']);
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  await story.until('2026-05-03T02:00:00Z');
  await writeFile(join(directory, 'env'), `STRIPE_SIMULATOR_URL=${story.simulator.url}\n`);
}, 60_000);
afterAll(async () => rm(directory, { recursive: true }));

async function run(...words: readonly string[]): Promise<CommandResult> {
  return runCommand(settings, ...words);
}

test('the checklist is shown, with 3 while something is not done, and nobody is let in without a role', async () => {
  const { exitCode, stdout } = await run('close', 'show', '2026-04', '--as', 'fiona@example.com', '--json');
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ object: 'accounting_period', state: 'open', ready: false });
  expect((await run('close', 'show', '2026-04', '--as', 'nobody@example.com')).exitCode).toBe(4);
  expect((await run('close', 'sign', '2026-04', '--as', 'fiona@example.com')).exitCode).toBe(6);
  expect((await run('close', 'show', '2026-4', '--as', 'fiona@example.com')).exitCode).toBe(2);
}, 120_000);

test('the journal goes to files with control totals, by one’s own accounts, and comes out the same again', async () => {
  const out = join(directory, 'april');
  const accounts = join(directory, 'accounts.csv');
  await writeFile(accounts, (await run('export', 'accounts', '--target', 'xero')).stdout.replace('1010', '1099'));
  const month = ['export', 'journal', '2026-04', '--target', 'xero', '--accounts', accounts, '--out', out];
  const made = await run(...month, '--json');
  expect(made.exitCode).toBe(0);
  const { id, files } = JSON.parse(made.stdout) as { id: string; files: readonly { name: string; sha256: string }[] };
  const first = await readFile(join(out, files[0]?.name ?? ''));
  expect(createHash('sha256').update(first).digest('hex')).toBe(files[0]?.sha256);
  expect(first.toString()).toContain(',1099,');
  expect((await run('export', 'repeat', id, '--out', join(directory, 'again'))).exitCode).toBe(0);
  expect(await readFile(join(directory, 'again', files[0]?.name ?? ''))).toEqual(first);
  expect((await run('export', 'list')).stdout).toContain(id);
  await writeFile(accounts, 'account,name\ncash,1010\n');
  expect((await run(...month)).exitCode).toBe(2);
}, 120_000);

test('the pack is files, and a manifest of what each must hash to', async () => {
  const out = join(directory, 'pack');
  expect((await run('close', 'pack', '2026-04', '--as', 'fiona@example.com', '--out', out)).exitCode).toBe(0);
  const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')) as {
    state: string;
    files: readonly { name: string; sha256: string }[];
  };
  expect(manifest.state).toBe('open');
  expect([...manifest.files.map(({ name }) => name), 'manifest.json'].toSorted()).toEqual(
    (await readdir(out)).toSorted(),
  );
  for (const { name, sha256 } of manifest.files)
    expect(
      createHash('sha256')
        .update(await readFile(join(out, name)))
        .digest('hex'),
    ).toBe(sha256);
  const balance = await readFile(join(out, 'trial-balance.csv'), 'utf8');
  expect(balance).toContain('usd,cash,0.00,99.00,0.00,99.00');
}, 120_000);
