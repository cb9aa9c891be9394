// A month's journals as the files that other ledgers import. Headings and limits are from the makers' public guides
// (QuickBooks Online: import journal entries; Xero: import manual journals; NetSuite: journal import); compare them with
// your own import template once.
import { formatMinor } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import type {
  ControlTotal,
  ExportAccounts,
  ExportDetail,
  ExportedJournal,
  ExportTarget,
  JournalLine,
} from '../domain/journal-export.ts';
import { toWireId } from './ids.ts';
import { csv, guarded } from './spreadsheet.ts';

type Row = readonly string[];

export interface JournalFile {
  readonly name: string;
  readonly text: string;
  readonly lines: number;
  readonly head: Row;
  /** The first rows, for a preview. */
  readonly first: readonly Row[];
}

interface Options {
  readonly target: ExportTarget;
  /** `YYYY-MM` */
  readonly month: string;
  readonly detail: ExportDetail;
  readonly accounts: ExportAccounts;
}

interface Format {
  readonly head: Row;
  readonly row: (journal: ExportedJournal, line: JournalLine, lineNo: number, accounts: ExportAccounts) => Row;
  /** Lines that a file may have; a journal is never split. */
  readonly linesMax: number;
  /** Whether a file may hold one currency only, because it has no column for it. */
  readonly oneCurrency: boolean;
}

const PREVIEWED_ROWS = 20;
const NO_LIMIT = Number.POSITIVE_INFINITY;

const FORMATS: Readonly<Record<ExportTarget, Format>> = {
  quickbooks: {
    head: words('JournalNo JournalDate AccountName Debits Credits Description Name Class Location Currency'),
    row: (journal, line, _lineNo, accounts) => [
      journal.number,
      dayAs(journal.day, (y, m, d) => `${m}/${d}/${y}`),
      guarded(accountOf(line, accounts)),
      ...sides(journal, line),
      guarded(journal.description),
      // QuickBooks wants a customer on every line of Accounts Receivable.
      line.account === 'receivable' ? guarded(customerOf(journal) ?? 'Stripe customers') : '',
      '',
      '',
      journal.currency.toUpperCase(),
    ],
    linesMax: NO_LIMIT,
    oneCurrency: false,
  },
  xero: {
    head: words(
      'Narration Date Description AccountCode TaxRate Amount TrackingName1 TrackingOption1 TrackingName2 TrackingOption2',
    ),
    // The same narration and date make one journal; a credit is a negative amount.
    row: (journal, line, _lineNo, accounts) => [
      guarded(`${journal.number} ${journal.description}`),
      dayAs(journal.day, (y, m, d) => `${d}/${m}/${y}`),
      line.account,
      guarded(accountOf(line, accounts)),
      guarded(accounts[line.account]?.taxRate ?? 'Tax Exempt'),
      money(journal, line.debitMinor - line.creditMinor),
      '',
      '',
      '',
      '',
    ],
    linesMax: 300,
    oneCurrency: true,
  },
  netsuite: {
    head: [
      'External ID',
      'Date',
      'Subsidiary',
      'Currency',
      'Exchange Rate',
      'Memo',
      'Account',
      'Debit',
      'Credit',
      'Name',
      'Department',
      'Class',
      'Location',
      'Line memo',
    ],
    row: (journal, line, _lineNo, accounts) => [
      journal.number,
      dayAs(journal.day, (y, m, d) => `${m}/${d}/${y}`),
      '',
      journal.currency.toUpperCase(),
      '1',
      guarded(journal.description),
      guarded(accountOf(line, accounts)),
      ...sides(journal, line),
      guarded(customerOf(journal)),
      '',
      '',
      '',
      line.account,
    ],
    linesMax: NO_LIMIT,
    oneCurrency: false,
  },
  generic: {
    head: words(
      `entry_id line_no journal posted_at period account account_code debit credit currency customer_id external_id
      stripe_object lot_id source_event reason created_by reversal_of recorded_at seal`,
    ),
    row: genericRow,
    linesMax: NO_LIMIT,
    oneCurrency: false,
  },
};

/** The files of a target, in an order that never changes. */
export function journalFiles(journals: readonly ExportedJournal[], options: Options): readonly JournalFile[] {
  const format = FORMATS[options.target];
  const parts = format.oneCurrency
    ? [...Map.groupBy(journals, ({ currency }) => currency)].flatMap(([currency, own]) =>
        split(own, format.linesMax).map((part) => ({ part, currency })),
      )
    : split(journals, format.linesMax).map((part) => ({ part, currency: null }));
  const files = parts.length === 0 ? [{ part: [] as readonly ExportedJournal[], currency: null }] : parts;
  return files.map(({ part, currency }, index) => {
    const rows = part.flatMap((journal) =>
      journal.lines.map((line, lineNo) => format.row(journal, line, lineNo + 1, options.accounts)),
    );
    const number = format.oneCurrency ? `-${currency ?? 'none'}-${String(index + 1).padStart(3, '0')}` : '';
    return {
      name: `journal-${options.month}-${options.target}-${options.detail}${number}.csv`,
      text: csv(format.head, rows),
      lines: rows.length,
      head: format.head,
      first: rows.slice(0, PREVIEWED_ROWS),
    };
  });
}

/** What finance compares after the import: sums by currency, and each file with its hash. */
export function controlCsv(
  totals: readonly ControlTotal[],
  files: readonly { readonly name: string; readonly lines: number; readonly sha256: string }[],
): string {
  return csv(
    ['what', 'name', 'journals', 'lines', 'debits', 'credits', 'sha256'],
    [
      ...totals.map(({ currency, journals, lines, debitMinor, creditMinor }) => [
        'total',
        currency.toUpperCase(),
        String(journals),
        String(lines),
        formatMinor(debitMinor, minorPlaces(currency) ?? 2),
        formatMinor(creditMinor, minorPlaces(currency) ?? 2),
        '',
      ]),
      ...files.map(({ name, lines, sha256 }) => ['file', name, '', String(lines), '', '', sha256]),
    ],
  );
}

function genericRow(journal: ExportedJournal, line: JournalLine, lineNo: number, accounts: ExportAccounts): Row {
  const { entry } = journal;
  return [
    entry === null ? '' : toWireId('entry', entry.entryId),
    String(lineNo),
    journal.number,
    journal.day,
    journal.day.slice(0, 7),
    line.account,
    guarded(accountOf(line, accounts)),
    ...sides(journal, line),
    journal.currency.toUpperCase(),
    guarded(entry?.stripeCustomerId ?? null),
    guarded(entry?.externalId ?? null),
    guarded(Object.values(entry?.stripe ?? {}).join(' ')),
    line.lotId === null ? '' : toWireId('grant', line.lotId),
    guarded(entry === null ? null : `${entry.sourceType} ${entry.sourceId}`),
    guarded(entry?.reason ?? journal.description),
    guarded(entry?.actor ?? null),
    entry?.reversalOf == null ? '' : toWireId('entry', entry.reversalOf),
    entry?.recordedAt.toISOString() ?? '',
    entry?.seal ?? '',
  ];
}

function split(journals: readonly ExportedJournal[], linesMax: number): readonly (readonly ExportedJournal[])[] {
  const parts: ExportedJournal[][] = [];
  let room = 0;
  for (const journal of journals) {
    const last = parts.at(-1);
    if (last === undefined || room < journal.lines.length) {
      parts.push([journal]);
      room = linesMax - journal.lines.length;
    } else {
      last.push(journal);
      room -= journal.lines.length;
    }
  }
  return parts;
}

function sides(journal: ExportedJournal, { debitMinor, creditMinor }: JournalLine): readonly [string, string] {
  return [debitMinor > 0n ? money(journal, debitMinor) : '', creditMinor > 0n ? money(journal, creditMinor) : ''];
}

function money({ currency }: ExportedJournal, minor: bigint): string {
  return formatMinor(minor, minorPlaces(currency) ?? 2);
}

function accountOf({ account }: JournalLine, accounts: ExportAccounts): string {
  return accounts[account]?.account ?? '';
}

function customerOf({ entry }: ExportedJournal): string | null {
  return entry === null ? null : (entry.externalId ?? entry.stripeCustomerId);
}

function dayAs(day: string, write: (year: string, month: string, day: string) => string): string {
  const [year = '', month = '', date = ''] = day.split('-');
  return write(year, month, date);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
