import { toWireId, wireId } from '../contract/ids.ts';
import { usageAmendment, usageReversal } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
import type { ReversedUsage } from '../domain/usage-reversal.ts';
import { amendUsage } from '../operations/amend-usage.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { reverseUsage } from '../operations/reverse-usage.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const usageEventRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/usage_events/:id/reverse',
    scopes: ['support', 'finance'],
    reply: async ({ deps, wake }, { params, body, caller }) => {
      const id = parse(wireId('usage'), params['id']);
      if ('rejected' in id) return UNKNOWN;
      const asked = parse(usageReversal, body);
      if ('rejected' in asked) return asked;
      const customer = await findCustomer(deps, asked.value.customer);
      if ('rejected' in customer) return customer;
      const { reason, ticket } = asked.value;
      const done = await reverseUsage(deps, {
        customer,
        usageEventIds: [id.value],
        reason,
        ticket,
        actor: `key:${caller.name}`,
      });
      if ('rejected' in done) return done;
      wake('outbox');
      const [reversed] = done.reversed;
      if (reversed === undefined) throw new Error('one usage event was reversed and none came back');
      return ok({ id: params['id'], object: 'usage_reversal', ...shownReversal(reversed) });
    },
  },
  {
    method: 'post',
    path: '/v1/usage_events/:id/amend',
    scopes: ['support', 'finance'],
    reply: async ({ deps, wake }, { params, body, caller }) => {
      const id = parse(wireId('usage'), params['id']);
      if ('rejected' in id) return UNKNOWN;
      const asked = parse(usageAmendment, body);
      if ('rejected' in asked) return asked;
      const customer = await findCustomer(deps, asked.value.customer);
      if ('rejected' in customer) return customer;
      const { action, quantities, dimensions, occurred_at, member, reason, ticket } = asked.value;
      const done = await amendUsage(deps, {
        customer,
        usageEventId: id.value,
        action: action ?? null,
        quantities: quantities ?? null,
        dimensions: dimensions ?? null,
        occurredAt: occurred_at ?? null,
        member: member ?? null,
        reason,
        ticket,
        actor: `key:${caller.name}`,
      });
      if ('rejected' in done) return done;
      wake('outbox');
      const { reversed, recorded } = done;
      return ok({
        id: params['id'],
        object: 'usage_amendment',
        reversal: reversed === null ? null : shownReversal(reversed),
        usage_event: toWireId('usage', recorded.usageEventId),
        status: recorded.status,
        credits: formatCredits(recorded.credits),
        balance: formatCredits(recorded.available),
      });
    },
  },
];

const UNKNOWN = {
  rejected: { code: 'unknown_usage_event', message: 'no usage event has this id (usage_…)', param: 'id' },
} as const;

function shownReversal(reversed: ReversedUsage) {
  return {
    restored: formatCredits(reversed.restored),
    overage: formatCredits(reversed.overage),
    debt: formatCredits(reversed.debt),
    by_money: formatCredits(reversed.byMoney),
    unfunded: formatCredits(reversed.unfunded),
    entry: reversed.entryId === null ? null : toWireId('entry', reversed.entryId),
  };
}
