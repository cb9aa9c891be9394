import { grantBody } from '../contract/grants.ts';
import { toWireId } from '../contract/ids.ts';
import { parseCredits } from '../domain/amount.ts';
import { type GrantedCredits, grantCredits } from '../operations/grant-credits.ts';
import { parse } from './parse.ts';
import { idempotencyOf, ok, type Route } from './route.ts';

export const grantRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/grants',
    scopes: ['finance'],
    needsIdempotencyKey: true,
    reply: async ({ deps, wake }, request) => {
      const asked = parse(grantBody, request.body);
      if ('rejected' in asked) return asked;
      const { customer, source, credits, reason, features, expires_at: expiresAt, priority } = asked.value;
      const amount = parseCredits(credits);
      if (amount === null) throw new Error('the schema let an amount through that is none');
      const granted = await grantCredits(deps, {
        customer,
        source,
        amount,
        reason,
        priority,
        features: features ?? null,
        expiresAt: expiresAt ?? null,
        actor: `key:${request.caller.name}`,
        ...idempotencyOf(request),
      });
      if ('rejected' in granted) return granted;
      wake('outbox');
      return ok(shown(granted.grant), granted.replayed);
    },
  },
];

function shown(grant: GrantedCredits): object {
  return {
    id: toWireId('grant', grant.lotId),
    object: 'grant',
    customer: toWireId('customer', grant.customerId),
    source: grant.source,
    credits: grant.granted,
    remaining: grant.remaining,
    features: grant.features,
    priority: grant.priority,
    effective_at: grant.effectiveAt,
    expires_at: grant.expiresAt,
    balance: grant.available,
  };
}
