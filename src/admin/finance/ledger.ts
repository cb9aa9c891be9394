// The ledger: a filter bar, one row a movement, a running balance where one account is looked at; the same as a file.
import { ledgerViewCsv } from '../../contract/ledger-view-csv.ts';
import { may } from '../../domain/operator.ts';
import type { Rejection } from '../../domain/rejection.ts';
import {
  browseLedger,
  exportLedgerView,
  type LedgerMovement,
  type LedgerPage,
} from '../../operations/finance/browse-ledger.ts';
import { type BooksMonths, readMonths } from '../../operations/finance/read-months.ts';
import type { ConsoleContext } from '../console-context.ts';
import { accounting, credits, creditsChange, instant, money } from '../figures.ts';
import { mistakes } from '../forms.ts';
import { customerPath, entryPath } from '../ids.ts';
import { a, button, div, form, input, label, type Markup, option, p, select, small, span } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, panel, rows } from '../parts.ts';
import { accountWords, actorWords, kindWords, lineWords } from '../words.ts';
import { financePage, monthText } from './frame.ts';
import { cursorOf, cursorText, ledgerAddress, type LedgerAsked, ledgerAsked, ledgerQuery } from './ledger-query.ts';

export const ledgerPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/ledger', permission: 'close.read', answer: showLedger },
  { method: 'get', path: '/finance/ledger.csv', permission: 'journal.export', answer: sendCsv },
];

const SECTION = '/finance/ledger';
const SHOWN = 50;

async function showLedger({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { query, acting } = request;
  const books = await readMonths(deps, query.get('month'));
  const asked = ledgerAsked(query, books.month);
  const wanted = ledgerQuery(asked);
  if ('rejected' in wanted) return refusedLedger(request, books, asked, wanted.rejected);
  const page = await browseLedger(deps, acting, { ...wanted, after: cursorOf(query), limit: SHOWN });
  if ('rejected' in page) return refusedLedger(request, books, asked, page.rejected);
  return financePage(
    request,
    { section: SECTION, title: 'Ledger' },
    p(
      { class: 'lead' },
      'Every movement of credits and money: from one account to another, so that each entry balances. Nothing here is ever changed.',
    ),
    filterBar(request, books, asked, page),
    movements(request, asked, page),
  );
}

function refusedLedger(request: PageRequest, books: BooksMonths, asked: LedgerAsked, rejected: Rejection): PageAnswer {
  const none: LedgerPage = { rows: [], hasMore: false, accounts: [], unit: null };
  return financePage(
    request,
    { section: SECTION, title: 'Ledger', status: 422 },
    mistakes({ values: request.query, rejected }),
    filterBar(request, books, asked, none),
  );
}

function filterBar(
  { base }: PageRequest,
  { months }: BooksMonths,
  asked: LedgerAsked,
  { accounts, unit }: LedgerPage,
): Markup {
  const field = (name: keyof LedgerAsked, text: string, control: Markup): Markup =>
    div({ class: 'field' }, label({ for: name }, text), control);
  const choice = (name: keyof LedgerAsked, options: readonly (readonly [string, string])[]): Markup =>
    select(
      { id: name, name },
      ...options.map(([value, words]) => option({ value, selected: value === asked[name] }, words)),
    );
  const text = (name: keyof LedgerAsked, placeholder: string, size = 18): Markup =>
    input({
      id: name,
      name,
      type: 'text',
      size,
      placeholder,
      autocomplete: 'off',
      maxLength: 255,
      defaultValue: asked[name],
    });
  const date = (name: 'from' | 'to'): Markup => input({ id: name, name, type: 'date', defaultValue: asked[name] });
  const kinds = [
    ...new Set([...accounts.map(({ account }) => account), ...(asked.account === '' ? [] : [asked.account])]),
  ];
  const units = [...new Set(accounts.map((one) => one.unit))].toSorted();
  return form(
    { class: 'filter-bar', method: 'get', action: base + SECTION, 'aria-label': 'Narrow the ledger' },
    field(
      'month',
      'Month',
      choice(
        'month',
        [...new Set([asked.month, ...months])].map((one) => [one, monthText(one)] as const),
      ),
    ),
    field(
      'account',
      'Account',
      choice('account', [['', 'every account'], ...kinds.map((one) => [one, accountWords(one)] as const)]),
    ),
    field(
      'unit',
      'In',
      choice('unit', [
        ['', unit === null ? 'every unit' : `its unit (${unit})`],
        ...units.map((one) => [one, one] as const),
      ]),
    ),
    field('customer', 'Customer', text('customer', 'cus_… or ext:…')),
    field('kind', 'Kind of entry', text('kind', 'invoice.finalized')),
    field('object', 'Stripe object', text('object', 'in_…, cn_…, re_…')),
    field('from', 'From day', date('from')),
    field('to', 'To day', date('to')),
    button({ type: 'submit' }, 'Narrow'),
    small(null, 'Days stand instead of the month’s first and last. All in UTC.'),
  );
}

function movements(request: PageRequest, asked: LedgerAsked, page: LedgerPage): Markup {
  const { base, query, session } = request;
  const last = page.rows.at(-1);
  if (page.rows.length === 0) {
    return panel(
      'Movements',
      empty(
        'Nothing moved like this.',
        p(null, a({ href: ledgerAddress(base, { month: asked.month }) }, 'Show the whole month')),
      ),
    );
  }
  const csv = ledgerAddress(base, asked).replace('/finance/ledger?', '/finance/ledger.csv?');
  return panel(
    'Movements, newest first',
    asked.account !== '' && page.unit === null
      ? p({ class: 'hint' }, 'This account is kept in several units. Choose one to see what it stood at.')
      : null,
    rows(
      'Movements of the ledger',
      asked.account === '' ? columns(base) : accountColumns(base, asked.account),
      page.rows,
    ),
    div(
      { class: 'pager' },
      query.has('after') ? a({ class: 'button', href: ledgerAddress(base, asked) }, 'Newest') : null,
      page.hasMore && last !== undefined
        ? a({ class: 'button', href: ledgerAddress(base, asked, { after: cursorText(last) }) }, 'Older')
        : null,
      may(session.operator.roles, 'journal.export') ? a({ class: 'button', href: csv }, 'Download as CSV') : null,
      a({ class: 'quiet-link', href: ledgerAddress(base, asked) }, 'Link to this view'),
    ),
  );
}

const SEALED: Column<LedgerMovement> = {
  name: 'Seal',
  show: ({ isSealed }) =>
    isSealed
      ? span(
          { title: 'The day is sealed; the entry’s page proves the seal.' },
          span({ 'aria-hidden': true }, '✓ '),
          'sealed',
        )
      : span({ title: 'Days are sealed the night after.' }, 'not yet'),
};

function columns(base: string): readonly Column<LedgerMovement>[] {
  return [
    { name: 'When', show: ({ effectiveAt }) => instant(effectiveAt) },
    { name: 'Entry', show: (row) => entry(base, row) },
    { name: 'Customer', show: (row) => customer(base, row) },
    { name: 'From', show: ({ from }) => accountWords(from) },
    { name: 'To', show: ({ to }) => accountWords(to) },
    {
      name: 'Amount',
      numeric: true,
      show: ({ amount, unit, isCredit }) => (isCredit ? credits(amount) : money(amount, unit)),
    },
    SEALED,
  ];
}

function accountColumns(base: string, account: string): readonly Column<LedgerMovement>[] {
  const figure = (value: bigint | null, { isCredit, unit }: LedgerMovement, signed: boolean): Markup => {
    if (value === null) return span(null, '–');
    if (!isCredit) return accounting(value, unit);
    return signed ? creditsChange(value) : credits(value);
  };
  return [
    { name: 'When', show: ({ effectiveAt }) => instant(effectiveAt) },
    { name: 'Entry', show: (row) => entry(base, row) },
    { name: 'Customer', show: (row) => customer(base, row) },
    {
      name: 'Against',
      show: ({ from, to }) => accountWords(to === account ? from : to),
    },
    { name: 'Change', numeric: true, show: (row) => figure(row.change, row, true) },
    { name: 'Stood at', numeric: true, show: (row) => figure(row.balance, row, false) },
    SEALED,
  ];
}

function entry(base: string, row: LedgerMovement): Markup {
  const [icon, words] = kindWords(row.kind);
  return div(
    null,
    span({ class: 'icon', 'aria-hidden': true }, icon),
    a({ href: base + entryPath(row.entryId), 'data-drawer': 'entry' }, words),
    small(
      null,
      [
        actorWords(row.actor),
        lineWords({ action: null, uses: 0, reason: row.reason }),
        row.belongsTo === null ? '' : `belongs to ${monthText(row.belongsTo)}`,
      ]
        .filter((part) => part !== '')
        .join(' · '),
    ),
  );
}

function customer(base: string, { customerId, customer: name }: LedgerMovement): Markup {
  return a({ href: base + customerPath(customerId) }, name ?? 'without a name');
}

async function sendCsv({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { query, acting } = request;
  const books = await readMonths(deps, query.get('month'));
  const asked = ledgerAsked(query, books.month);
  const wanted = ledgerQuery(asked);
  if ('rejected' in wanted) return wanted;
  const found = await exportLedgerView(deps, acting, wanted);
  if ('rejected' in found) return found;
  const name = ['ledger', asked.month, asked.account, asked.customer].filter((part) => part !== '').join('-');
  return {
    file: {
      type: 'text/csv; charset=utf-8; header=present',
      name: `${name.replaceAll(/[^\w.-]+/g, '_')}.csv`,
      content: ledgerViewCsv(found.rows),
    },
  };
}
