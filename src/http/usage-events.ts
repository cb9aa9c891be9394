import { toWireId, wireId } from '../contract/ids.ts';
import { usageReversal } from '../contract/usage.ts';
import { formatCredits } from '../domain/amount.ts';
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
      if ('rejected' in id) {
        return {
          rejected: { code: 'unknown_usage_event', message: 'no usage event has this id (usage_…)', param: 'id' },
        };
      }
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
      return ok({
        id: params['id'],
        object: 'usage_reversal',
        restored: formatCredits(reversed.restored),
        overage: formatCredits(reversed.overage),
        debt: formatCredits(reversed.debt),
        by_money: formatCredits(reversed.byMoney),
        entry: toWireId('entry', reversed.entryId),
      });
    },
  },
];
