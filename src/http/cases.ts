import {
  caseApproval,
  caseChange,
  caseComment,
  caseOpening,
  casesQuery,
  caseSubmission,
  noFields,
  toEvidence,
  toOutcome,
} from '../contract/cases.ts';
import { toWireId, wireId } from '../contract/ids.ts';
import { shownCase, shownPreview } from '../contract/shown-case.ts';
import type { Case } from '../domain/case-record.ts';
import type { Refused } from '../domain/rejection.ts';
import { approveCase, closeCase, refuseCase } from '../operations/cases/approve-case.ts';
import { changeCase } from '../operations/cases/change-case.ts';
import { listCases, readCase } from '../operations/cases/list-cases.ts';
import { openCase } from '../operations/cases/open-case.ts';
import { previewCase } from '../operations/cases/preview-case.ts';
import { requestCase } from '../operations/cases/request-case.ts';
import { submitCase } from '../operations/cases/submit-case.ts';
import { undoGoodwill } from '../operations/cases/undo-goodwill.ts';
import { actingOf } from './acting.ts';
import type { HttpContext } from './context.ts';
import { parse } from './parse.ts';
import { type Answer, type ApiRequest, idempotencyOf, ok, type Reply, type Route } from './route.ts';

const READERS = ['read', 'support', 'finance'] as const;
const WRITERS = ['support', 'finance'] as const;

const UNKNOWN = {
  rejected: { code: 'unknown_case', message: 'no case has this id (case_…)', param: 'id' },
} as const;

export const caseRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/cases',
    scopes: READERS,
    reply: async ({ deps }, request) => {
      const asked = parse(casesQuery, request.query);
      if ('rejected' in asked) return asked;
      const { state, starting_after: after, customer, ticket, order, limit } = asked.value;
      const listed = await listCases(deps, actingOf(request), {
        order,
        limit,
        ...(state !== undefined && { states: [state] }),
        ...(customer !== undefined && { customer }),
        ...(ticket !== undefined && { ticket }),
        ...(after !== undefined && { after }),
      });
      if ('rejected' in listed) return listed;
      return ok({ object: 'list', url: '/v1/cases', has_more: listed.hasMore, data: listed.cases.map(shownCase) });
    },
  },
  {
    method: 'post',
    path: '/v1/cases',
    scopes: WRITERS,
    needsIdempotencyKey: true,
    reply: async (context, request) => {
      const asked = parse(caseOpening, request.body);
      if ('rejected' in asked) return asked;
      const { customer, kind, outcome, submit } = asked.value;
      const { deps } = context;
      const wanted = {
        customer,
        kind,
        evidence: toEvidence(asked.value),
        outcome: outcome === undefined ? null : toOutcome(outcome),
        idempotencyKey: idempotencyOf(request).key,
      };
      const open = submit ? requestCase : openCase;
      return answer(context, await open(deps, actingOf(request), wanted));
    },
  },
  ofCase('get', '', READERS, async ({ deps }, request, caseId) => readCase(deps, actingOf(request), caseId)),
  ofCase('post', '', WRITERS, async ({ deps }, request, caseId) => {
    const asked = parse(caseChange, request.body);
    if ('rejected' in asked) return asked;
    const { kind, outcome } = asked.value;
    return changeCase(deps, actingOf(request), {
      caseId,
      evidence: toEvidence(asked.value),
      ...(kind !== undefined && { kind }),
      ...(outcome !== undefined && { outcome: outcome === null ? null : toOutcome(outcome) }),
    });
  }),
  {
    method: 'post',
    path: '/v1/cases/:id/preview',
    scopes: WRITERS,
    reply: async ({ deps }, request) => {
      const id = parse(wireId('case'), request.params['id']);
      if ('rejected' in id) return UNKNOWN;
      const one = await readCase(deps, actingOf(request), id.value);
      if ('rejected' in one) return one;
      const previewed = await previewCase(deps, one);
      if ('rejected' in previewed) return previewed;
      const { preview, payloadHash } = previewed;
      return ok({
        object: 'case_preview',
        case: toWireId('case', one.caseId),
        ...shownPreview(preview),
        payload_hash: payloadHash,
      });
    },
  },
  ofCase('post', '/submit', WRITERS, async ({ deps }, request, caseId) => {
    const asked = parse(caseSubmission, request.body);
    if ('rejected' in asked) return asked;
    const { payload_hash: payloadHash } = asked.value;
    return submitCase(deps, actingOf(request), { caseId, ...(payloadHash !== undefined && { payloadHash }) });
  }),
  ofCase('post', '/approve', WRITERS, async ({ deps }, request, caseId) => {
    const asked = parse(caseApproval, request.body);
    if ('rejected' in asked) return asked;
    const { payload_hash: payloadHash, comment = null, break_glass: breakGlass } = asked.value;
    const approving = { caseId, payloadHash, comment, ...(breakGlass !== undefined && { breakGlass }) };
    return approveCase(deps, actingOf(request), approving);
  }),
  ofCase('post', '/refuse', WRITERS, async ({ deps }, request, caseId) => {
    const asked = parse(caseComment, request.body);
    return 'rejected' in asked ? asked : refuseCase(deps, actingOf(request), { caseId, ...asked.value });
  }),
  ofCase('post', '/close', WRITERS, async ({ deps }, request, caseId) => {
    const asked = parse(caseComment, request.body);
    return 'rejected' in asked ? asked : closeCase(deps, actingOf(request), { caseId, ...asked.value });
  }),
  ofCase('post', '/undo', WRITERS, async ({ deps }, request, caseId) => {
    const asked = parse(noFields, request.body);
    return 'rejected' in asked ? asked : undoGoodwill(deps, actingOf(request), caseId);
  }),
];

/** A route about one case, which it answers as it is afterwards. */
function ofCase(
  method: 'get' | 'post',
  path: string,
  scopes: Route['scopes'],
  act: (
    context: HttpContext,
    request: ApiRequest,
    caseId: string,
  ) => Promise<Case | Refused | Extract<Reply, { rejected: unknown }>>,
): Route {
  return {
    method,
    path: `/v1/cases/:id${path}`,
    scopes,
    reply: async (context, request) => {
      const id = parse(wireId('case'), request.params['id']);
      if ('rejected' in id) return UNKNOWN;
      return answer(context, await act(context, request, id.value));
    },
  };
}

/** 202 while a second person or Stripe is waited for. */
function answer(
  { wake }: HttpContext,
  one: Case | Refused | Extract<Reply, { rejected: unknown }>,
): Answer | Extract<Reply, { rejected: unknown }> {
  if ('rejected' in one) return one;
  if (one.state === 'done' || one.state === 'undone') {
    wake('inbox');
    wake('outbox');
  }
  const isWaiting = one.state === 'waiting' || one.state === 'executing';
  return { ...ok(shownCase(one)), ...(isWaiting && { status: 202 }) };
}
