// The wording of the close pack's files.
import type { CloseItem } from '../domain/period-close.ts';
import type { FreeCredits, RollForwardRow, TrialBalanceRow } from '../domain/roll-forward.ts';
import { shownBalance, shownFreeCredits, shownRollForward } from './accounting-periods.ts';
import { controlCsv } from './journal-csv.ts';
import { type KeptExport, toControlTotals } from './journal-exports.ts';
import { csv, guarded } from './spreadsheet.ts';

interface PackedVariance {
  readonly checkName: string;
  readonly class: string;
  readonly subject: string;
  readonly amount: string | null;
  readonly unit: string | null;
  readonly explanation: string | null;
  readonly foundAt: Date;
}

interface Packed {
  readonly close: { readonly month: string; readonly checklist: readonly CloseItem[] };
  readonly figures: {
    readonly trialBalance: readonly TrialBalanceRow[];
    readonly rollForward: readonly RollForwardRow[];
    readonly freeCredits: readonly FreeCredits[];
  };
  readonly journal: KeptExport & { readonly rendered: readonly PackFile[] };
  readonly explained: readonly PackedVariance[];
  readonly roots: readonly object[];
}

interface PackFile {
  readonly name: string;
  readonly text: string;
}

/** Checklist, trial balance, roll-forward, free credits, explained variances, the journal in detail, control totals, seals. */
export function packFiles({ close, figures, journal, explained, roots }: Packed): readonly PackFile[] {
  return [
    { name: 'checklist.csv', text: sheet(close.checklist.map(shownItem)) },
    { name: 'trial-balance.csv', text: sheet(figures.trialBalance.map(shownBalance)) },
    { name: 'roll-forward.csv', text: sheet(figures.rollForward.map(shownRollForward)) },
    { name: 'free-credits.csv', text: sheet(figures.freeCredits.map(shownFreeCredits)) },
    { name: 'explained-variances.csv', text: sheet(explained.map(shownExplained)) },
    ...journal.rendered.map(({ name, text }) => ({ name, text })),
    { name: `control-${close.month}.csv`, text: controlCsv(toControlTotals(journal.totals), journal.files) },
    { name: 'seal-roots.jsonl', text: roots.map((root) => `${JSON.stringify(root)}\n`).join('') },
  ];
}

function shownItem({ group, title, done, proof }: CloseItem) {
  return { part: group, what: title, done: done ? 'yes' : 'no', proof };
}

function shownExplained({ checkName, class: kind, subject, amount, unit, explanation, foundAt }: PackedVariance) {
  return {
    check: checkName,
    class: kind,
    subject,
    amount: amount ?? '',
    unit: unit ?? '',
    explanation: explanation ?? '',
    found_at: foundAt.toISOString(),
  };
}

/** Our own numbers are never guarded: a spreadsheet must add them up. */
function sheet(rows: readonly Readonly<Record<string, string>>[]): string {
  const [first] = rows;
  if (first === undefined) return csv(['nothing'], []);
  const columns = Object.keys(first);
  return csv(
    columns,
    rows.map((row) =>
      columns.map((column) => (isNumber(row[column]) ? (row[column] ?? '') : guarded(row[column] ?? ''))),
    ),
  );
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text);
}
