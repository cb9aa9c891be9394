// The journal for another ledger: choose, look at it before anything is kept, export, download the same again.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { controlCsv, journalFiles } from '../../contract/journal-csv.ts';
import { toControlTotals } from '../../contract/journal-exports.ts';
import { EXPORT_DETAILS, EXPORT_TARGETS, type ExportDetail, type ExportTarget } from '../../domain/journal-export.ts';
import { may } from '../../domain/operator.ts';
import { refuse } from '../../domain/rejection.ts';
import {
  type ExportRecord,
  exportJournal,
  listJournalExports,
  readJournalExport,
  repeatExport,
} from '../../operations/export-journal.ts';
import { readMonths } from '../../operations/finance/read-months.ts';
import { type Names, readNames } from '../../operations/finance/read-runs.ts';
import { namedAccounts } from '../../operations/name-export-accounts.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant, moneyText } from '../figures.ts';
import { radios, type Typed } from '../forms.ts';
import { a, button, code, dd, div, dl, dt, form, input, li, type Markup, p, small, span, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, empty, panel, rows } from '../parts.ts';
import { actorWords } from '../words.ts';
import { financePage, monthPicker, monthText, stateTag } from './frame.ts';

export const exportPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/exports', permission: 'close.read', answer: showExports },
  { method: 'post', path: '/finance/exports', permission: 'journal.export', answer: makeExport },
  { method: 'get', path: '/finance/exports/:id', permission: 'close.read', answer: showExport },
  { method: 'get', path: '/finance/exports/:id/files/:name', permission: 'journal.export', answer: sendFile },
];

const SECTION = '/finance/exports';
const SHOWN = 30;

export const TARGET_WORDS: Readonly<Record<ExportTarget, string>> = {
  quickbooks: 'QuickBooks Online',
  xero: 'Xero',
  netsuite: 'NetSuite',
  generic: 'Generic CSV',
};

const DETAIL_WORDS: Readonly<Record<ExportDetail, string>> = {
  summary: 'one journal a day and currency',
  detail: 'one journal an entry',
};

export function targetOf(text: string | null | undefined): ExportTarget | null {
  return EXPORT_TARGETS.find((target) => target === text) ?? null;
}

export function detailOf(text: string | null): ExportDetail {
  return EXPORT_DETAILS.find((detail) => detail === text) ?? 'summary';
}

async function showExports({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query, session } = request;
  const books = await readMonths(deps, query.get('month'));
  const found = await listJournalExports(deps, { month: null, limit: SHOWN });
  return financePage(
    request,
    { section: SECTION, title: 'Exports', beside: [stateTag(books.state), monthPicker(request, SECTION, books)] },
    p(
      { class: 'lead' },
      'The money book of a month as journals that another ledger imports. Numbers stay, so a second import is recognised.',
    ),
    may(session.operator.roles, 'journal.export')
      ? div({ class: 'columns' }, chooser(request, books.month), mapping(base))
      : p({ class: 'hint' }, 'Somebody with the role finance or owner can export.'),
    panel(
      'What was exported',
      found.length === 0
        ? empty('Nothing was exported yet.')
        : rows('Exports, newest first', columns(base, await readNames(deps)), found),
    ),
  );
}

function chooser({ base }: PageRequest, month: string): Markup {
  const typed: Typed = { values: new URLSearchParams(), rejected: null };
  return panel(
    `Export ${monthText(month)}`,
    form(
      { method: 'get', action: `${base}${SECTION}/preview` },
      input({ type: 'hidden', name: 'month', value: month }),
      div(
        { class: 'fields' },
        radios(
          { name: 'target', label: 'Which ledger imports it' },
          EXPORT_TARGETS.map((target) => [target, TARGET_WORDS[target]] as const),
          typed,
        ),
        radios(
          { name: 'detail', label: 'How fine' },
          EXPORT_DETAILS.map((detail) => [detail, DETAIL_WORDS[detail]] as const),
          typed,
        ),
        div({ class: 'pager' }, button({ type: 'submit', class: 'primary' }, 'Preview')),
      ),
    ),
  );
}

function mapping(base: string): Markup {
  return panel(
    'Accounts',
    p({ class: 'hint' }, 'What our accounts are called in your ledger. Say it once; each export uses it.'),
    ul(
      null,
      ...EXPORT_TARGETS.map((target) =>
        li(null, a({ href: `${base}${SECTION}/accounts/${target}` }, `Accounts in ${TARGET_WORDS[target]}`)),
      ),
    ),
  );
}

function exportPath(exportId: string): string {
  return `${SECTION}/${toWireId('export', exportId)}`;
}

function columns(base: string, names: Names): readonly Column<ExportRecord>[] {
  return [
    {
      name: 'Export',
      show: ({ exportId, month, target }) =>
        a({ href: base + exportPath(exportId) }, `${monthText(month.slice(0, 7))} for ${TARGET_WORDS[target]}`),
    },
    { name: 'How fine', show: ({ detail }) => DETAIL_WORDS[detail] },
    { name: 'By', show: ({ createdBy }) => names.get(createdBy) ?? actorWords(createdBy) },
    { name: 'When', show: ({ createdAt }) => instant(createdAt) },
    {
      name: 'Files',
      show: ({ files }) => div(null, ...files.map(({ name, sha256 }) => small(null, name, ' ', hash(sha256)))),
    },
  ];
}

function hash(sha256: string): Markup {
  return span({ title: `sha256 ${sha256}` }, code(null, `${sha256.slice(0, 12)}…`));
}

async function makeExport(context: ConsoleContext, { form: sent, acting }: PageRequest): Promise<PageAnswer> {
  const { deps } = context;
  const target = targetOf(sent.get('target'));
  const books = await readMonths(deps, sent.get('month'));
  if (target === null || books.month !== sent.get('month'))
    return refuse('invalid_request', 'choose a month and the ledger that imports it');
  const made = await exportJournal(deps, {
    month: books.month,
    target,
    detail: detailOf(sent.get('detail')),
    accounts: (await namedAccounts(deps, target)).accounts,
    actor: acting.subject,
    render: journalFiles,
  });
  return 'rejected' in made ? made : { to: exportPath(made.exportId) };
}

const CONTROL = 'control.csv';

async function showExport({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, params, session } = request;
  const record = await readJournalExport(deps, fromWireId('export', params['id'] ?? '') ?? NO_EXPORT);
  if ('rejected' in record) return record;
  const names = await readNames(deps);
  const { month, target, detail, files, totals } = record;
  const mayDownload = may(session.operator.roles, 'journal.export');
  const fileLink = (name: string): Markup =>
    mayDownload ? a({ href: `${base}${exportPath(record.exportId)}/files/${name}` }, name) : span(null, name);
  return financePage(
    request,
    { section: SECTION, title: `${monthText(month.slice(0, 7))} for ${TARGET_WORDS[target]}` },
    crumbs(base, ['Exports', SECTION]),
    dl(
      { class: 'facts' },
      div(null, dt(null, 'By'), dd(null, names.get(record.createdBy) ?? actorWords(record.createdBy))),
      div(null, dt(null, 'When'), dd(null, instant(record.createdAt))),
      div(null, dt(null, 'How fine'), dd(null, DETAIL_WORDS[detail])),
      div(null, dt(null, 'Holds what was recorded before'), dd(null, instant(record.recordedBefore))),
      div(null, dt(null, 'Export'), dd(null, code(null, toWireId('export', record.exportId)))),
    ),
    panel(
      'Files',
      p(
        { class: 'hint' },
        'Made again at each download, the same to the byte; if history was changed, the download is refused.',
      ),
      rows<(typeof files)[number]>(
        'Files',
        [
          { name: 'File', show: ({ name }) => fileLink(name) },
          { name: 'Lines', numeric: true, show: ({ lines }) => String(lines) },
          { name: 'sha256', show: ({ sha256 }) => code(null, sha256) },
        ],
        files,
      ),
      p(null, fileLink(CONTROL), ' has the control totals and the hashes.'),
    ),
    totalsPanel(totals),
  );
}

/** No export has it. */
const NO_EXPORT = '00000000-0000-0000-0000-000000000000';

export function totalsPanel(totals: ExportRecord['totals']): Markup {
  return panel(
    'Control totals',
    totals.length === 0
      ? empty('No money moved in this month.')
      : rows<(typeof totals)[number]>(
          'Control totals by currency',
          [
            { name: 'Currency', show: ({ currency }) => currency.toUpperCase() },
            { name: 'Journals', numeric: true, show: ({ journals }) => String(journals) },
            { name: 'Lines', numeric: true, show: ({ lines }) => String(lines) },
            {
              name: 'Debits',
              numeric: true,
              show: ({ debitMinor, currency }) => moneyText(BigInt(debitMinor), currency),
            },
            {
              name: 'Credits',
              numeric: true,
              show: ({ creditMinor, currency }) => moneyText(BigInt(creditMinor), currency),
            },
          ],
          totals,
        ),
  );
}

async function sendFile({ deps }: ConsoleContext, { params }: PageRequest): Promise<PageAnswer> {
  const exportId = fromWireId('export', params['id'] ?? '') ?? NO_EXPORT;
  const made = await repeatExport(deps, { exportId, render: journalFiles });
  if ('rejected' in made) return made;
  const { name = '' } = params;
  const content =
    name === CONTROL
      ? controlCsv(toControlTotals(made.totals), made.files)
      : made.rendered.find((file) => file.name === name)?.text;
  if (content === undefined) return refuse('unknown_export', 'this export has no file of that name');
  return { file: { type: 'text/csv; charset=utf-8; header=present', name, content } };
}
