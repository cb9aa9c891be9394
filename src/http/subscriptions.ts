import { toWireId } from '../contract/ids.ts';
import { shownPlanChange } from '../contract/plan-changes.ts';
import { cancellation, planChange } from '../contract/subscriptions.ts';
import { cancelSubscription } from '../operations/cancel-subscription.ts';
import { changePlan } from '../operations/change-plan.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const subscriptionRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/subscriptions/:id/change_plan',
    scopes: ['support', 'finance'],
    reply: async ({ deps, wake }, { params, body, caller }) => {
      const asked = parse(planChange, body);
      if ('rejected' in asked) return asked;
      const { plan, quantity = null, starts, reason } = asked.value;
      const actor = `key:${caller.name}`;
      const subscriptionId = params['id'] ?? '';
      const found = await changePlan(deps, { subscriptionId, plan, quantity, starts, reason, actor });
      if ('rejected' in found) return found;
      wake('inbox');
      return ok(shownPlanChange(found, plan));
    },
  },
  {
    method: 'post',
    path: '/v1/subscriptions/:id/cancel',
    scopes: ['support', 'finance'],
    reply: async ({ deps, wake }, { params, body, caller }) => {
      const asked = parse(cancellation, body);
      if ('rejected' in asked) return asked;
      const found = await cancelSubscription(deps, {
        subscriptionId: params['id'] ?? '',
        reason: asked.value.reason,
        actor: `key:${caller.name}`,
      });
      if ('rejected' in found) return found;
      wake('inbox');
      return ok({
        object: 'cancellation',
        customer: toWireId('customer', found.customerId),
        stripe: { subscription: found.subscriptionId },
        state: found.state,
        waits_for: found.waitsFor,
        requested_at: found.requestedAt,
        ended_at: found.endedAt,
      });
    },
  },
];
