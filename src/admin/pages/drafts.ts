// Held drafts: cycle invoices that wait because what Stripe would charge is not what the ledger says is owed.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import { may } from '../../domain/operator.ts';
import { refuse, type Rejection } from '../../domain/rejection.ts';
import { decideHeldDraft } from '../../operations/decide-held-draft.ts';
import { listSettlements, type ShownSettlement } from '../../operations/list-settlements.ts';
import type { ConsoleContext } from '../console-context.ts';
import { day, money, moneyText } from '../figures.ts';
import { mistakes, radios, textField } from '../forms.ts';
import { customerPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, type Markup, p, strong } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { empty, heading, panel, postForm, submit } from '../parts.ts';
import { sentence } from '../words.ts';

export const draftPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/drafts',
    permission: 'case.read',
    answer: async (context, request) => showHeld(context, request, null),
  },
  { method: 'post', path: '/drafts/:id', permission: 'draft.decide', stepUp: () => '/drafts', answer: decide },
];

const SHOWN = 50;

async function showHeld(
  { deps }: ConsoleContext,
  request: PageRequest,
  refused: { readonly id: string; readonly rejected: Rejection } | null,
): Promise<PageAnswer> {
  const { settlements, hasMore } = await listSettlements(deps, { state: 'held', limit: SHOWN });
  return {
    title: 'Held drafts',
    at: '/drafts',
    ...(refused !== null && { status: 409 }),
    body: [
      heading('Held drafts'),
      p(
        { class: 'lead' },
        'Stripe would charge something else than the ledger says is owed, or bills usage otherwise than was agreed, so the draft waits for a person. The first to fall due is on top.',
      ),
      refused === null ? null : mistakes({ values: request.form, rejected: refused.rejected }),
      ...(settlements.length === 0
        ? [empty('No draft is held: what Stripe charges is what the ledger says.')]
        : settlements.map((held) => heldPanel(request, held))),
      hasMore ? p(null, `The first ${SHOWN} are shown.`) : null,
    ],
  };
}

function heldPanel(request: PageRequest, held: ShownSettlement): Markup {
  const currency = held.currency ?? 'usd';
  const charged = held.expectedMinor + held.correctionMinor;
  const figure = (name: string, minor: bigint): Markup =>
    div(null, dt(null, name), dd(null, strong(null, money(minor, currency))));
  return panel(
    `Draft of ${held.invoiceId}`,
    dl(
      { class: 'facts' },
      div(
        null,
        dt(null, 'Customer'),
        dd(null, a({ href: request.base + customerPath(held.customerId) }, code(null, held.stripeCustomerId))),
      ),
      div(null, dt(null, 'Period'), dd(null, day(held.startsAt), ' to ', day(held.endsAt))),
      div(
        null,
        dt(null, 'Invoice'),
        dd(null, a({ href: `${request.base}/invoices/${held.invoiceId}` }, code(null, held.invoiceId))),
      ),
    ),
    dl(
      { class: 'figures' },
      figure('Stripe would charge for usage', charged),
      held.correctionMinor === 0n ? null : figure('Of it an item of ours', held.correctionMinor),
      figure('The ledger says', held.owedMinor),
    ),
    held.heldBecause === null ? null : p(null, sentence(held.heldBecause)),
    may(request.session.operator.roles, 'draft.decide')
      ? decisionForm(request, held)
      : p({ class: 'hint' }, 'Somebody with the role finance or owner decides.'),
  );
}

function decisionForm(request: PageRequest, held: ShownSettlement): Markup {
  const id = toWireId('period', held.billingPeriodId);
  const currency = held.currency ?? 'usd';
  const typed = { values: new URLSearchParams(), rejected: null };
  return postForm(
    request,
    `/drafts/${id}`,
    div(
      { class: 'fields' },
      radios(
        { name: 'decision', label: 'What goes out' },
        [
          ['correct', 'Correct it', `an item on the draft makes it ask for ${moneyText(held.owedMinor, currency)}`],
          ['accept', 'Accept it as it is', 'only where the customer pays no more than he owes'],
        ],
        typed,
      ),
      textField({ name: 'reason', label: 'Why', required: true }, typed),
      div({ class: 'pager' }, submit('Let it go')),
    ),
  );
}

async function decide(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { form, params, acting } = request;
  const billingPeriodId = fromWireId('period', params['id'] ?? '');
  if (billingPeriodId === null) return refuse('unknown_settlement', 'no cycle is settled under this id');
  const decision = form.get('decision');
  const reason = form.get('reason')?.trim() ?? '';
  if ((decision !== 'accept' && decision !== 'correct') || reason === '') {
    const rejected = {
      code: 'invalid_request',
      message: 'choose what goes out, and say why',
      param: 'reason',
    } as const;
    return showHeld(context, request, { id: billingPeriodId, rejected });
  }
  const decided = await decideHeldDraft(context.deps, {
    billingPeriodId,
    decision,
    reason,
    actor: request.session.operator.name,
    acting,
  });
  if ('rejected' in decided) return showHeld(context, request, { id: billingPeriodId, rejected: decided.rejected });
  context.wake('outbox');
  return { to: '/drafts' };
}
