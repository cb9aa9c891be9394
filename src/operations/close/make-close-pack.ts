// The close pack: files that stand on their own, and a manifest that says what each must hash to.
import { createHash } from 'node:crypto';

import type { Refused } from '../../domain/rejection.ts';
import type { Deps } from '../deps.ts';
import { exportJournal, type JournalExport, type RenderJournals } from '../export-journal.ts';
import { listVariances, type VarianceList } from '../list-variances.ts';
import { namedAccounts } from '../name-export-accounts.ts';
import type { Acting } from '../operators/acting.ts';
import { listSealRoots, type SealRoot } from '../seal-ledger.ts';
import { type Close, readClose } from './read-close.ts';
import { type MonthFigures, readMonthFigures } from './roll-forward.ts';

/** What the pack of a month says; a shell knows the wording of its files. */
export interface PackFacts {
  readonly close: Close;
  readonly figures: MonthFigures;
  readonly journal: JournalExport;
  readonly explained: VarianceList['variances'];
  readonly roots: readonly SealRoot[];
}

export interface PackFile {
  readonly name: string;
  readonly text: string;
}

export interface PackRequest {
  /** `YYYY-MM` */
  readonly month: string;
  readonly renderJournals: RenderJournals;
  readonly renderPack: (facts: PackFacts) => readonly PackFile[];
}

const VARIANCES_MAX = 10_000;

/** The files of a month's pack, the manifest last; an open month's pack says that it is open. */
export async function makeClosePack(
  deps: Deps,
  acting: Acting,
  { month, renderJournals, renderPack }: PackRequest,
): Promise<{ readonly files: readonly PackFile[] } | Refused> {
  const close = await readClose(deps, acting, month);
  if ('rejected' in close) return close;
  const figures = await readMonthFigures(deps, acting, month);
  if ('rejected' in figures) return figures;
  const journal = await exportJournal(deps, {
    month,
    target: 'generic',
    detail: 'detail',
    accounts: (await namedAccounts(deps, 'generic')).accounts,
    actor: acting.subject,
    render: renderJournals,
  });
  if ('rejected' in journal) return journal;
  const { variances: explained } = await listVariances(deps, { state: 'explained', limit: VARIANCES_MAX });
  const roots = await listSealRoots(deps, `${month}-01`);
  const files = renderPack({ close, figures, journal, explained, roots });
  return { files: [...files, manifest(close, files)] };
}

function manifest(close: Close, files: readonly PackFile[]): PackFile {
  const content = {
    month: close.month,
    state: close.state,
    requested_by: close.requestedBy,
    closed_by: close.closedBy,
    closed_at: close.closedAt,
    approval: close.approval,
    signed: close.hash,
    files: files.map(({ name, text }) => ({ name, sha256: createHash('sha256').update(text).digest('hex') })),
  };
  return { name: 'manifest.json', text: `${JSON.stringify(content, null, 2)}\n` };
}
