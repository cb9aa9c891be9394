import { wireId } from '../contract/ids.ts';
import { settlementDecision, settlementsQuery, shownSettlement } from '../contract/settlements.ts';
import { decideHeldDraft } from '../operations/decide-held-draft.ts';
import { listSettlements } from '../operations/list-settlements.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const settlementRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/settlements',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(settlementsQuery, request.query);
      if ('rejected' in asked) return asked;
      const { settlements, hasMore } = await listSettlements(deps, {
        ...asked.value,
        after: asked.value.starting_after ?? null,
      });
      return ok({ object: 'list', url: '/v1/settlements', has_more: hasMore, data: settlements.map(shownSettlement) });
    },
  },
  decisionRoute('accept'),
  decisionRoute('correct'),
];

function decisionRoute(decision: 'accept' | 'correct'): Route {
  return {
    method: 'post',
    path: `/v1/settlements/:id/${decision}`,
    scopes: ['finance'],
    reply: async ({ deps, wake }, request) => {
      const id = parse(wireId('period'), request.params['id']);
      if ('rejected' in id) {
        const message = 'a settlement has the id of its billing period (period_…)';
        return { rejected: { code: 'unknown_settlement', message, param: 'id' } };
      }
      const asked = parse(settlementDecision, request.body);
      if ('rejected' in asked) return asked;
      const decided = await decideHeldDraft(deps, {
        billingPeriodId: id.value,
        decision,
        reason: asked.value.reason,
        actor: `key:${request.caller.name}`,
      });
      if ('rejected' in decided) return decided;
      wake('inbox');
      return ok(shownSettlement(decided.settlement));
    },
  };
}
