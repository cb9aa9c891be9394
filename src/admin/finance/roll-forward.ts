// How deferred revenue of bought credits moved in a month: per currency, by the month of purchase; breakage and credits
// that nobody paid for apart.
import { ROLL_FORWARD_COLUMNS, type RollForwardRow } from '../../domain/roll-forward.ts';
import { readMonthFigures } from '../../operations/close/roll-forward.ts';
import { readMonths } from '../../operations/finance/read-months.ts';
import { chart, chartLook } from '../chart.ts';
import type { ConsoleContext } from '../console-context.ts';
import { accounting, accountingText, credits, moneyText } from '../figures.ts';
import { a, div, group, type Markup, p, section, strong } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, panel, rows } from '../parts.ts';
import { sourceWords } from '../words.ts';
import { financePage, monthEndText, monthPicker, monthText, pendingNotice, stateTag } from './frame.ts';
import { columnWords, purchasesSvg, rollForwardSvg, totalOf } from './roll-forward-charts.ts';

export const rollForwardPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/roll-forward', permission: 'close.read', answer: showRollForward },
  {
    method: 'get',
    path: '/finance/charts/roll-forward.svg',
    permission: 'close.read',
    answer: async (context, request) => sendChart(context, request, rollForwardSvg),
  },
  {
    method: 'get',
    path: '/finance/charts/purchases.svg',
    permission: 'close.read',
    answer: async (context, request) => sendChart(context, request, purchasesSvg),
  },
];

const SECTION = '/finance/roll-forward';

async function showRollForward({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query, acting } = request;
  const books = await readMonths(deps, query.get('month'));
  const figures = await readMonthFigures(deps, acting, books.month);
  if ('rejected' in figures) return figures;
  const byCurrency = [...Map.groupBy(figures.rollForward, ({ currency }) => currency)];
  return financePage(
    request,
    {
      section: SECTION,
      title: `Roll-forward of ${monthText(books.month)}`,
      beside: [stateTag(books.state), monthPicker(request, SECTION, books)],
    },
    pendingNotice(base, books),
    p(
      { class: 'lead' },
      'What customers paid for credits that they have not used: it becomes revenue as they use them, breakage when they expire.',
    ),
    byCurrency.length === 0
      ? panel('Deferred credits', empty('Nobody has bought credits so far, so nothing is deferred.'))
      : null,
    ...byCurrency.map(([currency, own]) => currencySection(base, books.month, currency, own)),
    breakagePanel(byCurrency),
    panel(
      'Credits that nobody paid for',
      p(
        { class: 'hint' },
        'They are no revenue and never deferred: included by the plan, goodwill, promotions. In credits.',
      ),
      figures.freeCredits.length === 0
        ? empty('None were given so far.')
        : rows('Free credits by source', freeColumns, figures.freeCredits),
    ),
  );
}

function currencySection(base: string, month: string, currency: string, own: readonly RollForwardRow[]): Markup {
  const total = totalOf(currency, own);
  const query = `month=${month}&currency=${currency}`;
  const ledger = `${base}/finance/ledger?month=${month}&account=deferred.credits&unit=${currency}`;
  return section(
    { id: currency },
    panel(
      `Deferred credits in ${currency.toUpperCase()}`,
      chart({
        src: `${base}/finance/charts/roll-forward.svg?${query}`,
        alt: `Waterfall from ${accountingText(total.opening, currency)} to ${accountingText(total.closing, currency)}; the table below has every figure.`,
        sentence: group(
          `At ${monthEndText(month)} customers are owed `,
          strong(null, moneyText(total.closing, currency)),
          ` in credits, ${change(total, currency)}. `,
          a({ href: ledger }, 'The entries behind it'),
        ),
      }),
      rows('Roll-forward by month of purchase', moneyColumns(), [...own, total]),
    ),
    own.length < 2
      ? null
      : panel(
          `By month of purchase, in ${currency.toUpperCase()}`,
          chart({
            src: `${base}/finance/charts/purchases.svg?${query}`,
            alt: 'What of each month’s purchases was used, broke and is still deferred; the table above has every figure.',
            sentence: oldest(own),
          }),
        ),
  );
}

function change({ opening, closing }: RollForwardRow, currency: string): string {
  const by = closing - opening;
  if (by === 0n) return 'as much as a month before';
  return `${moneyText(by < 0n ? -by : by, currency)} ${by < 0n ? 'less' : 'more'} than a month before`;
}

function oldest(own: readonly RollForwardRow[]): string {
  const open = own.filter(({ closing }) => closing !== 0n);
  const [first] = open;
  if (first === undefined) return 'Everything that was bought is used, expired or given back.';
  const share = moneyText(first.closing, first.currency);
  return `The oldest credits that are still deferred were bought in ${monthText(first.purchaseMonth)}: ${share} of them.`;
}

function moneyColumns(): readonly Column<RollForwardRow>[] {
  const figure = (name: string, of: (row: RollForwardRow) => bigint): Column<RollForwardRow> => ({
    name,
    numeric: true,
    show: (row) =>
      row.purchaseMonth === '' ? strong(null, accounting(of(row), row.currency)) : accounting(of(row), row.currency),
  });
  return [
    {
      name: 'Bought in',
      show: ({ purchaseMonth }) => (purchaseMonth === '' ? strong(null, 'All') : monthText(purchaseMonth)),
    },
    figure('Opening', ({ opening }) => opening),
    ...ROLL_FORWARD_COLUMNS.map((name) => figure(columnWords(name), (row) => row[name])),
    figure('Closing', ({ closing }) => closing),
  ];
}

function breakagePanel(byCurrency: readonly (readonly [string, readonly RollForwardRow[]])[]): Markup {
  const broken = byCurrency.flatMap(([currency, own]) => {
    const { breakage } = totalOf(currency, own);
    return breakage === 0n ? [] : [moneyText(-breakage, currency)];
  });
  return div(
    { id: 'breakage' },
    panel(
      'Breakage',
      broken.length === 0
        ? empty('No bought credits expired unused in this month.')
        : p(null, `Bought credits that expired unused became revenue: ${broken.join(', ')}.`),
    ),
  );
}

type FreeRow = Extract<Awaited<ReturnType<typeof readMonthFigures>>, { freeCredits: unknown }>['freeCredits'][number];

const freeColumns: readonly Column<FreeRow>[] = [
  { name: 'Source', show: ({ source, unit }) => `${sourceWords(source)} (${unit})` },
  { name: 'Opening', numeric: true, show: ({ opening }) => credits(opening) },
  { name: 'Given', numeric: true, show: ({ granted }) => credits(granted) },
  { name: 'Used', numeric: true, show: ({ used }) => credits(used) },
  { name: 'Expired', numeric: true, show: ({ expired }) => credits(expired) },
  { name: 'Other', numeric: true, show: ({ other }) => credits(other) },
  { name: 'Closing', numeric: true, show: ({ closing }) => credits(closing) },
];

async function sendChart(
  { deps }: ConsoleContext,
  { query, acting }: PageRequest,
  draw: typeof rollForwardSvg,
): Promise<PageAnswer> {
  const books = await readMonths(deps, query.get('month'));
  const figures = await readMonthFigures(deps, acting, books.month);
  if ('rejected' in figures) return figures;
  const currency = query.get('currency') ?? '';
  const own = figures.rollForward.filter((row) => row.currency === currency);
  return { file: { type: 'image/svg+xml', name: null, content: await draw(currency, own, chartLook(query)) } };
}
