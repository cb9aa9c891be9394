import { toWireId } from '../contract/ids.ts';
import { transfer as transferBody } from '../contract/members.ts';
import { parseCredits } from '../domain/amount.ts';
import { transferCredits } from '../operations/transfer-credits.ts';
import { parse } from './parse.ts';
import { idempotencyOf, ok, type Route } from './route.ts';

export const transferRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/transfers',
    scopes: ['support'],
    needsIdempotencyKey: true,
    reply: async (context, request) => {
      const asked = parse(transferBody, request.body);
      if ('rejected' in asked) return asked;
      const { from, to, credits, reason } = asked.value;
      const amount = parseCredits(credits);
      if (amount === null) throw new Error('the schema let an amount through that is none');
      const done = await transferCredits(context, {
        from: { customer: from.customer, member: from.member ?? null },
        to: { customer: to.customer, member: to.member ?? null },
        amount,
        reason,
        actor: `key:${request.caller.name}`,
        ...idempotencyOf(request),
      });
      if ('rejected' in done) return done;
      const { transfer, customer, replayed } = done;
      context.wake('outbox');
      return ok(
        {
          object: 'transfer',
          customer: toWireId('customer', customer.customerId),
          from: { member: from.member ?? null, balance: transfer.availableFrom },
          to: { member: to.member ?? null, balance: transfer.availableTo },
          credits: transfer.credits,
          grants: transfer.lotIds.map((lotId) => toWireId('grant', lotId)),
          entry: toWireId('entry', transfer.entryId),
        },
        replayed,
      );
    },
  },
];
