// The money book of a month as journals that another ledger takes in: each balanced, each with a number that stays.
import type { MoneyAccountKind } from './account.ts';

export const EXPORT_TARGETS = ['quickbooks', 'xero', 'netsuite', 'generic'] as const;
export type ExportTarget = (typeof EXPORT_TARGETS)[number];

/** `summary`: a journal a day and currency; `detail`: a journal an entry. */
export const EXPORT_DETAILS = ['summary', 'detail'] as const;
export type ExportDetail = (typeof EXPORT_DETAILS)[number];

/** One side of a journal; of debit and credit one is 0. Minor units. */
export interface JournalLine {
  readonly account: MoneyAccountKind;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
  readonly lotId: string | null;
}

export interface ExportedJournal {
  /** At most 21 characters, the least that an importer takes; the same again whenever the month is exported. */
  readonly number: string;
  /** `YYYY-MM-DD`, in UTC. */
  readonly day: string;
  readonly currency: string;
  readonly description: string;
  /** Of the one entry behind it; null for a summary. */
  readonly entry: ExportedEntry | null;
  readonly lines: readonly JournalLine[];
}

export interface ExportedEntry {
  readonly entryId: string;
  readonly kind: string;
  readonly recordedAt: Date;
  readonly customerId: string;
  readonly stripeCustomerId: string | null;
  readonly externalId: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly reversalOf: string | null;
  readonly stripe: Readonly<Record<string, string>> | null;
  /** The customer's seal of the day on which it was recorded, hexadecimal; null while that day is not sealed. */
  readonly seal: string | null;
}

/** What an account of ours is called in the other ledger. */
export interface ExportAccount {
  /** Its name in QuickBooks (`Parent:Child`), its code in Xero, NetSuite and others. */
  readonly account: string;
  /** Xero's full name of the tax rate; `Tax Exempt` when nothing is said. */
  readonly taxRate?: string;
}

export type ExportAccounts = Readonly<Partial<Record<MoneyAccountKind, ExportAccount>>>;

/** Sums of what was exported, one row a currency; both sides are equal, or the export is refused. */
export interface ControlTotal {
  readonly currency: string;
  readonly journals: number;
  readonly lines: number;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
}

/** A day's number: `CP-260401-USD`; an entry's: `CP-2604-000123`, counted in the order in which entries were recorded. */
export function journalNumber(day: string, of: { readonly currency: string } | { readonly position: number }): string {
  const [year = '', month = '', date = ''] = day.split('-');
  return 'currency' in of
    ? `CP-${year.slice(2)}${month}${date}-${of.currency.toUpperCase()}`
    : `CP-${year.slice(2)}${month}-${String(of.position).padStart(6, '0')}`;
}

/** Control totals by currency; throws when a journal does not balance, which a posting cannot be. */
export function controlTotals(journals: readonly ExportedJournal[]): readonly ControlTotal[] {
  const totals = new Map<string, ControlTotal>();
  for (const { number, currency, lines } of journals) {
    const debitMinor = lines.reduce((sum, line) => sum + line.debitMinor, 0n);
    const creditMinor = lines.reduce((sum, line) => sum + line.creditMinor, 0n);
    if (debitMinor !== creditMinor)
      throw new Error(`journal ${number} debits ${debitMinor} and credits ${creditMinor}`);
    const before = totals.get(currency) ?? { currency, journals: 0, lines: 0, debitMinor: 0n, creditMinor: 0n };
    totals.set(currency, {
      currency,
      journals: before.journals + 1,
      lines: before.lines + lines.length,
      debitMinor: before.debitMinor + debitMinor,
      creditMinor: before.creditMinor + creditMinor,
    });
  }
  return [...totals.values()].toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** Accounts that the journals use and the other ledger has no name for. */
export function missingAccounts(
  journals: readonly ExportedJournal[],
  accounts: ExportAccounts,
): readonly MoneyAccountKind[] {
  const used = new Set(journals.flatMap(({ lines }) => lines.map(({ account }) => account)));
  return [...used].filter((account) => accounts[account] === undefined).toSorted();
}

type Chart = Readonly<Record<MoneyAccountKind, readonly [name: string, code: string]>>;

/** Names and codes of a small company's chart of accounts: a start, to be replaced by one's own. */
const SAMPLE_CHART: Chart = {
  receivable: ['Accounts Receivable (A/R)', '1100'],
  cash: ['Stripe Balance', '1010'],
  customer_balance: ['Customer Balances', '2310'],
  unbilled_receivable: ['Unbilled Receivable', '1150'],
  'deferred.subscription': ['Deferred Revenue:Subscriptions', '2200'],
  'deferred.credits': ['Deferred Revenue:Credits', '2210'],
  'revenue.subscription': ['Revenue:Subscriptions', '4000'],
  'revenue.usage': ['Revenue:Usage', '4010'],
  'revenue.credits': ['Revenue:Credits', '4020'],
  'revenue.breakage': ['Revenue:Breakage', '4030'],
  'revenue.other': ['Revenue:Other', '4090'],
  tax_payable: ['Sales Tax Payable', '2150'],
  refund_clearing: ['Refund Clearing', '2400'],
  out_of_band_clearing: ['Out-of-band Clearing', '2410'],
  rounding: ['Rounding', '8900'],
  bad_debt: ['Bad Debt', '6300'],
  bank: ['Bank', '1000'],
  balance_adjustments: ['Customer Balance Adjustments', '4910'],
  disputed: ['Disputed Payments', '1020'],
  dispute_losses: ['Dispute Losses', '6310'],
  dispute_fees: ['Dispute Fees', '6320'],
  discounts: ['Discounts', '4900'],
};

/** The sample chart as the target wants it: QuickBooks by name, the others by code. */
export function sampleAccounts(target: ExportTarget): ExportAccounts {
  return Object.fromEntries(
    Object.entries(SAMPLE_CHART).map(([kind, [name, code]]) => [
      kind,
      { account: target === 'quickbooks' ? name : code },
    ]),
  );
}
