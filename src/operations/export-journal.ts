// The journals of a month for another ledger, made once and made again to the byte.
import { createHash } from 'node:crypto';

import { EVERY_LANE } from '../domain/customer.ts';
import {
  controlTotals,
  type ExportAccounts,
  type ExportDetail,
  type ExportedEntry,
  type ExportedJournal,
  type ExportTarget,
  journalNumber,
  type JournalLine,
  missingAccounts,
} from '../domain/journal-export.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now, stepSimulatedClock } from '../storage/clock.ts';
import {
  daySums,
  type ExportedPosting,
  type ExportRecord,
  type ExportScope,
  findExport,
  listExports,
  monthPostings,
  saveExport,
} from '../storage/journal-exports.ts';
import type { Deps } from './deps.ts';

export type { ExportRecord } from '../storage/journal-exports.ts';

/** Turns journals into the files of a target; a shell knows their wording. */
export type RenderJournals = (
  journals: readonly ExportedJournal[],
  options: {
    readonly target: ExportTarget;
    readonly month: string;
    readonly detail: ExportDetail;
    readonly accounts: ExportAccounts;
  },
) => readonly RenderedFile[];

export interface RenderedFile {
  readonly name: string;
  readonly text: string;
  /** Rows without the heading. */
  readonly lines: number;
  /** For a preview: the heading, and the first rows. */
  readonly head: readonly string[];
  readonly first: readonly (readonly string[])[];
}

export interface JournalExport extends ExportRecord {
  readonly rendered: readonly RenderedFile[];
}

export interface ExportJournalInput {
  /** `YYYY-MM` */
  readonly month: string;
  readonly target: ExportTarget;
  readonly detail: ExportDetail;
  readonly accounts: ExportAccounts;
  readonly actor: string;
  readonly render: RenderJournals;
}

/** More would not open in what imports it; the summary has one journal a day whatever the month held. */
const POSTINGS_MAX = 250_000;

/** A transaction that is under way commits within it; what it records is in the next export. */
export const SETTLED_AFTER_MS = 60_000;

/**
 * Exports a month as far as it was recorded a minute ago, and keeps what was made of it. A sandbox's clock stands still, so
 * there it is stepped on, and the export has all that was recorded.
 */
export async function exportJournal(deps: Deps, input: ExportJournalInput): Promise<JournalExport | Refused> {
  const at = await now(deps.db);
  const scope = {
    lanes: EVERY_LANE,
    month: `${input.month}-01`,
    recordedBefore: (await stepSimulatedClock(deps.db)) ?? new Date(at.getTime() - SETTLED_AFTER_MS),
  };
  const made = await make(deps, scope, input);
  if ('rejected' in made) return made;
  const record: ExportRecord = {
    ...made.facts,
    exportId: deps.newId(),
    month: scope.month,
    target: input.target,
    detail: input.detail,
    recordedBefore: scope.recordedBefore,
    accounts: input.accounts,
    createdBy: input.actor,
    createdAt: at,
  };
  await saveExport(deps.db, record);
  return { ...record, rendered: made.rendered };
}

/** What an export would make now; nothing is kept. */
export async function previewExport(
  deps: Pick<Deps, 'db'>,
  input: Omit<ExportJournalInput, 'actor'>,
): Promise<Pick<JournalExport, 'rendered' | 'totals'> | Refused> {
  const at = await now(deps.db);
  const recordedBefore = new Date(at.getTime() - SETTLED_AFTER_MS);
  const made = await make(deps, { lanes: EVERY_LANE, month: `${input.month}-01`, recordedBefore }, input);
  return 'rejected' in made ? made : { rendered: made.rendered, totals: made.facts.totals };
}

/** One that was made, as it was kept. */
export async function readJournalExport({ db }: Pick<Deps, 'db'>, exportId: string): Promise<ExportRecord | Refused> {
  return (
    (await findExport(db, exportId)) ??
    refuse('unknown_export', 'there is no export of this id; list them to see which there are', { param: 'id' })
  );
}

/** The same files again; refused, instead of others under the same name, should they not be the same. */
export async function repeatExport(
  deps: Deps,
  { exportId, render }: { readonly exportId: string; readonly render: RenderJournals },
): Promise<JournalExport | Refused> {
  const record = await readJournalExport(deps, exportId);
  if ('rejected' in record) return record;
  const made = await make(
    deps,
    { ...record, lanes: EVERY_LANE },
    { ...record, month: record.month.slice(0, 7), render },
  );
  if ('rejected' in made) return made;
  const changed = record.files.filter(({ sha256 }, index) => sha256 !== made.facts.files[index]?.sha256);
  if (changed.length > 0 || made.facts.files.length !== record.files.length) {
    const names = changed.map(({ name }) => name).join(', ');
    return refuse(
      'export_changed',
      `the journal does not give the files of this export again (${names}): history was changed; run ledger verify`,
    );
  }
  return { ...record, rendered: made.rendered };
}

export async function listJournalExports(
  deps: Pick<Deps, 'db'>,
  {
    month,
    limit,
    after = null,
  }: { readonly month: string | null; readonly limit: number; readonly after?: string | null },
): Promise<readonly ExportRecord[]> {
  return listExports(deps.db, { month: month === null ? null : `${month}-01`, limit, after });
}

interface Made {
  readonly rendered: readonly RenderedFile[];
  readonly facts: Pick<ExportRecord, 'files' | 'totals'>;
}

async function make(
  { db }: Pick<Deps, 'db'>,
  scope: ExportScope,
  { target, month, detail, accounts, render }: Omit<ExportJournalInput, 'actor'>,
): Promise<Made | Refused> {
  const journals = detail === 'summary' ? summarise(await daySums(db, scope)) : await detailed(db, scope);
  if ('rejected' in journals) return journals;
  const missing = missingAccounts(journals, accounts);
  if (missing.length > 0) {
    return refuse(
      'export_accounts_missing',
      `name an account of the other ledger for ${missing.join(', ')}; nothing was exported`,
      { param: 'accounts', details: { missing } },
    );
  }
  const rendered = render(journals, { target, month, detail, accounts });
  return {
    rendered,
    facts: {
      files: rendered.map(({ name, text, lines }) => ({ name, lines, sha256: hashOf(text) })),
      totals: controlTotals(journals).map((total) => ({
        ...total,
        debitMinor: total.debitMinor.toString(),
        creditMinor: total.creditMinor.toString(),
      })),
    },
  };
}

function summarise(sums: Awaited<ReturnType<typeof daySums>>): readonly ExportedJournal[] {
  const byDay = Map.groupBy(sums, ({ day, currency }) => `${day} ${currency}`);
  return [...byDay.values()].map((rows) => {
    const [{ day, currency }] = rows as [(typeof rows)[number]];
    return {
      number: journalNumber(day, { currency }),
      day,
      currency,
      description: `Credit pools, ${day}`,
      entry: null,
      lines: rows.flatMap(({ account, debitMinor, creditMinor }) => [
        ...(debitMinor > 0n ? [{ account, debitMinor, creditMinor: 0n, lotId: null }] : []),
        ...(creditMinor > 0n ? [{ account, debitMinor: 0n, creditMinor, lotId: null }] : []),
      ]),
    };
  });
}

async function detailed(db: Deps['db'], scope: ExportScope): Promise<readonly ExportedJournal[] | Refused> {
  const postings = await monthPostings(db, scope, POSTINGS_MAX + 1);
  if (postings.length > POSTINGS_MAX) {
    return refuse(
      'export_too_large',
      `the month has more than ${POSTINGS_MAX} postings; export the summary, one journal a day`,
      { param: 'detail' },
    );
  }
  const byEntry = Map.groupBy(postings, ({ entryId, currency }) => `${entryId} ${currency}`);
  return [...byEntry.values()].map((rows, index) => {
    const [{ day, currency, ...first }] = rows as [ExportedPosting];
    return {
      number: journalNumber(day, { position: index + 1 }),
      day,
      currency,
      description: first.reason === null ? first.kind : `${first.kind}: ${first.reason}`,
      entry: entryOf(first),
      lines: rows.flatMap(sides),
    };
  });
}

function entryOf(posting: Omit<ExportedPosting, 'day' | 'currency'>): ExportedEntry {
  const { seq: _seq, from: _from, to: _to, amount: _amount, lotId: _lotId, ...entry } = posting;
  return entry;
}

/** `to` is debited, `from` credited. */
function sides({ from, to, amount, lotId }: ExportedPosting): readonly JournalLine[] {
  return [
    { account: to, debitMinor: amount, creditMinor: 0n, lotId },
    { account: from, debitMinor: 0n, creditMinor: amount, lotId },
  ];
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
