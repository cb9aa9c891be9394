// What waits for somebody: the approvals queue, and all cases by state.
import type { Case } from '../../domain/case-record.ts';
import { CASE_STATES, type CaseState } from '../../domain/case.ts';
import { type CaseQueueRow, listCaseQueue } from '../../operations/console/list-case-queue.ts';
import { readCorrections } from '../../operations/finance/read-correction.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant, spanText } from '../figures.ts';
import { correctionColumns } from '../finance/corrections.ts';
import { casePath, customerPath } from '../ids.ts';
import { a, div, group, li, type Markup, nav, p, small, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, empty, heading, panel, rows, tag } from '../parts.ts';
import { CASE_WORDS, sentence, stateWords } from '../words.ts';
import { givenText } from './case-preview.ts';

export const queuePages: readonly PageRoute[] = [
  { method: 'get', path: '/approvals', permission: 'case.read', answer: approvals },
  { method: 'get', path: '/cases', permission: 'case.read', answer: cases },
];

const SHOWN = 50;

async function approvals({ deps }: ConsoleContext, { acting, base }: PageRequest): Promise<PageAnswer> {
  const queue = await listCaseQueue(deps, acting, { states: ['waiting'], order: 'oldest', limit: SHOWN });
  if ('rejected' in queue) return queue;
  const corrections = await readCorrections(deps, acting);
  return {
    title: 'Approvals',
    at: '/approvals',
    body: [
      heading('Approvals'),
      p(
        { class: 'lead' },
        'What is above somebody’s limits waits here for a second person, the oldest first, for at most 72 hours.',
      ),
      queue.rows.length === 0
        ? empty('Nothing waits. What support sends for approval appears here.')
        : panel('Waiting', rows('Cases that wait for approval', queueColumns(base, queue.now), queue.rows)),
      queue.hasMore ? p(null, `The oldest ${SHOWN} are shown.`) : null,
      'rejected' in corrections || corrections.waiting.length === 0
        ? null
        : panel(
            'Corrections of the books',
            rows(
              'Corrections that wait, oldest first',
              correctionColumns(base, corrections.names),
              corrections.waiting,
            ),
          ),
    ],
  };
}

function queueColumns(base: string, now: Date): readonly Column<CaseQueueRow>[] {
  return [
    { name: 'What', show: ({ one }) => what(base, one) },
    customerColumn(base),
    { name: 'Asked by', show: ({ requesterName, one }) => requesterName ?? one.requester ?? '–' },
    {
      name: 'For',
      show: ({ one }) => (one.submittedAt === null ? '–' : spanText(now.getTime() - one.submittedAt.getTime())),
    },
    {
      name: 'Because',
      show: ({ one }) => div(null, ...one.limits.map((limit) => small(null, sentence(limit.sentence)))),
    },
  ];
}

function what(base: string, one: Case): Markup {
  const given = one.preview === null ? '' : `: ${givenText(one.preview)}`;
  return a({ href: base + casePath(one.caseId) }, `${CASE_WORDS[one.kind]}${given}`);
}

function customerColumn(base: string): Column<CaseQueueRow> {
  return {
    name: 'Customer',
    show: ({ one, customerName }) => a({ href: base + customerPath(one.customerId) }, customerName ?? 'without a name'),
  };
}

async function cases({ deps }: ConsoleContext, { acting, base, query }: PageRequest): Promise<PageAnswer> {
  const state = CASE_STATES.find((known) => known === query.get('state')) ?? null;
  const queue = await listCaseQueue(deps, acting, {
    order: 'newest',
    limit: SHOWN,
    ...(state !== null && { states: [state] }),
  });
  if ('rejected' in queue) return queue;
  return {
    title: 'Cases',
    at: '/cases',
    body: [
      heading('Cases'),
      stateFilter(base, state),
      queue.rows.length === 0
        ? empty(
            'No case here. They are opened from a customer’s usage, an invoice, or as goodwill; disputes open their own.',
          )
        : panel('Newest first', rows('Cases, newest first', caseColumns(base), queue.rows)),
      queue.hasMore ? p(null, `The newest ${SHOWN} are shown. The search finds older ones by their ticket.`) : null,
    ],
  };
}

function stateFilter(base: string, state: CaseState | null): Markup {
  const shown: readonly CaseState[] = ['open', 'waiting', 'executing', 'done', 'refused', 'lapsed'];
  const entry = (href: string, name: string, isOn: boolean): Markup =>
    li(null, a({ href, ...(isOn && { 'aria-current': 'true' as const }) }, name));
  return nav(
    { class: 'filters', 'aria-label': 'Show cases' },
    ul(
      null,
      entry(`${base}/cases`, 'All', state === null),
      ...shown.map((one) => entry(`${base}/cases?state=${one}`, stateWords(one)[0], state === one)),
    ),
  );
}

function caseColumns(base: string): readonly Column<CaseQueueRow>[] {
  return [
    { name: 'What', show: ({ one }) => what(base, one) },
    customerColumn(base),
    { name: 'Ticket', show: ({ one }) => one.evidence.ticket ?? '–' },
    { name: 'Opened', show: ({ one }) => instant(one.openedAt) },
    { name: 'State', show: ({ one }) => group(tag(...stateWords(one.state))) },
  ];
}
