import { toWireId } from '../contract/ids.ts';
import { cancellation } from '../contract/subscriptions.ts';
import { cancelSubscription } from '../operations/cancel-subscription.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const subscriptionRoutes: readonly Route[] = [
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
