// Exceptions of a month: what was given outside of the plan, by reason, by agent, by amount, and who agreed.
import { parseCredits } from '../../domain/amount.ts';
import { type Adjustment, readAdjustments } from '../../operations/finance/read-adjustments.ts';
import { readMonths } from '../../operations/finance/read-months.ts';
import type { Names } from '../../operations/finance/read-runs.ts';
import type { ConsoleContext } from '../console-context.ts';
import { credits, instant, moneyText } from '../figures.ts';
import { casePath, customerPath } from '../ids.ts';
import { a, div, type Markup, p, small } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, panel, rows, tag } from '../parts.ts';
import { actorWords, CASE_WORDS, stateWords } from '../words.ts';
import { financePage, monthPicker, monthText } from './frame.ts';

export const adjustmentPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/adjustments', permission: 'close.read', answer: showAdjustments },
];

const SECTION = '/finance/adjustments';
const LISTED = 100;

async function showAdjustments({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, query, acting } = request;
  const books = await readMonths(deps, query.get('month'));
  const found = await readAdjustments(deps, acting, books.month);
  if ('rejected' in found) return found;
  const { adjustments, names } = found;
  const person = (subject: string | null): string =>
    subject === null ? 'nobody yet' : (names.get(subject) ?? actorWords(subject));
  const done = adjustments.filter(({ state }) => state === 'done');
  return financePage(
    request,
    {
      section: SECTION,
      title: `Adjustments of ${monthText(books.month)}`,
      beside: [monthPicker(request, SECTION, books)],
    },
    p(
      { class: 'lead' },
      'What was given outside of the plan, why, by whom, and who agreed. Sums are of what was done; what was refused or waits stands in the list.',
    ),
    div(
      { class: 'columns even' },
      groupPanel(
        'By reason',
        'Reason',
        Map.groupBy(done, ({ kind }) => CASE_WORDS[kind]),
      ),
      groupPanel(
        'By agent',
        'Asked by',
        Map.groupBy(done, ({ requester }) => person(requester)),
      ),
      groupPanel(
        'By approval',
        'How it was released',
        Map.groupBy(done, (one) => approvalWords(one, person)),
      ),
    ),
    panel(
      'All of them, newest first',
      adjustments.length === 0
        ? empty('No exception was asked for in this month.')
        : rows('Exceptions of the month', columns(base, names), adjustments.slice(0, LISTED)),
      adjustments.length > LISTED
        ? p(null, `The newest ${LISTED} of ${adjustments.length} are shown; the sums are of all.`)
        : null,
    ),
  );
}

function approvalWords({ approval, approver }: Adjustment, person: (subject: string | null) => string): string {
  switch (approval) {
    case 'within_limits':
      return 'within one’s limits';
    case 'approved':
      return `approved by ${person(approver)}`;
    case 'single_operator':
      return 'by one person alone';
    case 'break_glass':
      return 'glass broken';
    case null:
      return 'not released';
  }
}

interface Sum {
  readonly name: string;
  readonly count: number;
  readonly credits: bigint;
  /** By currency, in minor units. */
  readonly money: ReadonlyMap<string, bigint>;
}

function groupPanel(name: string, column: string, groups: ReadonlyMap<string, readonly Adjustment[]>): Markup {
  const sums = [...groups].map(([key, own]) => sumOf(key, own)).toSorted((x, y) => y.count - x.count);
  return panel(
    name,
    sums.length === 0
      ? empty('Nothing was done in this month.')
      : rows<Sum>(
          name,
          [
            { name: column, show: (sum) => sum.name },
            { name: 'Cases', numeric: true, show: ({ count }) => String(count) },
            { name: 'Credits', numeric: true, show: (sum) => credits(sum.credits) },
            { name: 'Money', numeric: true, show: ({ money }) => moneyOf(money) },
          ],
          sums,
        ),
  );
}

function sumOf(name: string, own: readonly Adjustment[]): Sum {
  const money = new Map<string, bigint>();
  for (const { moneyMinor, currency } of own) {
    if (moneyMinor !== null && currency !== null) money.set(currency, (money.get(currency) ?? 0n) + moneyMinor);
  }
  return { name, count: own.length, credits: own.reduce((sum, one) => sum + microOf(one), 0n), money };
}

/** Credits with their sign; a text of ours is always such a number. */
function microOf({ credits: text }: Adjustment): bigint {
  if (text === null) return 0n;
  const micro = parseCredits(text.replace(/^-/, '')) ?? 0n;
  return text.startsWith('-') ? -micro : micro;
}

function moneyOf(money: ReadonlyMap<string, bigint>): string {
  return [...money].map(([currency, minor]) => moneyText(minor, currency)).join(', ') || '–';
}

function columns(base: string, names: Names): readonly Column<Adjustment>[] {
  const person = (subject: string | null): string =>
    subject === null ? '–' : (names.get(subject) ?? actorWords(subject));
  return [
    { name: 'When', show: ({ at }) => instant(at) },
    {
      name: 'Reason',
      show: ({ caseId, kind, ticket }) =>
        div(null, a({ href: base + casePath(caseId) }, CASE_WORDS[kind]), small(null, ticket ?? 'no ticket')),
    },
    {
      name: 'Customer',
      show: ({ customerId, customer }) => a({ href: base + customerPath(customerId) }, customer ?? 'without a name'),
    },
    { name: 'Asked by', show: ({ requester }) => person(requester) },
    { name: 'Agreed', show: (one) => (one.approver === null ? approvalWords(one, person) : person(one.approver)) },
    { name: 'Credits', numeric: true, show: (one) => (microOf(one) === 0n ? '–' : credits(microOf(one))) },
    {
      name: 'Money',
      numeric: true,
      show: ({ moneyMinor, currency }) =>
        moneyMinor === null || currency === null ? '–' : moneyText(moneyMinor, currency),
    },
    { name: 'State', show: ({ state }) => tag(...stateWords(state)) },
  ];
}
