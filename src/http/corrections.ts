import { wireId } from '../contract/ids.ts';
import {
  correctionApproval,
  correctionPreview,
  correctionRefusal,
  correctionRequest,
  correctionsQuery,
  shownCorrection,
  shownCorrectionPreview,
  toCorrection,
} from '../contract/variances.ts';
import type { Correction } from '../domain/correction.ts';
import type { Refused } from '../domain/rejection.ts';
import { approveCorrection, refuseCorrection } from '../operations/corrections/decide-correction.ts';
import { findCorrection, listCorrections } from '../operations/corrections/list-corrections.ts';
import { previewCorrection } from '../operations/corrections/preview-correction.ts';
import { requestCorrection } from '../operations/corrections/request-correction.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Reply, type Route } from './route.ts';

const READERS = ['read', 'support', 'finance'] as const;

export const correctionRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/variances/:id/correction_preview',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('var'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(correctionPreview, request.body);
      if ('rejected' in asked) return asked;
      const wanted = { varianceId: id.value, ...toCorrection(asked.value) };
      const preview = await previewCorrection(deps, actingOf(request), wanted);
      return 'rejected' in preview ? preview : ok(shownCorrectionPreview(preview));
    },
  },
  {
    method: 'post',
    path: '/v1/variances/:id/correct',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('var'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(correctionRequest, request.body);
      if ('rejected' in asked) return asked;
      const { payload_hash: payloadHash } = asked.value;
      const wanted = { varianceId: id.value, ...toCorrection(asked.value), payloadHash };
      return answer(await requestCorrection(deps, actingOf(request), wanted));
    },
  },
  {
    method: 'get',
    path: '/v1/corrections',
    scopes: READERS,
    reply: async ({ deps }, { query }) => {
      const asked = parse(correctionsQuery, query);
      if ('rejected' in asked) return asked;
      const { state = null, limit, starting_after: after = null } = asked.value;
      const { corrections, hasMore } = await listCorrections(deps, { state, limit, after });
      return ok({ object: 'list', url: '/v1/corrections', has_more: hasMore, data: corrections.map(shownCorrection) });
    },
  },
  {
    method: 'get',
    path: '/v1/corrections/:id',
    scopes: READERS,
    reply: async ({ deps }, { params }) => {
      const id = parse(wireId('correction'), params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      return answer(await findCorrection(deps, id.value));
    },
  },
  {
    method: 'post',
    path: '/v1/corrections/:id/approve',
    scopes: ['finance', 'support'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('correction'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(correctionApproval, request.body);
      if ('rejected' in asked) return asked;
      const { payload_hash: payloadHash, comment = null } = asked.value;
      return answer(await approveCorrection(deps, actingOf(request), { correctionId: id.value, payloadHash, comment }));
    },
  },
  {
    method: 'post',
    path: '/v1/corrections/:id/refuse',
    scopes: ['finance', 'support'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('correction'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(correctionRefusal, request.body);
      if ('rejected' in asked) return asked;
      const { comment } = asked.value;
      return answer(await refuseCorrection(deps, actingOf(request), { correctionId: id.value, comment }));
    },
  },
];

/** 202 while it waits for a second person. */
function answer(one: Correction | Refused): Reply {
  if ('rejected' in one) return one;
  return { status: one.state === 'waiting' ? 202 : 200, body: shownCorrection(one) };
}
