// Before an export: its first lines and control totals, or the accounts that have no name yet; and the naming of them.
import { journalFiles } from '../../contract/journal-csv.ts';
import type { MoneyAccountKind } from '../../domain/account.ts';
import { type ExportAccounts, type ExportTarget, sampleAccounts } from '../../domain/journal-export.ts';
import { refuse, type Refused, type Rejection } from '../../domain/rejection.ts';
import { previewExport, type RenderedFile } from '../../operations/export-journal.ts';
import { readMonths } from '../../operations/finance/read-months.ts';
import { readNames } from '../../operations/finance/read-runs.ts';
import { nameExportAccounts, namedAccounts } from '../../operations/name-export-accounts.ts';
import type { ConsoleContext } from '../console-context.ts';
import { countText, instant } from '../figures.ts';
import { mistakes, type Typed } from '../forms.ts';
import {
  a,
  caption,
  code,
  div,
  input,
  label,
  li,
  type Markup,
  p,
  table,
  tbody,
  td,
  th,
  thead,
  tr,
  ul,
} from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, panel, postForm, rows, submit } from '../parts.ts';
import { accountWords, sentenceCase } from '../words.ts';
import { detailOf, TARGET_WORDS, targetOf, totalsPanel } from './exports.ts';
import { financePage, monthText } from './frame.ts';

export const exportPreviewPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/exports/preview', permission: 'journal.export', answer: preview },
  {
    method: 'get',
    path: '/finance/exports/accounts/:target',
    permission: 'journal.export',
    answer: async (context, request) => showAccounts(context, request, null),
  },
  { method: 'post', path: '/finance/exports/accounts/:target', permission: 'journal.export', answer: nameThem },
];

const SECTION = '/finance/exports';

async function preview({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query } = request;
  const target = targetOf(query.get('target'));
  const detail = detailOf(query.get('detail'));
  const { month } = await readMonths(deps, query.get('month'));
  if (target === null) return refuse('invalid_request', 'choose which ledger imports it');
  const { accounts } = await namedAccounts(deps, target);
  const made = await previewExport(deps, { month, target, detail, accounts, render: journalFiles });
  const title = `Preview: ${monthText(month)} for ${TARGET_WORDS[target]}`;
  const trail = crumbs(base, ['Exports', `${SECTION}?month=${month}`]);
  if ('rejected' in made) {
    return financePage(request, { section: SECTION, title, status: 422 }, trail, missingNotice(base, target, made));
  }
  return financePage(
    request,
    { section: SECTION, title },
    trail,
    totalsPanel(made.totals),
    ...made.rendered.map((file) => filePanel(file)),
    postForm(
      request,
      SECTION,
      ...Object.entries({ month, target, detail }).map(([name, value]) => input({ type: 'hidden', name, value })),
      div(
        { class: 'actions' },
        submit(`Export ${monthText(month)} for ${TARGET_WORDS[target]}`),
        a({ class: 'button', href: `${base}${SECTION}?month=${month}` }, 'Cancel'),
      ),
    ),
  );
}

function missingNotice(base: string, target: ExportTarget, { rejected }: Refused): Markup {
  const details = ('details' in rejected ? rejected.details : null) as { readonly missing?: readonly string[] } | null;
  const missing = details?.missing ?? [];
  return div(
    { class: 'notice notice-bad', role: 'alert' },
    missing.length === 0
      ? p(null, `${sentenceCase(rejected.message)}.`)
      : p(
          null,
          `${countText(missing.length, 'account')} of the month ${missing.length === 1 ? 'has' : 'have'} no name in ${TARGET_WORDS[target]}. Nothing was exported.`,
        ),
    missing.length === 0 ? null : ul(null, ...missing.map((kind) => li(null, accountWords(kind)))),
    p(null, a({ href: `${base}${SECTION}/accounts/${target}` }, 'Name them')),
  );
}

/** The first lines as they will stand in the file. */
function filePanel({ name, lines, head, first }: RenderedFile): Markup {
  return panel(
    name,
    p(
      { class: 'hint' },
      lines <= first.length
        ? `All ${countText(lines, 'line')}.`
        : `The first ${first.length} of ${countText(lines, 'line')}.`,
    ),
    div(
      { class: 'wide-table', tabIndex: 0, role: 'region', 'aria-label': `First lines of ${name}` },
      table(
        { class: 'sheet' },
        caption({ class: 'unseen' }, `First lines of ${name}`),
        thead(null, tr(null, ...head.map((column) => th({ scope: 'col' }, column)))),
        tbody(null, ...first.map((row) => tr(null, ...row.map((cell) => td(null, cell))))),
      ),
    ),
  );
}

async function showAccounts(
  { deps }: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const { base, params, form } = request;
  const target = targetOf(params['target']);
  if (target === null) return refuse('invalid_request', 'no ledger is called so');
  const { accounts, changedBy, changedAt } = await namedAccounts(deps, target);
  const names = await readNames(deps);
  const typed: Typed = { values: rejected === null ? new URLSearchParams() : form, rejected };
  return financePage(
    request,
    { section: SECTION, title: `Accounts in ${TARGET_WORDS[target]}`, ...(rejected !== null && { status: 422 }) },
    crumbs(base, ['Exports', SECTION]),
    mistakes(typed),
    p(
      { class: 'lead' },
      changedBy === null || changedAt === null
        ? 'These are the accounts of a sample chart: put your own in their place. '
        : `Named by ${names.get(changedBy) ?? changedBy}. `,
      target === 'quickbooks'
        ? 'QuickBooks takes names, a child after its parent and a colon.'
        : 'By number or code, as your import wants it.',
      changedAt === null ? null : ' Last changed ',
      changedAt === null ? null : instant(changedAt),
    ),
    postForm(
      request,
      `${SECTION}/accounts/${target}`,
      panel('Our account, and yours', accountTable(target, accounts, typed)),
      div({ class: 'actions' }, submit('Keep these names'), a({ class: 'button', href: base + SECTION }, 'Cancel')),
    ),
  );
}

function accountTable(target: ExportTarget, accounts: ExportAccounts, typed: Typed): Markup {
  const kinds = Object.keys(sampleAccounts(target)) as readonly MoneyAccountKind[];
  const field = (name: string, about: string, initial: string): Markup =>
    div(
      null,
      label({ class: 'unseen', for: name }, about),
      input({
        id: name,
        name,
        type: 'text',
        maxLength: 200,
        autocomplete: 'off',
        defaultValue: typed.values.get(name) ?? initial,
      }),
    );
  return rows<MoneyAccountKind>(
    'Accounts',
    [
      { name: 'Ours', show: (kind) => div(null, sentenceCase(accountWords(kind)), ' ', code(null, kind)) },
      {
        name: 'Yours',
        show: (kind) => field(kind, `Your account for ${accountWords(kind)}`, accounts[kind]?.account ?? ''),
      },
      ...(target === 'xero'
        ? [
            {
              name: 'Tax rate',
              show: (kind: MoneyAccountKind) =>
                field(`${kind}-tax`, `Tax rate for ${accountWords(kind)}`, accounts[kind]?.taxRate ?? ''),
            },
          ]
        : []),
    ],
    kinds,
  );
}

async function nameThem(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { params, form, acting } = request;
  const target = targetOf(params['target']);
  if (target === null) return refuse('invalid_request', 'no ledger is called so');
  const named = Object.keys(sampleAccounts(target)).flatMap((kind) => {
    const account = form.get(kind)?.trim() ?? '';
    const taxRate = form.get(`${kind}-tax`)?.trim() ?? '';
    return account === '' ? [] : [[kind, { account, ...(taxRate !== '' && { taxRate }) }] as const];
  });
  const done = await nameExportAccounts(context.deps, acting, { target, accounts: Object.fromEntries(named) });
  return 'rejected' in done ? showAccounts(context, request, done.rejected) : { to: SECTION };
}
