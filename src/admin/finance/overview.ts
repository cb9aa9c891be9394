import type { CloseItem } from '../../domain/period-close.ts';
// A month at a glance; every figure leads to the rows that make it.
import { usageDifference, type UsageOfInvoice, type UsageTotals, usageTotals } from '../../domain/usage-flow.ts';
import { readMonths } from '../../operations/finance/read-months.ts';
import { type Overview, readMonthUsage, readOverview } from '../../operations/finance/read-overview.ts';
import type { ConsoleContext } from '../console-context.ts';
import { accounting, countText, credits, day, exactCreditsText, instantText } from '../figures.ts';
import { customerPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, li, type Markup, ol, p, small, span, strong } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, panel, rows } from '../parts.ts';
import { checkPath } from './close-words.ts';
import { financePage, monthEndText, monthPicker, monthText, pendingNotice, stateTag } from './frame.ts';
import { classWords } from './variance-words.ts';

export const overviewPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance', permission: 'close.read', answer: showOverview },
  { method: 'get', path: '/finance/usage', permission: 'close.read', answer: showUsage },
];

async function showOverview({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query, acting } = request;
  const books = await readMonths(deps, query.get('month'));
  const { month } = books;
  const overview = await readOverview(deps, acting, month);
  if ('rejected' in overview) return overview;
  const units = Map.groupBy(overview.usage, ({ unit }) => unit);
  return financePage(
    request,
    {
      section: '/finance',
      title: monthText(month),
      beside: [stateTag(books.state), monthPicker(request, '/finance', books)],
    },
    pendingNotice(base, books),
    ...(units.size === 0
      ? [panel('Usage on its way to invoices', empty('No billing period of a metered plan ends in this month.'))]
      : [...units].map(([unit, own]) => usageFigures(base, { month, unit, totals: usageTotals(own) }))),
    div({ class: 'columns even' }, deferredPanel(base, month, overview), varianceTotals(base, overview)),
    blockingPanel(base, month, overview, books.state),
    p(
      { class: 'as-of' },
      `As of ${instantText(books.now)}. Months, days and cut-offs are in UTC, the time zone of the books. `,
      a({ href: `${base}/finance/adjustments?month=${month}` }, 'Adjustments and approvals of the month'),
    ),
  );
}

interface UnitTotals {
  readonly month: string;
  readonly unit: string;
  readonly totals: UsageTotals;
}

function usageFigures(base: string, { month, unit, totals }: UnitTotals): Markup {
  const href = `${base}/finance/usage?month=${month}`;
  const figure = (name: string, micro: bigint, words: string): Markup =>
    div(null, dt(null, name), dd(null, strong(null, a({ href }, credits(micro))), ' ', words));
  return panel(
    `Usage of the billing periods that end in the month (${unit})`,
    dl(
      { class: 'figures' },
      figure('Metered', totals.metered, 'reported to Stripe’s meter'),
      figure('Ledger', totals.ledger, 'used, by the entries'),
      figure('Invoiced', totals.invoiced, `on ${countText(totals.invoices, 'final invoice')}`),
    ),
    differenceLine(totals),
  );
}

/** One sentence: all three agree, or by how much they do not and why. */
function differenceLine(totals: UsageTotals): Markup {
  const { metered, invoiced } = usageDifference(totals);
  const parts = [
    ...(metered === 0n ? [] : [`${apart(metered)} metered than used`]),
    ...(invoiced === 0n ? [] : [`${apart(invoiced)} invoiced than metered`]),
  ];
  const expected = [
    ...(totals.fraction === 0n
      ? []
      : [`${exactCreditsText(totals.fraction)} are rests below one meter unit and are carried on`]),
    ...(totals.notInvoiced === 0n
      ? []
      : [
          `${exactCreditsText(totals.notInvoiced)} are of ${countText(totals.waiting, 'period')} whose invoice is not final`,
        ]),
  ];
  const because = expected.length === 0 ? '' : ` Expected: ${expected.join('; ')}.`;
  if (parts.length > 0) {
    return p(
      { class: 'difference differs' },
      span({ class: 'mark', 'aria-hidden': true }, '≠ '),
      `Difference: ${parts.join(', ')}.${because}`,
    );
  }
  return p(
    { class: 'difference agrees' },
    span({ class: 'mark', 'aria-hidden': true }, '✓ '),
    `Difference: none. What is metered, used and invoiced agrees.${because}`,
  );
}

function apart(micro: bigint): string {
  return `${exactCreditsText(micro < 0n ? -micro : micro)} ${micro < 0n ? 'less' : 'more'}`;
}

function deferredPanel(base: string, month: string, { deferred }: Overview): Markup {
  return panel(
    'Deferred credits',
    deferred.length === 0
      ? empty('Nothing is deferred: no bought credits are open.')
      : dl(
          { class: 'sums' },
          ...deferred.map(({ currency, minor }) =>
            div(
              null,
              dt(null, `owed in credits at ${monthEndText(month)}`),
              dd(
                null,
                a({ href: `${base}/finance/roll-forward?month=${month}#${currency}` }, accounting(minor, currency)),
              ),
            ),
          ),
        ),
  );
}

function varianceTotals(base: string, { variances }: Overview): Markup {
  return panel(
    'Unexplained variances',
    variances.length === 0
      ? empty('None is open: every difference is explained or gone.')
      : dl(
          { class: 'sums' },
          ...variances.map((one) =>
            div(
              null,
              dt(null, classWords(one.class)),
              dd(null, a({ href: `${base}/finance/variances?class=${one.class}` }, countText(one.count, 'variance'))),
            ),
          ),
        ),
  );
}

function blockingPanel(base: string, month: string, { blocking }: Overview, state: string): Markup {
  const checklist = a({ href: `${base}/finance/close?month=${month}` }, 'Checklist of the close');
  if (state === 'closed') {
    return panel(
      'The close',
      p(null, `${monthText(month)} is closed; nothing can be recorded in it any more. `, checklist),
    );
  }
  if (blocking.length === 0) return panel('The close', p(null, 'Nothing blocks the close. ', checklist));
  return panel(
    `${countText(blocking.length, 'thing')} ${blocking.length === 1 ? 'blocks' : 'block'} the close`,
    ol({ class: 'blocking' }, ...blocking.map((item) => li(null, blockingItem(base, month, item)))),
    p(null, checklist),
  );
}

function blockingItem(base: string, month: string, { key, title, proof }: CloseItem): Markup {
  return div(null, a({ href: base + checkPath(key, month) }, title), small(null, proof));
}

async function showUsage({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query, acting } = request;
  const books = await readMonths(deps, query.get('month'));
  const found = await readMonthUsage(deps, acting, books.month);
  if ('rejected' in found) return found;
  const { usage } = found;
  return financePage(
    request,
    {
      section: '/finance',
      title: `Usage of ${monthText(books.month)}`,
      beside: [monthPicker(request, '/finance/usage', books)],
    },
    p(
      { class: 'lead' },
      'One row for each invoice, or period that waits for one: what was reported to the meter, what the entries say was used, and what the invoice’s usage lines bill.',
    ),
    panel(
      'Metered, ledger, invoiced',
      usage.length === 0
        ? empty('No billing period of a metered plan ends in this month.')
        : rows('Usage by invoice', usageColumns(base, books.month), usage),
    ),
  );
}

function usageColumns(base: string, month: string): readonly Column<UsageOfInvoice>[] {
  return [
    {
      name: 'Customer',
      show: ({ customerId, customer }) => a({ href: base + customerPath(customerId) }, customer ?? 'without a name'),
    },
    { name: 'Period', show: ({ startsAt, endsAt }) => span(null, day(startsAt), ' to ', day(endsAt)) },
    { name: 'Metered', numeric: true, show: ({ meteredMicro }) => credits(meteredMicro) },
    {
      name: 'Ledger',
      numeric: true,
      show: ({ customerId, ledgerMicro }) =>
        a(
          {
            href: `${base}/finance/ledger?month=${month}&account=consumed&customer=${customerPath(customerId).slice('/customers/'.length)}`,
          },
          credits(ledgerMicro),
        ),
    },
    {
      name: 'Invoiced',
      numeric: true,
      show: ({ invoicedMicro }) => (invoicedMicro === null ? 'not final' : credits(invoicedMicro)),
    },
    { name: 'Difference', numeric: true, show: (row) => rowDifference(row) },
    {
      name: 'Invoice',
      show: ({ invoiceId, number }) =>
        invoiceId === null ? 'none yet' : a({ href: `${base}/invoices/${invoiceId}` }, number ?? code(null, invoiceId)),
    },
  ];
}

function rowDifference(row: UsageOfInvoice): Markup {
  const { metered, invoiced } = usageDifference(usageTotals([row]));
  const whole = metered + invoiced;
  if (metered === 0n && invoiced === 0n) return span(null, span({ 'aria-hidden': true }, '✓ '), 'none');
  return strong({ class: 'differs' }, `≠ ${exactCreditsText(whole === 0n ? metered : whole)}`);
}
