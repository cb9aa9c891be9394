import { fromWireId, toWireId } from '../../contract/ids.ts';
// Putting a difference right by an entry, in two steps: the form, then the entry as it would stand in the books. What is
// posted is what was shown, or nothing.
import { evidenceIdOf } from '../../contract/variances.ts';
import { MONEY_ACCOUNTS, type MoneyAccountKind } from '../../domain/account.ts';
import { EVIDENCE_BYTES_MAX } from '../../domain/evidence-file.ts';
import { refuse, type Refused, type Rejection } from '../../domain/rejection.ts';
import { attachEvidence } from '../../operations/attach-evidence.ts';
import {
  type AskedCorrection,
  type CorrectionPreview,
  previewCorrection,
} from '../../operations/corrections/preview-correction.ts';
import { requestCorrection } from '../../operations/corrections/request-correction.ts';
import { readVariance, type VarianceView } from '../../operations/finance/read-variance.ts';
import type { ConsoleContext } from '../console-context.ts';
import { moneyField, moneyText, parseMoney } from '../figures.ts';
import { choiceField, dateField, longField, mistakes, textField, type Typed } from '../forms.ts';
import { a, div, input, type Markup, p } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, panel, postForm, submit } from '../parts.ts';
import { accountWords, sentence } from '../words.ts';
import { correctionPath, entryLines, movedAccounts } from './correction-parts.ts';
import { atFileField, fileField, fileForm } from './evidence-files.ts';
import { financePage } from './frame.ts';
import { amountText, subjectWords } from './variance-words.ts';
import { variancePath } from './variances.ts';

export const correctPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/finance/variances/:id/correct',
    permission: 'variance.correct',
    answer: async (context, request) => showForm(context, request, null),
  },
  {
    // Where a refused form stands, for who comes back to it.
    method: 'get',
    path: '/finance/variances/:id/correct/preview',
    permission: 'variance.correct',
    answer: async (_context, { params }) => ({ to: `/finance/variances/${params['id'] ?? ''}/correct` }),
  },
  {
    method: 'post',
    path: '/finance/variances/:id/correct/preview',
    permission: 'variance.correct',
    fileBytesMax: EVIDENCE_BYTES_MAX,
    answer: preview,
  },
  {
    method: 'post',
    path: '/finance/variances/:id/correct',
    permission: 'variance.correct',
    stepUp: ({ params }) => `/finance/variances/${params['id'] ?? ''}/correct`,
    answer: post,
  },
];

const SECTION = '/finance/variances';

async function showForm(
  { deps }: ConsoleContext,
  request: PageRequest,
  rejected: Rejection | null,
): Promise<PageAnswer> {
  const { base, acting, params, form } = request;
  const view = await readVariance(deps, acting, fromWireId('var', params['id'] ?? '') ?? NO_VARIANCE);
  if ('rejected' in view) return view;
  const { variance } = view;
  const path = variancePath(variance.varianceId);
  const typed: Typed = { values: rejected === null ? request.query : form, rejected };
  return financePage(
    request,
    { section: SECTION, title: 'Post a correction', ...(rejected !== null && { status: 422 }) },
    crumbs(base, ['Variances', SECTION], [subjectWords(variance), path]),
    mistakes(typed),
    p(
      { class: 'lead' },
      `${subjectWords(variance)}: ${amountText(variance.amount, variance.unit)}. ${variance.cause ?? ''} You see the entry before anything is posted.`,
    ),
    panel(
      'The entry',
      fileForm(
        request,
        `${path}/correct/preview`,
        div(
          { class: 'fields' },
          ...fields(view, typed),
          div({ class: 'pager' }, submit('Show the entry'), a({ class: 'button', href: base + path }, 'Cancel')),
        ),
      ),
    ),
  );
}

/** No variance has it. */
const NO_VARIANCE = '00000000-0000-0000-0000-000000000000';

function currencyOf({ variance: { unit } }: VarianceView): string {
  return unit !== null && /^[a-z]{3}$/.test(unit) ? unit : 'usd';
}

function fields(view: VarianceView, typed: Typed): readonly Markup[] {
  const { variance, files } = view;
  const currency = currencyOf(view);
  const accounts = MONEY_ACCOUNTS.map((kind) => [kind, accountWords(kind)] as const);
  const size = variance.amount !== null && variance.unit === currency ? BigInt(variance.amount) : 0n;
  const amount = size === 0n ? '' : moneyField(size < 0n ? -size : size, currency);
  return [
    choiceField({ name: 'debit', label: 'Debit', note: 'What comes to own more, or to owe less.' }, accounts, typed),
    choiceField(
      { name: 'credit', label: 'Credit', note: 'What comes to own less, or to owe or earn more.' },
      accounts,
      typed,
    ),
    textField(
      { name: 'amount', label: `Amount in ${currency.toUpperCase()}`, required: true, inputMode: 'decimal' },
      typed,
      amount,
    ),
    input({ type: 'hidden', name: 'currency', value: currency }),
    dateField({ name: 'day', label: 'Dated', note: 'In an open month. Empty: when it is posted.' }, typed),
    longField({ name: 'note', label: 'Why', required: true }, typed),
    ...(files.length === 0
      ? []
      : [
          choiceField(
            { name: 'kept', label: 'A file that is kept already' },
            [
              ['', 'none of them'] as const,
              ...files.map(({ evidenceId, name }) => [toWireId('evidence', evidenceId), name] as const),
            ],
            typed,
          ),
        ]),
    textField({ name: 'evidence', label: 'A ticket or an address that proves it' }, typed),
    fileField({ name: 'file', label: 'Or a file that proves it' }),
  ];
}

/** What the form asks for; a file that came with it is kept first, and is its evidence. */
async function askedOf(
  { deps }: ConsoleContext,
  { form, params, acting, file }: PageRequest,
): Promise<AskedCorrection | Refused> {
  const varianceId = fromWireId('var', params['id'] ?? '');
  if (varianceId === null) return refuse('unknown_variance', 'there is no variance of this id');
  const currency = form.get('currency') ?? '';
  const amountMinor = parseMoney(form.get('amount') ?? '', currency);
  const debit = accountOf(form.get('debit'));
  const credit = accountOf(form.get('credit'));
  const note = form.get('note')?.trim() ?? '';
  const effectiveAt = dayOf(form.get('day') ?? '');
  if (debit === null || credit === null) return refuse('invalid_request', 'choose two accounts', { param: 'debit' });
  if (amountMinor === null || amountMinor === 0n)
    return refuse('invalid_request', 'the amount is no amount such as 40.00', { param: 'amount' });
  if (effectiveAt === undefined) return refuse('invalid_request', 'the day is no date', { param: 'day' });
  if (note === '') return refuse('invalid_request', 'say why', { param: 'note' });
  const kept = file === null ? null : await attachEvidence(deps, acting, { varianceId, ...file });
  if (kept !== null && 'rejected' in kept) return { rejected: atFileField(kept.rejected) };
  const evidence =
    kept === null ? ((form.get('kept') || form.get('evidence')?.trim()) ?? '') : toWireId('evidence', kept.evidenceId);
  if (evidence === '')
    return refuse('invalid_request', 'name what proves it: a ticket, an address, or a file', { param: 'evidence' });
  return {
    varianceId,
    debit,
    credit,
    currency,
    amountMinor,
    effectiveAt,
    note,
    evidence,
    evidenceId: evidenceIdOf(evidence),
  };
}

function accountOf(text: string | null): MoneyAccountKind | null {
  return MONEY_ACCOUNTS.find((kind) => kind === text) ?? null;
}

/** Noon of a day that was named, so that it is that day in most zones; null where none was named. */
function dayOf(text: string): Date | null | undefined {
  if (text === '') return null;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T12:00:00Z`) : null;
  return at === null || Number.isNaN(at.getTime()) ? undefined : at;
}

async function preview(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const asked = await askedOf(context, request);
  if ('rejected' in asked) return showForm(context, request, asked.rejected);
  const shown = await previewCorrection(context.deps, request.acting, asked);
  if ('rejected' in shown) return showForm(context, request, shown.rejected);
  return previewPage(request, asked, shown);
}

function previewPage(request: PageRequest, asked: AskedCorrection, shown: CorrectionPreview): PageAnswer {
  const { base, form } = request;
  const path = variancePath(asked.varianceId);
  const kept = new URLSearchParams(form);
  kept.delete('csrf');
  kept.set('evidence', asked.evidence);
  kept.delete('kept');
  const alone = shown.limits.length === 0;
  return financePage(
    request,
    { section: SECTION, title: 'The entry, before anything is posted' },
    crumbs(base, ['Variances', SECTION], ['Variance', path]),
    entryLines(shown),
    movedAccounts(shown),
    panel(
      alone ? 'You may post it alone' : 'A second person has to agree',
      ...(alone
        ? [
            p(
              null,
              'It is within your limits. The variance is corrected with it; should it not help, the next run opens another.',
            ),
          ]
        : shown.limits.map((limit) => p(null, sentence(limit.sentence)))),
      postForm(
        request,
        `${path}/correct`,
        ...[...kept].map(([name, value]) => input({ type: 'hidden', name, value })),
        input({ type: 'hidden', name: 'hash', value: shown.payloadHash }),
        div(
          { class: 'pager' },
          submit(`${alone ? 'Post' : 'Ask for'} ${moneyText(shown.amountMinor, shown.currency)}`),
          a({ class: 'button', href: `${base}${path}/correct?${kept.toString()}` }, 'Change it'),
        ),
      ),
    ),
  );
}

async function post(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const asked = await askedOf(context, request);
  if ('rejected' in asked) return showForm(context, request, asked.rejected);
  const payloadHash = request.form.get('hash') ?? '';
  const done = await requestCorrection(context.deps, request.acting, { ...asked, payloadHash });
  if (!('rejected' in done)) return { to: correctionPath(done.correctionId) };
  return done.rejected.code === 'preview_stale' ? preview(context, request) : showForm(context, request, done.rejected);
}
