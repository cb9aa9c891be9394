// A case: its evidence, what it would do or did, who asked and who agreed; and the one next step for whoever looks.
import { fromWireId, toWireId } from '../../contract/ids.ts';
import type { Case } from '../../domain/case-record.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { approveCase, closeCase, refuseCase } from '../../operations/cases/approve-case.ts';
import { changeCase } from '../../operations/cases/change-case.ts';
import { submitCase } from '../../operations/cases/submit-case.ts';
import { undoGoodwill } from '../../operations/cases/undo-goodwill.ts';
import { type CaseView, readCaseView } from '../../operations/console/read-case-page.ts';
import { readBalance } from '../../operations/read-balance.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { casePath, customerPath } from '../ids.ts';
import { a, code, dd, div, dl, dt, type Markup } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, heading, tag } from '../parts.ts';
import { CASE_WORDS, stateWords } from '../words.ts';
import { previewBlocks } from './case-preview.ts';
import { caseSteps, outcomeNotice } from './case-steps.ts';
import { customerTitle } from './search.ts';

export const casePages: readonly PageRoute[] = [
  { method: 'get', path: '/cases/:id', permission: 'case.read', answer: showCase },
  act('submit', 'case.request', true, async ({ deps }, { acting, form }, caseId) => {
    return submitCase(deps, acting, { caseId, payloadHash: form.get('payload') ?? '' });
  }),
  act('approve', 'case.approve', true, async ({ deps }, { acting, form }, caseId) => {
    const comment = form.get('comment')?.trim() || null;
    return approveCase(deps, acting, { caseId, payloadHash: form.get('payload') ?? '', comment });
  }),
  act('break-glass', 'case.override', true, async ({ deps }, { acting, form }, caseId) => {
    const breakGlass = form.get('reason')?.trim() ?? '';
    return approveCase(deps, acting, { caseId, payloadHash: form.get('payload') ?? '', comment: null, breakGlass });
  }),
  act('refuse', 'case.approve', false, async ({ deps }, { acting, form }, caseId) => {
    return refuseCase(deps, acting, { caseId, comment: form.get('comment')?.trim() ?? '' });
  }),
  act('ticket', 'case.request', false, async ({ deps }, { acting, form }, caseId) => {
    const ticket = form.get('ticket')?.trim() || null;
    return changeCase(deps, acting, { caseId, evidence: { ticket } });
  }),
  act('close', 'case.request', false, async ({ deps }, { acting, form }, caseId) => {
    return closeCase(deps, acting, { caseId, comment: form.get('comment')?.trim() ?? '' });
  }),
  act('undo', 'case.request', false, async ({ deps }, { acting }, caseId) => undoGoodwill(deps, acting, caseId)),
];

type Step = (context: ConsoleContext, request: PageRequest, caseId: string) => Promise<Case | Refused>;

/** A step of a case, after which its page shows where it stands; a refusal is shown on that page, too. */
function act(name: string, permission: PageRoute['permission'], isDangerous: boolean, step: Step): PageRoute {
  return {
    method: 'post',
    path: `/cases/:id/${name}`,
    permission,
    ...(isDangerous && { stepUp: ({ params }) => `/cases/${params['id']}` }),
    answer: async (context, request) => {
      const caseId = fromWireId('case', request.params['id'] ?? '');
      if (caseId === null) return UNKNOWN;
      const one = await step(context, request, caseId);
      if ('rejected' in one) return one.rejected.code === 'unknown_case' ? one : showCase(context, request, one);
      context.wake('inbox');
      context.wake('outbox');
      return { to: casePath(caseId) };
    },
  };
}

const UNKNOWN = refuse('unknown_case', 'no case has this id (case_…)');

async function showCase(
  context: ConsoleContext,
  request: PageRequest,
  refused: Refused | null = null,
): Promise<PageAnswer> {
  const caseId = fromWireId('case', request.params['id'] ?? '');
  if (caseId === null) return UNKNOWN;
  const view = await readCaseView(context.deps, request.acting, caseId);
  if ('rejected' in view) return view;
  const { one, customer, previewed } = view;
  const [words, kind] = stateWords(one.state);
  const preview = previewed?.preview ?? one.preview;
  const hasChanged = one.state === 'waiting' && previewed !== null && previewed.payloadHash !== one.payloadHash;
  const isOver = one.state === 'done' || one.state === 'undone';
  const balance = isOver ? await readBalance(context.deps, customer.customerId) : null;
  return {
    title: `Case: ${CASE_WORDS[one.kind]}`,
    at: one.state === 'waiting' ? '/approvals' : '/cases',
    ...(refused !== null && { status: 409 }),
    body: [
      crumbs(request.base, ['Cases', '/cases'], [customerTitle(customer), customerPath(customer.customerId)]),
      heading(CASE_WORDS[one.kind], tag(words, kind)),
      facts(request.base, view),
      outcomeNotice(request, view, {
        refused,
        hasChanged,
        balance: balance !== null && 'rejected' in balance ? null : balance,
      }),
      preview === null ? null : previewBlocks(preview, hasChanged ? one.preview : null),
      caseSteps(request, view),
    ],
  };
}

function facts(base: string, { one, customer, names }: CaseView): Markup {
  const { evidence } = one;
  const fact = (name: string, ...value: readonly (Markup | string)[]): Markup =>
    div(null, dt(null, name), dd(null, ...value));
  const named = (subject: string): string => names.get(subject) ?? subject;
  const uses = evidence.usageEventIds.map((id) => code(null, toWireId('usage', id)));
  return dl(
    { class: 'facts' },
    fact('Customer', a({ href: base + customerPath(customer.customerId) }, customerTitle(customer))),
    evidence.ticket === null ? null : fact('Ticket', evidence.ticket),
    evidence.invoiceId === null
      ? null
      : fact('Invoice', a({ href: `${base}/invoices/${evidence.invoiceId}` }, code(null, evidence.invoiceId))),
    uses.length === 0 ? null : fact('Usage', ...uses.flatMap((use) => [use, ' '])),
    evidence.stripeObject === null ? null : fact('Stripe', code(null, evidence.stripeObject)),
    evidence.explanation === null ? null : fact('What happened', evidence.explanation),
    fact('Opened', instant(one.openedAt), ` by ${named(one.openedBy)}`),
    one.submittedAt === null || one.requester === null
      ? null
      : fact('Asked', instant(one.submittedAt), ` by ${named(one.requester)}`),
    one.approver === null || one.approvedAt === null
      ? null
      : fact(
          'Approved',
          instant(one.approvedAt),
          ` by ${named(one.approver)}${APPROVED_BY[one.approval ?? 'approved']}`,
        ),
    one.comment === null ? null : fact('Comment', one.comment),
    one.result?.creditNoteId === undefined ? null : fact('Credit note', code(null, one.result.creditNoteId)),
    fact('Case', code(null, toWireId('case', one.caseId))),
  );
}

const APPROVED_BY = {
  approved: '',
  within_limits: '',
  single_operator: ', alone (approvals: single_operator)',
  break_glass: ', alone, by breaking the glass',
} as const;
