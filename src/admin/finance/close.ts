// The close of a month: its checklist with the proofs, who did what when, and the acts that bring it further.
import { packFiles } from '../../contract/close-pack.ts';
import { journalFiles } from '../../contract/journal-csv.ts';
import type { CloseItem } from '../../domain/period-close.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { makeClosePack } from '../../operations/close/make-close-pack.ts';
import { type Close, listCloses, readClose } from '../../operations/close/read-close.ts';
import { readMonthFigures } from '../../operations/close/roll-forward.ts';
import { readMonths } from '../../operations/finance/read-months.ts';
import { type Names, readNames } from '../../operations/finance/read-runs.ts';
import type { ConsoleContext } from '../console-context.ts';
import { accounting, instant } from '../figures.ts';
import { mistakes } from '../forms.ts';
import { a, details, div, li, type Markup, ol, p, small, span, summary } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, panel, rows, tag } from '../parts.ts';
import { accountWords } from '../words.ts';
import { CLOSE, closeActs, closePath } from './close-acts.ts';
import { checkPath } from './close-words.ts';
import { financePage, monthPicker, monthText, stateTag } from './frame.ts';
import { zipped } from './zip.ts';

export const closePages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/finance/close',
    permission: 'close.read',
    answer: async (context, request) => showClose(context, request, null),
  },
  { method: 'post', path: '/finance/close/:month/pack', permission: 'journal.export', answer: sendPack },
];

const GROUPS = { before: 'Before', review: 'Review', lock: 'Lock' } as const;
const MONTHS_SHOWN = 12;

/** The page of the month that the address names; after a refusal with what was wrong. */
export async function showClose(
  { deps }: ConsoleContext,
  request: PageRequest,
  refused: { readonly month: string; readonly rejected: Rejection } | null,
): Promise<PageAnswer> {
  const { acting, query, form } = request;
  const books = await readMonths(deps, refused?.month ?? query.get('month'));
  const close = await readClose(deps, acting, books.month);
  if ('rejected' in close) return close;
  const past = await listCloses(deps, acting, MONTHS_SHOWN);
  if ('rejected' in past) return past;
  const names = await readNames(deps);
  return financePage(
    request,
    {
      section: CLOSE,
      title: `Close of ${monthText(books.month)}`,
      beside: [stateTag(close.state), monthPicker(request, CLOSE, books)],
      ...(refused !== null && { status: 422 }),
    },
    refused === null ? null : mistakes({ values: form, rejected: refused.rejected }),
    p({ class: 'lead' }, leadOf(close)),
    trail(close, names),
    closeActs(request, close, names),
    ...(['before', 'review', 'lock'] as const).map((group) => checklistPanel(request, close, group)),
    await trialBalance(deps, request, books.month),
    panel(
      'Months',
      past.length === 0
        ? empty('No month was closed or prepared yet.')
        : rows('Months of the books', monthColumns(request.base, names), past),
    ),
  );
}

function leadOf({ state, month, checklist }: Close): string {
  if (state === 'closed')
    return `${monthText(month)} is closed: the database takes nothing into it any more. What comes late lands in the open month.`;
  if (state === 'pending')
    return `${monthText(month)} waits for its second signature. Anything recorded in it now makes the first one void.`;
  const undone = checklist.filter(({ done }) => !done).length;
  return undone === 0
    ? 'Everything on the list is done: the month can be closed.'
    : `${undone} of ${checklist.length} points are not done. A month ends when two people say so over the same proofs.`;
}

/** Who did what, and when. */
function trail(
  { preparedAt, requestedBy, requestedAt, closedBy, closedAt, approval, confirmations }: Close,
  names: Names,
): Markup {
  const person = (subject: string): string => names.get(subject) ?? subject;
  const steps = [
    preparedAt === null ? null : li(null, 'Prepared ', instant(preparedAt)),
    ...Object.values(confirmations).map(({ by, at, note }) =>
      li(null, `Import confirmed by ${person(by)} `, instant(new Date(at)), small(null, note)),
    ),
    requestedBy === null || requestedAt === null
      ? null
      : li(null, `First signature: ${person(requestedBy)}, `, instant(requestedAt)),
    closedBy === null || closedAt === null
      ? null
      : li(
          null,
          `Second signature: ${person(closedBy)}, `,
          instant(closedAt),
          approval === 'single_operator' ? ' (one person alone)' : '',
        ),
  ].filter((step) => step !== null);
  return steps.length === 0 ? null : ol({ class: 'trail' }, ...steps);
}

function checklistPanel({ base }: PageRequest, { checklist, month }: Close, group: CloseItem['group']): Markup {
  const own = checklist.filter((item) => item.group === group);
  const done = own.filter((item) => item.done).length;
  return panel(
    `${GROUPS[group]}: ${done} of ${own.length}`,
    ol({ class: 'checklist' }, ...own.map((item) => checkItem(base, month, item))),
  );
}

function checkItem(base: string, month: string, { key, title, done, proof }: CloseItem): Markup {
  return li(
    { id: key, class: done ? 'check' : 'check undone' },
    span({ class: 'mark', 'aria-hidden': true }, done ? '✓' : '✕'),
    div(
      null,
      a({ href: base + checkPath(key, month) }, title),
      ' ',
      done ? tag('done', 'good') : tag('not done', 'bad'),
      small(null, proof),
    ),
  );
}

type Balance = Extract<Awaited<ReturnType<typeof readMonthFigures>>, { trialBalance: unknown }>['trialBalance'][number];

async function trialBalance(
  deps: ConsoleContext['deps'],
  { base, acting }: PageRequest,
  month: string,
): Promise<Markup> {
  const figures = await readMonthFigures(deps, acting, month);
  if ('rejected' in figures) return null;
  const columns: readonly Column<Balance>[] = [
    {
      name: 'Account',
      show: ({ account, currency }) =>
        a(
          { href: `${base}/finance/ledger?${new URLSearchParams({ month, account, unit: currency }).toString()}` },
          accountWords(account),
        ),
    },
    { name: 'Opening', numeric: true, show: ({ openingMinor, currency }) => accounting(openingMinor, currency) },
    { name: 'Debits', numeric: true, show: ({ debitMinor, currency }) => accounting(debitMinor, currency) },
    { name: 'Credits', numeric: true, show: ({ creditMinor, currency }) => accounting(creditMinor, currency) },
    { name: 'Closing', numeric: true, show: ({ closingMinor, currency }) => accounting(closingMinor, currency) },
  ];
  return panel(
    'Trial balance',
    figures.trialBalance.length === 0
      ? empty('No money moved up to the end of this month.')
      : details(
          null,
          summary(null, 'Every account of the money book'),
          rows('Trial balance', columns, figures.trialBalance),
          p({ class: 'hint' }, 'Positive is owned, in parentheses is owed or earned. Each currency sums to zero.'),
        ),
  );
}

function monthColumns(base: string, names: Names): readonly Column<Omit<Close, 'checklist' | 'hash'>>[] {
  const person = (subject: string | null): string => (subject === null ? '–' : (names.get(subject) ?? subject));
  return [
    { name: 'Month', show: ({ month }) => a({ href: base + closePath(month) }, monthText(month)) },
    { name: 'State', show: ({ state }) => stateTag(state) },
    { name: 'First signature', show: ({ requestedBy }) => person(requestedBy) },
    { name: 'Second signature', show: ({ closedBy }) => person(closedBy) },
    { name: 'Closed', show: ({ closedAt }) => (closedAt === null ? '–' : instant(closedAt)) },
  ];
}

async function sendPack({ deps }: ConsoleContext, { params, acting }: PageRequest): Promise<PageAnswer> {
  const { month } = await readMonths(deps, params['month'] ?? null);
  const pack = await makeClosePack(deps, acting, { month, renderJournals: journalFiles, renderPack: packFiles });
  if ('rejected' in pack) return pack;
  return { file: { type: 'application/zip', name: `close-pack-${month}.zip`, content: zipped(pack.files) } };
}
