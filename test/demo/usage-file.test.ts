import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { sampleUsage } from '../../src/demo/sample-usage.ts';
import { readUsageFile, type UsageFile, type UsageRow } from '../../src/demo/usage-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'creditpool-usage-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';

async function fileOf(...lines: readonly string[]): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.csv`);
  await writeFile(path, lines.join('\n'));
  return path;
}

async function usable(path: string): Promise<UsageFile> {
  const file = await readUsageFile(path);
  if ('unusable' in file) throw new Error(file.unusable);
  return file;
}

function millicredits(rows: readonly UsageRow[]): bigint {
  return rows.reduce((sum, row) => sum + row.contextTokens + 3n * row.generatedTokens, 0n);
}

test('rows come in the order of time, and keep their line of the file', async () => {
  const path = await fileOf(HEADER, '2023-11-16 18:17:04.0319600,3180,8', '2023-11-16 18:17:03.9799600,4808,10');
  const { rows, bad } = await usable(path);
  expect(bad).toEqual([]);
  expect(rows).toEqual([
    { line: 3, at: new Date('2023-11-16T18:17:03.979Z'), contextTokens: 4808n, generatedTokens: 10n },
    { line: 2, at: new Date('2023-11-16T18:17:04.031Z'), contextTokens: 3180n, generatedTokens: 8n },
  ]);
});

test('other columns, their order, a byte order mark, quotes and Windows line ends do not matter', async () => {
  const path = await fileOf(
    '\ufeffGeneratedTokens,Model,TIMESTAMP,ContextTokens\r',
    '10,"gpt","2023-11-16T19:17:03+01:00","4808"\r',
    '',
  );
  const { rows } = await usable(path);
  expect(rows).toEqual([{ line: 2, at: new Date('2023-11-16T18:17:03Z'), contextTokens: 4808n, generatedTokens: 10n }]);
});

test.for([
  ['2023-11-16 18:17:03,1', 'has 2 of 3 columns'],
  ['yesterday,1,1', 'TIMESTAMP "yesterday" is not a UTC time such as 2023-11-16 18:17:03.97'],
  ['2023-02-30 18:17:03,1,1', 'TIMESTAMP "2023-02-30 18:17:03" is not a UTC time such as 2023-11-16 18:17:03.97'],
  ['2023-11-16 18:17:03,-1,1', 'ContextTokens "-1" is not a whole number, zero or more'],
  ['2023-11-16 18:17:03,1.5,1', 'ContextTokens "1.5" is not a whole number, zero or more'],
  ['2023-11-16 18:17:03,1,', 'GeneratedTokens (empty) is not a whole number, zero or more'],
  ['2023-11-16 18:17:03,1,"7', 'GeneratedTokens "\\"7" is not a whole number, zero or more'],
] as const)('a bad row %j is named with its line, and its neighbours stay', async ([row, reason]) => {
  const { rows, bad } = await usable(await fileOf(HEADER, '2023-11-16 18:17:03,1,1', row, '2023-11-16 18:17:05,1,1'));
  expect(bad).toEqual([{ line: 3, reason }]);
  expect(rows.map(({ line }) => line)).toEqual([2, 4]);
});

test('a file that is not there, is empty, or has no usable row is one clear sentence', async () => {
  const files = [
    join(folder, 'none.csv'),
    folder,
    ...(await Promise.all(
      [[''], [HEADER], [HEADER, 'x,1,1'], ['TIMESTAMP,Tokens', '1,2']].map(async (lines) => fileOf(...lines)),
    )),
  ];
  const sentences = await Promise.all(files.map(async (path) => readUsageFile(path)));
  expect(sentences).toEqual(
    [
      /^there is no file .*none\.csv; give a CSV file/,
      /is a folder; give a CSV file/,
      /is empty; give a CSV file/,
      /has only a header/,
      /no usable row \(line 2: TIMESTAMP "x"/,
      /has no column ContextTokens, GeneratedTokens/,
    ].map((sentence) => ({ unusable: expect.stringMatching(sentence) as string })),
  );
});

test('the made-up sample is the same every time and worth at least 12 000 credits', () => {
  const rows = sampleUsage();
  expect(rows).toEqual(sampleUsage());
  expect(millicredits(rows)).toBeGreaterThanOrEqual(12_000_000n);
  expect(rows.length).toBeGreaterThan(1_000);
  expect(rows.every((row, index) => index === 0 || row.at >= (rows[index - 1]?.at ?? row.at))).toBe(true);
});

const REAL = '../shared/data/azure-llm-2023-code.csv';

test('the real trace has its known totals', async ({ skip }) => {
  if (!existsSync(REAL)) skip('the optional real data is not here');
  const { rows, bad } = await usable(REAL);
  expect(bad).toEqual([]);
  expect(rows.length).toBe(8_819);
  expect(rows.reduce((sum, row) => sum + row.contextTokens, 0n)).toBe(18_059_974n);
  expect(rows.reduce((sum, row) => sum + row.generatedTokens, 0n)).toBe(245_896n);
  expect(millicredits(rows)).toBe(18_797_662n);
});
