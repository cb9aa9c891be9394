import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { journalFiles } from '../../src/contract/journal-csv.ts';
import { csv, guarded } from '../../src/contract/spreadsheet.ts';
import { controlTotals, type ExportedJournal, journalNumber, sampleAccounts } from '../../src/domain/journal-export.ts';

function journal(position: number, lines: number, currency = 'usd', reason: string | null = null): ExportedJournal {
  return {
    number: journalNumber('2026-04-03', { position }),
    day: '2026-04-03',
    currency,
    description: reason ?? 'invoice.finalized',
    entry: null,
    lines: Array.from({ length: lines }, (_, index) => ({
      account: index % 2 === 0 ? 'receivable' : 'revenue.other',
      debitMinor: index % 2 === 0 ? 1_500n : 0n,
      creditMinor: index % 2 === 0 ? 0n : 1_500n,
      lotId: null,
    })),
  };
}

const options = (target: 'quickbooks' | 'xero' | 'netsuite' | 'generic') =>
  ({ target, month: '2026-04', detail: 'detail', accounts: sampleAccounts(target) }) as const;

test('Xero’s files hold one currency and at most 300 lines, and no journal is torn apart', () => {
  const journals = [
    ...Array.from({ length: 100 }, (_, index) => journal(index + 1, 8)),
    ...Array.from({ length: 5 }, (_, index) => journal(index + 101, 2, 'jpy')),
  ];
  const files = journalFiles(journals, options('xero'));
  expect(files.map(({ lines }) => lines)).toEqual([296, 296, 208, 10]);
  expect(files.map(({ name }) => name.slice(-11))).toEqual([
    'usd-001.csv',
    'usd-002.csv',
    'usd-003.csv',
    'jpy-004.csv',
  ]);
  const narrations = files.map(
    ({ text }) => new Set(parse<Record<string, string>>(text, { columns: true }).map((row) => row['Narration'])),
  );
  expect(narrations.reduce((sum, { size }) => sum + size, 0)).toBe(journals.length);
});

test('an amount has all places of its currency, and a credit is negative only in Xero', () => {
  const text = (target: 'quickbooks' | 'xero', currency: string) =>
    journalFiles([journal(1, 2, currency)], options(target))[0]?.text;
  expect(text('quickbooks', 'usd')).toContain('CP-2604-000001,04/03/2026,Accounts Receivable (A/R),15.00,,');
  expect(text('xero', 'usd')).toContain(',-15.00,');
  expect(text('quickbooks', 'jpy')).toContain(',1500,,');
  expect(text('quickbooks', 'kwd')).toContain(',1.500,,');
});

test('numbers fit the shortest importer', () => {
  expect(journalNumber('2026-04-03', { currency: 'usd' })).toBe('CP-260403-USD');
  expect(journalNumber('2026-04-03', { position: 999_999_999 }).length).toBeLessThanOrEqual(21);
});

test('control totals refuse a journal that does not balance', () => {
  const [line] = journal(1, 1).lines;
  expect(() => controlTotals([{ ...journal(1, 2), lines: line === undefined ? [] : [line] }])).toThrow(
    /does not|debits/,
  );
});

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\0=1', "=cmd|' /C calc'!A0", '-2+3+cmd'];

test.for(FORMULAS)('text that a spreadsheet would run is kept as text: %j', (text) => {
  const [file] = journalFiles([journal(1, 2, 'usd', text)], options('quickbooks'));
  const rows = parse<Record<string, string>>(file?.text ?? '', { columns: true });
  expect(rows[0]?.['Description']).toBe(`'${text}`);
});

test('any text survives a file, and amounts are never quoted as text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 2, maxLength: 2 }), {
        maxLength: 10,
      }),
      (cells) => {
        const rows = cells.map((row) => row.map((cell) => guarded(cell)));
        const back = parse(csv(['a', 'b'], rows), { relax_column_count: false });
        expect(back.slice(1)).toEqual(rows);
      },
    ),
  );
});
