// What use costs and brings in a month: the finding in a sentence, a picture, and the table that has the figures.
import { barsSvg } from '../../charts/bars.ts';
import { month as monthSchema } from '../../contract/journal-exports.ts';
import { flagsOf, labelOf } from '../../contract/margin.ts';
import { monthAfter } from '../../domain/health-pack/section.ts';
import { MARGIN_DIMENSIONS, type MarginDimension, type MarginRow } from '../../domain/margin.ts';
import { NANO_PER_MAJOR } from '../../domain/nano-money.ts';
import { readMargin, type ShownMargin } from '../../operations/margin/read-margin.ts';
import { moneyOfNano, monthName, percent, plural } from '../../reports/numbers.ts';
import { chart, chartLook } from '../chart.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, instant } from '../figures.ts';
import { customerPath } from '../ids.ts';
import { a, type Children, code, div, group, li, type Markup, nav, p, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, heading, panel, rows, tag } from '../parts.ts';
import { sentenceCase } from '../words.ts';

export const marginPages: readonly PageRoute[] = [
  { method: 'get', path: '/margin', permission: 'margin.read', answer: showMargin },
  { method: 'get', path: '/margin.svg', permission: 'margin.read', answer: drawMargin },
];

const BARS_MAX = 8;

function asked({ query }: PageRequest): { readonly by: MarginDimension; readonly month: string | null } {
  const month = monthSchema.safeParse(query.get('month'));
  return {
    by: MARGIN_DIMENSIONS.find((dimension) => dimension === query.get('by')) ?? 'feature',
    month: month.success ? month.data : null,
  };
}

async function read({ deps }: ConsoleContext, request: PageRequest) {
  const { by, month } = asked(request);
  return readMargin(deps, request.acting, { by, from: month, to: month, currency: null });
}

async function showMargin(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const margin = await read(context, request);
  if ('rejected' in margin) return margin;
  const { base } = request;
  const [total] = margin.totals;
  const month = monthName(margin.from);
  return {
    title: `Margin in ${month}`,
    at: '/margin',
    body: [
      heading(`Margin in ${month}`, a({ class: 'button', href: `${base}/bills` }, 'Providers’ bills')),
      ways(base, margin),
      p(
        { class: 'lead' },
        'What use cost at the providers of its models against what it was billed. As of ',
        instant(margin.asOf),
        '.',
      ),
      total === undefined
        ? empty(
            `No use in ${month}.`,
            p(null, 'Costs come with usage, or from a price list: ', code(null, 'creditpool prices push'), '.'),
          )
        : figures(base, margin, total),
    ],
  };
}

/** By what, and which month. */
function ways(base: string, { by, from }: ShownMargin): Markup {
  const link = (name: string, dimension: string, month: string, current = false): Markup =>
    li(
      null,
      a(
        { href: `${base}/margin?by=${dimension}&month=${month}`, ...(current && { 'aria-current': 'page' as const }) },
        name,
      ),
    );
  return nav(
    { class: 'filters', 'aria-label': 'Margin by' },
    ul(
      null,
      ...MARGIN_DIMENSIONS.map((dimension) => link(`By ${dimension}`, dimension, from, dimension === by)),
      link('Month before', by, monthAfter(from, -1)),
      link('Month after', by, monthAfter(from, 1)),
    ),
  );
}

function figures(base: string, margin: ShownMargin, total: MarginRow): Children {
  const { by, from, currency, notConverted } = margin;
  const picture = {
    src: `${base}/margin.svg?by=${by}&month=${from}`,
    alt: `Cost and billed value by ${by} in ${monthName(from)}; the table below has the figures.`,
    sentence: finding(margin, total),
  };
  return [
    panel(
      `By ${by}`,
      chart(picture),
      rows(`Margin by ${by} in ${monthName(from)}`, columns(base, margin), [...margin.rows, { ...total, key: TOTAL }]),
      p(
        { class: 'hint' },
        'Not billed: credits of a fee that allocates nothing to them, credits that nobody paid for, and debt, at the plan’s price.',
      ),
    ),
    total.usesWithoutCost > 0
      ? p(
          { class: 'hint' },
          `Of ${plural(total.usesWithoutCost, 'use')} no cost is known: send provider with them, or push prices.`,
        )
      : null,
    ...notConverted.map((left) =>
      p(
        { class: 'hint' },
        `Left out for want of an exchange rate to ${currency.toUpperCase()}: cost ${moneyOfNano(left.cost, left.currency)}, billed ${moneyOfNano(left.billed, left.currency)}.`,
      ),
    ),
  ];
}

/** Stands for all rows; no feature has such a name. */
const TOTAL = ' all';

function finding(margin: ShownMargin, { cost, billed, gap, margin: share }: MarginRow): string {
  const { currency, from } = margin;
  const shown = (nano: bigint): string => moneyOfNano(nano, currency);
  const under = margin.rows.filter(({ underWater }) => underWater).map(({ key }) => labelOf(margin, key));
  const verb = under.length === 1 ? 'costs more than it brings' : 'cost more than they bring';
  const whole = `In ${monthName(from)} use cost ${shown(cost)} and was billed ${shown(billed)}: a gap of ${shown(gap)}${share === null ? '' : ` (${percent(share)})`}.`;
  return under.length === 0 ? whole : `${whole} ${under.join(', ')} ${verb}.`;
}

function columns(base: string, margin: ShownMargin): readonly Column<MarginRow>[] {
  const money = (of: (row: MarginRow) => bigint) => (row: MarginRow) => moneyOfNano(of(row), margin.currency);
  return [
    { name: sentenceCase(margin.by), show: ({ key }) => named(base, margin, key) },
    { name: 'Uses', numeric: true, show: ({ uses }) => uses.toLocaleString('en-US') },
    { name: 'Credits', numeric: true, show: (row) => credits(row.credits) },
    { name: 'Cost', numeric: true, show: money(({ cost }) => cost) },
    { name: 'Billed', numeric: true, show: money(({ billed }) => billed) },
    { name: 'Gap', numeric: true, show: money(({ gap }) => gap) },
    { name: 'Margin', numeric: true, show: (row) => percent(row.margin) },
    { name: 'Month before', numeric: true, show: (row) => percent(row.previousMargin) },
    {
      name: 'Not billed',
      numeric: true,
      show: money(({ worth }) => worth.unallocated + worth.free + worth.unpaid),
    },
    { name: 'Look at', show: flags },
  ];
}

function named(base: string, margin: ShownMargin, key: string | null): Children {
  if (key === TOTAL) return 'All';
  const label = labelOf(margin, key);
  return margin.by === 'customer' && key !== null ? a({ href: base + customerPath(key) }, label) : label;
}

const FLAGS: Readonly<Record<string, readonly [string, 'bad' | 'warn']>> = {
  under_water: ['Under water', 'bad'],
  drifted: ['Drifted', 'warn'],
  below_target: ['Below target', 'warn'],
};

function flags(row: MarginRow): Children {
  const raised = flagsOf(row);
  return raised.length === 0 ? '–' : group(...raised.map((flag) => div(null, tag(...(FLAGS[flag] ?? [flag, 'warn'])))));
}

async function drawMargin(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const margin = await read(context, request);
  if ('rejected' in margin) return margin;
  const shown = margin.rows.slice(0, BARS_MAX);
  const bars = {
    categories: shown.map(({ key }) => labelOf(margin, key)),
    series: [
      { name: 'Cost', values: shown.map(({ cost }) => major(cost)) },
      { name: 'Billed', values: shown.map(({ billed }) => major(billed)) },
    ],
    stacked: false,
  };
  const look = { ...chartLook(request.query), shown: (amount: number) => amount.toLocaleString('en-US') };
  return { file: { type: 'image/svg+xml', name: null, content: await barsSvg(bars, look) } };
}

/** For drawing only. */
function major(nano: bigint): number {
  return Number(nano) / Number(NANO_PER_MAJOR);
}
