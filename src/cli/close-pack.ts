// The close pack: files that stand on their own, and a manifest that says what each must hash to.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { shownBalance, shownFreeCredits, shownRollForward } from '../contract/accounting-periods.ts';
import { controlCsv, journalFiles } from '../contract/journal-csv.ts';
import { toControlTotals } from '../contract/journal-exports.ts';
import { csv, guarded } from '../contract/spreadsheet.ts';
import { sampleAccounts } from '../domain/journal-export.ts';
import type { Refused } from '../domain/rejection.ts';
import { readClose } from '../operations/close/read-close.ts';
import { readMonthFigures } from '../operations/close/roll-forward.ts';
import type { Deps } from '../operations/deps.ts';
import { exportJournal } from '../operations/export-journal.ts';
import { listVariances } from '../operations/list-variances.ts';
import type { Acting } from '../operations/operators/acting.ts';
import { listSealRoots } from '../operations/seal-ledger.ts';
import { json } from './output.ts';

const VARIANCES_MAX = 10_000;

/** Writes the pack of a month into a folder; an open month's pack says that it is open. */
export async function writeClosePack(
  deps: Deps,
  acting: Acting,
  { month, folder }: { readonly month: string; readonly folder: string },
): Promise<{ readonly paths: readonly string[] } | Refused> {
  const close = await readClose(deps, acting, month);
  if ('rejected' in close) return close;
  const figures = await readMonthFigures(deps, acting, month);
  if ('rejected' in figures) return figures;
  const journal = await exportJournal(deps, {
    month,
    target: 'generic',
    detail: 'detail',
    accounts: sampleAccounts('generic'),
    actor: acting.subject,
    render: journalFiles,
  });
  if ('rejected' in journal) return journal;
  const explained = await listVariances(deps, { state: 'explained', limit: VARIANCES_MAX });
  const roots = await listSealRoots(deps, `${month}-01`);
  const files = [
    {
      name: 'checklist.csv',
      text: sheet(
        close.checklist.map(({ group, title, done, proof }) => ({
          part: group,
          what: title,
          done: done ? 'yes' : 'no',
          proof,
        })),
      ),
    },
    { name: 'trial-balance.csv', text: sheet(figures.trialBalance.map(shownBalance)) },
    { name: 'roll-forward.csv', text: sheet(figures.rollForward.map(shownRollForward)) },
    { name: 'free-credits.csv', text: sheet(figures.freeCredits.map(shownFreeCredits)) },
    {
      name: 'explained-variances.csv',
      text: sheet(
        explained.variances.map(({ checkName, class: kind, subject, amount, unit, explanation, foundAt }) => ({
          check: checkName,
          class: kind,
          subject,
          amount: amount ?? '',
          unit: unit ?? '',
          explanation: explanation ?? '',
          found_at: foundAt.toISOString(),
        })),
      ),
    },
    ...journal.rendered,
    { name: `control-${month}.csv`, text: controlCsv(toControlTotals(journal.totals), journal.files) },
    { name: 'seal-roots.jsonl', text: roots.map((root) => `${json(root)}\n`).join('') },
  ];
  const manifest = {
    month,
    state: close.state,
    requested_by: close.requestedBy,
    closed_by: close.closedBy,
    closed_at: close.closedAt,
    approval: close.approval,
    signed: close.hash,
    files: files.map(({ name, text }) => ({ name, sha256: createHash('sha256').update(text).digest('hex') })),
  };
  await mkdir(folder, { recursive: true });
  for (const { name, text } of files) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { paths: [...files.map(({ name }) => name), 'manifest.json'].map((name) => join(folder, name)) };
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
