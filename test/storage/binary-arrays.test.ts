import fc from 'fast-check';
import { expect, test } from 'vitest';

import { binaryArray } from '../../src/storage/binary-arrays.ts';
import { query, type Scalar } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';

const { database } = await cloneDatabase();

/** The array as PostgreSQL got it, written in its own text. */
async function arrived(type: string, values: readonly Scalar[]): Promise<string | undefined> {
  const [row] = await query<{ text: string }>(database, `select ($1::${type}[])::text as text`, [values]);
  return row?.text;
}

/** The same array, told as text. */
async function told(type: string, values: readonly (string | null)[]): Promise<string | undefined> {
  const quoted = values.map((value) => (value === null ? 'null' : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`));
  const [row] = await query<{ text: string }>(database, `select ($1::text)::${type}[]::text as text`, [
    `{${quoted.join(',')}}`,
  ]);
  return row?.text;
}

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0') && value.isWellFormed());
const asText = (value: Scalar): string | null =>
  value instanceof Date ? value.toISOString() : (value?.toString() ?? null);

test.for<[string, fc.Arbitrary<Scalar>]>([
  ['boolean', fc.boolean()],
  ['bigint', fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })],
  ['smallint', fc.integer({ min: -32_768, max: 32_767 })],
  ['integer', fc.integer()],
  ['text', text],
  ['timestamptz', fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })],
  ['uuid', fc.uuid()],
  ['jsonb', fc.jsonValue().map((value) => JSON.stringify(value).replaceAll(String.raw`\u0000`, ''))],
])('an array of %s arrives as it does when told as text', async ([type, element]) => {
  const values = fc.array(fc.option(element, { nil: null }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(values, async (sent) => {
      expect(binaryArray(type, sent)).not.toBeNull();
      expect(await arrived(type, sent)).toBe(await told(type, sent.map(asText)));
    }),
    { numRuns: 100 },
  );
});

test('what a type does not know goes as text, and PostgreSQL has the say', async () => {
  expect(binaryArray('uuid', ['0'.repeat(36)])).toBeNull();
  expect(binaryArray('uuid', ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'])).toBeNull();
  expect(binaryArray('bigint', [2n ** 63n])).toBeNull();
  expect(binaryArray('smallint', [40_000])).toBeNull();
  expect(binaryArray('timestamptz', [new Date(Number.NaN)])).toBeNull();
  expect(binaryArray('date', ['2026-04-01'])).toBeNull();
  expect(await arrived('date', ['2026-04-01', null])).toBe('{2026-04-01,NULL}');
  await expect(arrived('uuid', ['no uuid'])).rejects.toThrow(/invalid input syntax/);
  await expect(arrived('bigint', [2n ** 63n])).rejects.toThrow(/out of range/);
});
