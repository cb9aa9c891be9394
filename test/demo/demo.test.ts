import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runCommand } from '../support/service-process.ts';

let folder = '';
let settings: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-demo-test-'));
  settings = { TMPDIR: folder };
});
afterAll(async () => rm(folder, { recursive: true }));

async function demo(name: string, rows: readonly string[]) {
  const path = join(folder, `${name}.csv`);
  await writeFile(path, ['TIMESTAMP,ContextTokens,GeneratedTokens', ...rows].join('\n'));
  const { exitCode, stdout, stderr } = await runCommand(settings, 'demo', '--usage', path, '--json');
  return { exitCode, stderr, figures: JSON.parse(stdout) as Record<string, unknown> };
}

test('a file of its own gets its own right numbers, and nothing stays behind', async () => {
  const rows = ['2026-03-01 10:00:07.5,9000000,100000', '2026-03-01 10:00:01.1234567,1234567,89012'];
  const { exitCode, figures } = await demo('own', rows);
  // 10 234.567 context credits and 567.036 generated ones; 801.603 of them past the 10 000 included.
  expect(figures).toMatchObject({
    usage: { events: 2, credits: '10801.603', rejected: 0 },
    stripe: { meter_quantity: '10801.603' },
    invoice: {
      currency: 'usd',
      base_minor: 9900,
      usage_minor: 10802,
      credits_applied_minor: 10000,
      total_minor: 10702,
    },
    credit_note: { amount_minor: 802, settled_as: 'customer_balance' },
    ledger: { verified: true },
    reconciliation: { checks: 6, unexplained: 0 },
  });
  expect(exitCode).toBe(0);
  expect((await readdir(folder)).filter((name) => name.startsWith('creditpool-demo-'))).toEqual([]);
}, 120_000);

test('bad rows are named, counted and left out; what credits covered is not credited', async () => {
  const rows = ['2026-03-01 10:00:01,1000,10', 'garbage', '2026-03-01 10:00:02,-5,1', '2026-03-01 10:00:00,2000,0'];
  const { exitCode, figures, stderr } = await demo('bad', rows);
  expect(figures).toMatchObject({
    usage: { events: 2, credits: '3.03', rejected: 2 },
    invoice: { usage_minor: 3, credits_applied_minor: 3, total_minor: 9900 },
    credit_note: null,
    credit_note_reason: expect.stringContaining('included credits covered all of it') as string,
  });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('line 3: has 1 of 3 columns');
  expect(stderr).toContain('line 4: ContextTokens "-5" is not a whole number');
}, 120_000);

test("rows of two periods in any order: all is counted, the invoice is the first cycle's, and it says so", async () => {
  const rows = ['2026-02-20 10:00:00,5000000,0', '2026-01-31 23:58:30,11000000,0', '2026-03-10 12:00:00,700000,0'];
  const { exitCode, figures } = await demo('span', rows);
  expect(figures).toMatchObject({
    usage: { events: 3, credits: '16700' },
    stripe: { meter_quantity: '16700' },
    invoice: { usage_minor: 16000, credits_applied_minor: 10000, total_minor: 15900 },
    notes: [expect.stringContaining("the invoice is the first cycle's")],
  });
  expect(exitCode).toBe(0);
}, 120_000);

test.for<[string, string | null]>([
  ['missing', null],
  ['empty', ''],
])('a file that is %s is one clear sentence and nothing on standard output', async ([name, content]) => {
  const path = join(folder, `${name}.csv`);
  if (content !== null) await writeFile(path, content);
  const { exitCode, stdout, stderr } = await runCommand(settings, 'demo', '--usage', path, '--json');
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr.trimEnd().split('\n').length).toBe(1);
});

const REAL = '../shared/data/azure-llm-2023-code.csv';

test('the real trace comes out to the known cent', async ({ skip }) => {
  if (!existsSync(REAL)) skip('the optional real data is not here');
  const { exitCode, stdout } = await runCommand(settings, 'demo', '--usage', REAL, '--json');
  const figures = JSON.parse(stdout) as { readonly seconds: number };
  expect(figures).toMatchObject({
    usage: { events: 8819, credits: '18797.662', rejected: 0 },
    stripe: { meter_quantity: '18797.662' },
    invoice: {
      currency: 'usd',
      base_minor: 9900,
      usage_minor: 18798,
      credits_applied_minor: 10000,
      total_minor: 18698,
    },
    credit_note: { amount_minor: 1000, settled_as: 'customer_balance' },
    ledger: { verified: true },
    reconciliation: { checks: 6, unexplained: 0 },
  });
  expect(exitCode).toBe(0);
  expect(figures.seconds).toBeLessThan(60);
}, 120_000);
