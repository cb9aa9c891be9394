// Bills of providers: what was brought in, what each month came to against the uses, and where they part.
import { readBillText } from '../../contract/provider-bill-file.ts';
import { minorPlaces } from '../../domain/currency.ts';
import { formatNano } from '../../domain/nano-money.ts';
import { may } from '../../domain/operator.ts';
import type { GapKind } from '../../domain/provider-bill.ts';
import { refuse, type Refused, type Rejection } from '../../domain/rejection.ts';
import { type Names, readNames } from '../../operations/finance/read-runs.ts';
import {
  importProviderBill,
  type MonthOfBills,
  type ProviderBill,
  readBillGap,
  readMonthGaps,
  readProviderBills,
  type ShownComparison,
} from '../../operations/margin/provider-bills.ts';
import { count, day, monthName, plural } from '../../reports/numbers.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { fileForm } from '../finance/evidence-files.ts';
import { mistakes, textField, type Typed } from '../forms.ts';
import { a, div, input, label, type Markup, p, span } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, empty, heading, panel, rows, submit, tag } from '../parts.ts';

const BILL_BYTES_MAX = 5_000_000;
const SHOWN = 60;
const ROWS_SHOWN = 200;

export const billPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/bills',
    permission: 'margin.read',
    answer: async (context, request) => list(context, request, null),
  },
  { method: 'post', path: '/bills', permission: 'prices.change', fileBytesMax: BILL_BYTES_MAX, answer: bringIn },
  { method: 'get', path: '/bills/:provider/:month', permission: 'margin.read', answer: showMonth },
];

async function list({ deps }: ConsoleContext, request: PageRequest, rejected: Rejection | null): Promise<PageAnswer> {
  const { acting, base, form, session } = request;
  const [months, bills] = [await readMonthGaps(deps, acting, SHOWN), await readProviderBills(deps, acting, SHOWN)];
  if ('rejected' in months) return months;
  if ('rejected' in bills) return bills;
  const typed = { values: rejected === null ? request.query : form, rejected };
  return {
    title: 'Providers’ bills',
    at: '/margin',
    ...(rejected !== null && { status: 422 }),
    body: [
      crumbs(base, ['Margin', '/margin']),
      heading('Providers’ bills'),
      p({ class: 'lead' }, sentenceOf(months)),
      mistakes(typed),
      months.length === 0
        ? null
        : panel('Month by month', rows('Bills against uses, by month', monthColumns(base), months)),
      bills.length === 0
        ? empty('No bill was brought in yet. With one, cost that no use told of is found.')
        : panel(
            'Brought in',
            rows('Bills that were brought in, the newest first', billColumns(await readNames(deps)), bills),
          ),
      may(session.operator.roles, 'prices.change')
        ? billForm(request, typed)
        : p({ class: 'hint' }, 'Somebody with the role finance or owner brings one in.'),
    ],
  };
}

function sentenceOf(months: readonly MonthOfBills[]): string {
  const open = months.filter(({ isOpen }) => isOpen);
  const [widest] = open.toSorted((one, other) => (one.apartNano < other.apartNano ? 1 : -1));
  if (widest === undefined) return 'What providers ask for, beside what uses said they cost.';
  const { provider, month, withoutUsageNano, currency } = widest;
  const most = `The widest is ${provider} in ${monthName(month)}: ${exact(withoutUsageNano, currency)} that no use told of.`;
  return `${plural(open.length, 'month')} of bills ${open.length === 1 ? 'parts' : 'part'} from what uses told of. ${most}`;
}

function monthColumns(base: string): readonly Column<MonthOfBills>[] {
  const money = (of: (month: MonthOfBills) => bigint) => (month: MonthOfBills) => exact(of(month), month.currency);
  return [
    {
      name: 'Month',
      show: ({ provider, month }) => a({ href: base + monthPath(provider, month) }, `${provider}, ${monthName(month)}`),
    },
    { name: 'State', show: ({ isOpen }) => (isOpen ? tag('parts', 'bad') : tag('agrees', 'good')) },
    { name: 'Billed', numeric: true, show: money(({ billedNano }) => billedNano) },
    { name: 'Told by uses', numeric: true, show: money(({ toldNano }) => toldNano) },
    { name: 'Without use', numeric: true, show: money(({ withoutUsageNano }) => withoutUsageNano) },
    { name: 'Apart in all', numeric: true, show: money(({ apartNano }) => apartNano) },
  ];
}

function monthPath(provider: string, month: string): string {
  return `/bills/${encodeURIComponent(provider)}/${month}`;
}

function billColumns(names: Names): readonly Column<ProviderBill>[] {
  return [
    { name: 'Provider', show: ({ provider }) => provider },
    { name: 'Bill', show: ({ name }) => name },
    { name: 'Days', show: ({ firstDay, lastDay }) => `${firstDay} to ${lastDay}` },
    { name: 'Lines', numeric: true, show: ({ lines }) => count(lines) },
    { name: 'By', show: ({ importedBy }) => names.get(importedBy) ?? importedBy },
    { name: 'When', show: ({ importedAt }) => instant(importedAt) },
  ];
}

function billForm(request: PageRequest, typed: Typed): Markup {
  const map =
    'day=Date,model=Model,key=API key,amount=Cost; empty where they are called day, model, key, amount, currency';
  return panel(
    'Bring in a bill',
    fileForm(
      request,
      '/bills',
      div(
        { class: 'fields' },
        textField({ name: 'provider', label: 'Provider', note: 'as uses name it', required: true }, typed),
        textField({ name: 'currency', label: 'Currency', note: 'usd; empty where a column says it' }, typed),
        textField({ name: 'map', label: 'Columns', note: map }, typed),
        div(
          { class: 'field' },
          label({ for: 'file' }, 'CSV file'),
          span(
            { class: 'note', id: 'file-note' },
            'At most 5 MB. Another bill for days that are there takes their place.',
          ),
          input({
            id: 'file',
            name: 'file',
            type: 'file',
            accept: '.csv,text/csv',
            required: true,
            'aria-describedby': 'file-note',
          }),
        ),
        div({ class: 'pager' }, submit('Bring in the bill')),
      ),
    ),
  );
}

async function bringIn(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const imported = await importFrom(context, request);
  if ('rejected' in imported) return list(context, request, imported.rejected);
  context.wake('alerts');
  const { provider, lastDay } = imported.bill;
  return { to: monthPath(provider, lastDay.slice(0, 7)) };
}

/** One bad row, and nothing is changed. */
async function importFrom(
  { deps }: ConsoleContext,
  { acting, form, file }: PageRequest,
): ReturnType<typeof importProviderBill> {
  const text = (name: string): string => form.get(name)?.trim() ?? '';
  const wrong = (message: string, param: string): Refused => refuse('invalid_request', message, { param });
  if (text('provider') === '') return wrong('say whose bill it is', 'provider');
  if (file === null) return wrong('choose the CSV file', 'file');
  const read = readBillText(
    { name: file.name, text: file.content.toString('utf8') },
    { map: text('map'), ...(text('currency') !== '' && { currency: text('currency') }) },
  );
  if ('unusable' in read) return wrong(read.unusable.replace('--map', 'Columns'), 'map');
  const [bad] = read.bad;
  if (bad !== undefined) {
    const others = read.bad.length === 1 ? '' : `, and ${read.bad.length - 1} more rows cannot be read`;
    return wrong(`line ${bad.line}: ${bad.message}${others}. Nothing was changed`, 'file');
  }
  return importProviderBill(deps, acting, {
    provider: text('provider'),
    name: file.name,
    lines: read.lines,
    dryRun: false,
  });
}

async function showMonth({ deps }: ConsoleContext, { acting, base, params }: PageRequest): Promise<PageAnswer> {
  const { provider = '', month = '' } = params;
  if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(month))
    return refuse('invalid_request', 'A month is written 2026-04.', { param: 'month' });
  const first = new Date(`${month}-01T00:00:00Z`);
  const lastDay = day(new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)));
  const gap = await readBillGap(deps, acting, { provider, firstDay: `${month}-01`, lastDay, all: false });
  if ('rejected' in gap) return gap;
  return {
    title: `${provider} in ${monthName(month)}`,
    at: '/margin',
    body: [
      crumbs(base, ['Margin', '/margin'], ['Providers’ bills', '/bills']),
      heading(`${provider} in ${monthName(month)}`),
      gap.rows.length === 0
        ? empty('Bills and uses agree here, or no bill covers a day of this month.')
        : panel('Where they part', rows('Where bill and uses part', GAP_COLUMNS, gap.rows.slice(0, ROWS_SHOWN))),
      gap.rows.length > ROWS_SHOWN
        ? p(
            { class: 'hint' },
            `The first ${ROWS_SHOWN} of ${count(gap.rows.length)}; creditpool bill gap has them all.`,
          )
        : null,
    ],
  };
}

const KIND_WORDS: Readonly<Record<GapKind, readonly [words: string, kind: 'good' | 'warn' | 'bad']>> = {
  cost_without_usage: ['cost without use', 'bad'],
  usage_without_cost: ['use without cost', 'warn'],
  differs: ['differs', 'warn'],
  agrees: ['agrees', 'good'],
};

/** Exact, with the places of the currency at least. */
function exact(nano: bigint, currency: string): string {
  const [whole = '0', fraction = ''] = formatNano(nano).split('.');
  const places = fraction.padEnd(minorPlaces(currency) ?? 2, '0');
  return `${currency.toUpperCase()} ${whole}${places === '' ? '' : `.${places}`}`;
}

const shown = (nano: bigint | null, currency: string): string => (nano === null ? '–' : exact(nano, currency));

const GAP_COLUMNS: readonly Column<ShownComparison>[] = [
  { name: 'Day', show: ({ day: of }) => of },
  { name: 'Model', show: ({ model }) => model ?? '–' },
  { name: 'Key', show: ({ key }) => key ?? '–' },
  { name: 'What', show: ({ kind }) => tag(...KIND_WORDS[kind]) },
  { name: 'Billed', numeric: true, show: ({ billedNano, currency }) => shown(billedNano, currency) },
  { name: 'Told by uses', numeric: true, show: ({ usageNano, currency }) => shown(usageNano, currency) },
  { name: 'Apart', numeric: true, show: ({ gapNano, currency }) => shown(gapNano, currency) },
  { name: 'Uses', numeric: true, show: ({ uses }) => count(uses) },
];
