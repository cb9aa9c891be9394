// Corrections: what waits for a second person, what was posted, and one with the entry that is agreed to.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import type { Correction, CorrectionState } from '../../domain/correction.ts';
import { may } from '../../domain/operator.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { approveCorrection, refuseCorrection } from '../../operations/corrections/decide-correction.ts';
import { type CorrectionView, readCorrections, readCorrectionView } from '../../operations/finance/read-correction.ts';
import type { Names } from '../../operations/finance/read-runs.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant, moneyText } from '../figures.ts';
import { mistakes, textField, type Typed } from '../forms.ts';
import { customerPath, entryPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, input, type Markup, p } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, empty, panel, postForm, rows, submit, tag } from '../parts.ts';
import { accountWords, sentence } from '../words.ts';
import { correctionPath, entryLines } from './correction-parts.ts';
import { evidenceLink } from './evidence-files.ts';
import { financePage } from './frame.ts';
import { subjectWords } from './variance-words.ts';
import { variancePath } from './variances.ts';

export const correctionPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/corrections', permission: 'close.read', answer: showAll },
  {
    method: 'get',
    path: '/finance/corrections/:id',
    permission: 'close.read',
    answer: async (context, request) => showOne(context, request, null),
  },
  {
    method: 'post',
    path: '/finance/corrections/:id/approve',
    permission: 'variance.approve',
    stepUp: ({ params }) => `/finance/corrections/${params['id'] ?? ''}`,
    answer: approve,
  },
  { method: 'post', path: '/finance/corrections/:id/refuse', permission: 'close.read', answer: sayNo },
];

const SECTION = '/finance/variances';

const STATES: Readonly<Record<CorrectionState, readonly [string, 'plain' | 'good' | 'warn' | 'bad']>> = {
  waiting: ['waits for a second person', 'warn'],
  posted: ['posted', 'good'],
  refused: ['refused', 'bad'],
  void: ['void', 'plain'],
};

async function showAll({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, acting } = request;
  const queue = await readCorrections(deps, acting);
  if ('rejected' in queue) return queue;
  const table = (name: string, all: readonly Correction[]): Markup =>
    rows(name, correctionColumns(base, queue.names), all);
  return financePage(
    request,
    { section: SECTION, title: 'Corrections' },
    crumbs(base, ['Variances', SECTION]),
    panel(
      'Waiting for a second person',
      queue.waiting.length === 0 ? empty('None waits.') : table('Corrections that wait, oldest first', queue.waiting),
    ),
    panel(
      'Newest first',
      queue.newest.length === 0
        ? empty('Nothing was corrected yet. A correction begins at its variance.')
        : table('Corrections, newest first', queue.newest),
    ),
  );
}

export function correctionColumns(base: string, names: Names): readonly Column<Correction>[] {
  return [
    {
      name: 'Entry',
      show: ({ correctionId, debit, credit }) =>
        a({ href: base + correctionPath(correctionId) }, `${accountWords(debit)} against ${accountWords(credit)}`),
    },
    { name: 'Amount', numeric: true, show: ({ amountMinor, currency }) => moneyText(amountMinor, currency) },
    { name: 'Asked by', show: ({ requester }) => names.get(requester) ?? requester },
    { name: 'When', show: ({ requestedAt }) => instant(requestedAt) },
    { name: 'Why', show: ({ note }) => note },
    { name: 'State', show: ({ state }) => tag(...STATES[state]) },
  ];
}

async function showOne(
  { deps }: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const { base, acting, params } = request;
  const view = await readCorrectionView(deps, acting, fromWireId('correction', params['id'] ?? '') ?? '');
  if ('rejected' in view) return view;
  const { correction, variance } = view;
  const amount = moneyText(correction.amountMinor, correction.currency);
  return financePage(
    request,
    {
      section: SECTION,
      title: `Correction of ${amount}`,
      beside: [tag(...STATES[correction.state])],
      ...(rejected !== null && { status: 422 }),
    },
    crumbs(
      base,
      ['Variances', SECTION],
      [subjectWords(variance), variancePath(variance.varianceId)],
      ['Corrections', '/finance/corrections'],
    ),
    rejected === null ? null : mistakes({ values: request.form, rejected }),
    facts(base, view),
    entryLines(correction),
    correction.limits.length === 0
      ? null
      : panel('Why a second person', ...correction.limits.map((limit) => p(null, sentence(limit.sentence)))),
    decision(request, view),
  );
}

function facts(base: string, { correction, variance, names }: CorrectionView): Markup {
  const person = (subject: string): string => names.get(subject) ?? subject;
  const fact = (name: string, ...value: readonly (Markup | string)[]): Markup =>
    div(null, dt(null, name), dd(null, ...value));
  return dl(
    { class: 'facts' },
    fact('Customer', a({ href: base + customerPath(correction.customerId) }, variance.customer ?? 'without a name')),
    fact('Asked by', `${person(correction.requester)}, `, instant(correction.requestedAt)),
    fact('Proved by', evidenceLink(base, correction.evidence, [])),
    correction.state === 'waiting' ? fact('Lapses', instant(correction.lapsesAt)) : null,
    correction.approver === null || correction.decidedAt === null
      ? null
      : fact('Decided by', `${person(correction.approver)}, `, instant(correction.decidedAt)),
    correction.comment === null ? null : fact('Comment', correction.comment),
    correction.entryId === null
      ? null
      : fact(
          'Entry',
          a({ href: base + entryPath(correction.entryId) }, code(null, toWireId('entry', correction.entryId))),
        ),
  );
}

const NOTHING_TYPED: Typed = { values: new URLSearchParams(), rejected: null };

function decision(request: PageRequest, { correction }: CorrectionView): Markup {
  if (correction.state !== 'waiting') return null;
  const { roles } = request.session.operator;
  const isOwn = correction.requester === request.acting.subject;
  const mayApprove = may(roles, 'variance.approve');
  if (!isOwn && !mayApprove) return p({ class: 'hint' }, 'Somebody with the role approver or owner decides.');
  const path = correctionPath(correction.correctionId);
  const amount = moneyText(correction.amountMinor, correction.currency);
  return panel(
    'Decide',
    isOwn ? p({ class: 'hint' }, 'You asked for it: unless one person works alone, somebody else has to agree.') : null,
    div(
      { class: 'decision' },
      mayApprove
        ? postForm(
            request,
            `${path}/approve`,
            input({ type: 'hidden', name: 'hash', value: correction.payloadHash }),
            textField({ name: 'comment', label: 'Comment (may stay empty)' }, NOTHING_TYPED),
            submit(`Approve and post ${amount}`),
          )
        : null,
      postForm(
        request,
        `${path}/refuse`,
        textField({ name: 'why', label: 'Why not', required: true }, NOTHING_TYPED),
        submit(isOwn ? 'Take it back' : 'Refuse', 'danger'),
      ),
    ),
  );
}

async function approve(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, acting } = request;
  const correctionId = fromWireId('correction', request.params['id'] ?? '');
  if (correctionId === null) return refuse('unknown_correction', 'no correction has this id');
  const comment = form.get('comment')?.trim() || null;
  const done = await approveCorrection(context.deps, acting, {
    correctionId,
    payloadHash: form.get('hash') ?? '',
    comment,
  });
  return 'rejected' in done ? showOne(context, request, done.rejected) : { to: correctionPath(correctionId) };
}

async function sayNo(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const correctionId = fromWireId('correction', request.params['id'] ?? '');
  if (correctionId === null) return refuse('unknown_correction', 'no correction has this id');
  const comment = request.form.get('why')?.trim() ?? '';
  const done = await refuseCorrection(context.deps, request.acting, { correctionId, comment });
  return 'rejected' in done ? showOne(context, request, done.rejected) : { to: correctionPath(correctionId) };
}
