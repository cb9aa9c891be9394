import { shownPlanChange } from '../contract/plan-changes.ts';
import {
  cancellation,
  planChange,
  seatsOrder,
  shownCancellation,
  shownSubscriptionOrder,
  subscriptionOrder,
  subscriptionStart,
} from '../contract/subscriptions.ts';
import { cancelSubscription } from '../operations/cancel-subscription.ts';
import { changePlan } from '../operations/change-plan.ts';
import { type OrderSubscription, orderSubscription } from '../operations/order-subscription.ts';
import { startSubscription } from '../operations/start-subscription.ts';
import type { HttpContext } from './context.ts';
import { parse } from './parse.ts';
import { ok, type Reply, type Route } from './route.ts';

export const subscriptionRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/subscriptions',
    scopes: ['support', 'finance'],
    reply: async ({ deps, wake }, { body, caller }) => {
      const asked = parse(subscriptionStart, body);
      if ('rejected' in asked) return asked;
      const { trial: withTrial, ...wanted } = asked.value;
      const found = await startSubscription(deps, { ...wanted, withTrial, actor: `key:${caller.name}` });
      if ('rejected' in found) return found;
      wake('inbox');
      return ok(shownSubscriptionOrder(found));
    },
  },
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
    reply: async (context, { params, body, caller }) => {
      const asked = parse(cancellation, body);
      if ('rejected' in asked) return asked;
      const { ends, reason } = asked.value;
      const request = { subscriptionId: params['id'] ?? '', reason, actor: `key:${caller.name}` };
      if (ends === 'period_end') {
        return ordered(context, { ...request, kind: 'cancel_at_period_end' });
      }
      const found = await cancelSubscription(context.deps, request);
      if ('rejected' in found) return found;
      context.wake('inbox');
      return ok(shownCancellation(found));
    },
  },
  {
    method: 'post',
    path: '/v1/subscriptions/:id/seats',
    scopes: ['support', 'finance'],
    reply: async (context, { params, body, caller }) => {
      const asked = parse(seatsOrder, body);
      if ('rejected' in asked) return asked;
      const order = { ...asked.value, kind: 'set_seats', subscriptionId: params['id'] ?? '' } as const;
      return ordered(context, { ...order, actor: `key:${caller.name}` });
    },
  },
  orderRoute('keep'),
  orderRoute('pause'),
  orderRoute('resume'),
  orderRoute('end_trial'),
];

function orderRoute(kind: OrderSubscription['kind']): Route {
  return {
    method: 'post',
    path: `/v1/subscriptions/:id/${kind}`,
    scopes: ['support', 'finance'],
    reply: async (context, { params, body, caller }) => {
      const asked = parse(subscriptionOrder, body);
      if ('rejected' in asked) return asked;
      const { reason } = asked.value;
      return ordered(context, { subscriptionId: params['id'] ?? '', kind, reason, actor: `key:${caller.name}` });
    },
  };
}

async function ordered({ deps, wake }: HttpContext, order: OrderSubscription): Promise<Reply> {
  const found = await orderSubscription(deps, order);
  if ('rejected' in found) return found;
  wake('inbox');
  return ok(shownSubscriptionOrder(found));
}
