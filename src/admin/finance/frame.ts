// What finance's pages share: their own navigation, the month they are about, and how differences are written.
import type { BooksMonths } from '../../operations/finance/read-months.ts';
import {
  a,
  button,
  type Children,
  form,
  input,
  label,
  li,
  type Markup,
  nav,
  option,
  p,
  select,
  ul,
} from '../markup.ts';
import type { Page, PageRequest } from '../page-route.ts';
import { heading, tag } from '../parts.ts';

const SECTIONS = [
  ['Overview', '/finance'],
  ['Reconciliation', '/finance/reconciliation'],
  ['Variances', '/finance/variances'],
  ['Ledger', '/finance/ledger'],
  ['Roll-forward', '/finance/roll-forward'],
  ['Exports', '/finance/exports'],
  ['Close', '/finance/close'],
  ['Adjustments', '/finance/adjustments'],
] as const;

export type FinanceSection = (typeof SECTIONS)[number][1];

/** A page of finance under one of its sections. */
export function financePage(
  { base }: Pick<PageRequest, 'base'>,
  {
    section,
    title,
    status,
    beside = [],
    hasHeading = true,
  }: {
    readonly section: FinanceSection;
    readonly title: string;
    readonly status?: number;
    readonly beside?: readonly Children[];
    /** Not where the content begins with one, because a drawer shows it alone. */
    readonly hasHeading?: boolean;
  },
  ...content: Children[]
): Page {
  return {
    title: `${title} · Finance`,
    at: '/finance',
    ...(status !== undefined && { status }),
    body: [
      nav(
        { class: 'filters', 'aria-label': 'Finance' },
        ul(
          null,
          ...SECTIONS.map(([name, path]) =>
            li(null, a({ href: base + path, ...(path === section && { 'aria-current': 'page' as const }) }, name)),
          ),
        ),
      ),
      hasHeading ? heading(title, ...beside) : null,
      ...content,
    ],
  };
}

const STATES: Readonly<Record<BooksMonths['state'], readonly [string, 'plain' | 'good' | 'warn']>> = {
  open: ['Open', 'plain'],
  pending: ['Pending close', 'warn'],
  closed: ['Closed', 'good'],
};

export function stateTag(state: BooksMonths['state']): Markup {
  return tag(...STATES[state]);
}

/** While a month waits for its second signature, everybody should know. */
export function pendingNotice(base: string, { state, month }: Pick<BooksMonths, 'state' | 'month'>): Markup {
  return state !== 'pending'
    ? null
    : p(
        { class: 'notice notice-warn', role: 'status' },
        `${monthText(month)} is pending close. Whatever is recorded in it now makes the first signature void. `,
        a({ href: `${base}/finance/close?month=${month}` }, 'To the checklist'),
      );
}

/** Which month; without a script, a list and a button. */
export function monthPicker(
  { base }: Pick<PageRequest, 'base'>,
  path: string,
  { month, months }: Pick<BooksMonths, 'month' | 'months'>,
  kept: Readonly<Record<string, string>> = {},
): Markup {
  return form(
    { class: 'month-picker', method: 'get', action: base + path },
    ...Object.entries(kept).map(([name, value]) => input({ type: 'hidden', name, value })),
    label({ for: 'month' }, 'Month'),
    select(
      { id: 'month', name: 'month' },
      ...[...new Set([month, ...months])].map((one) => option({ value: one, selected: one === month }, monthText(one))),
    ),
    button({ type: 'submit', class: 'quiet' }, 'Show'),
  );
}

const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** "2026-04" → "April 2026". */
export function monthText(month: string): string {
  return MONTH.format(new Date(`${month}-01T00:00:00Z`));
}

/** The last day of a month, as books write it: "30 April 2026". */
export function monthEndText(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const last = new Date(Date.UTC(year, number, 0));
  return `${last.getUTCDate()} ${MONTH.format(last)}`;
}
