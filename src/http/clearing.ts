import { clearingQuery, clearingSettlement, shownClearing } from '../contract/clearing.ts';
import { toWireId } from '../contract/ids.ts';
import { listClearing } from '../operations/list-clearing.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { settleClearing } from '../operations/settle-clearing.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const clearingRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/clearing',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(clearingQuery, request.query);
      if ('rejected' in asked) return asked;
      const { customer } = asked.value;
      const named = customer === undefined ? null : await findCustomer(deps, customer);
      if (named !== null && 'rejected' in named) return named;
      const open = await listClearing(deps, named);
      return ok({ object: 'list', url: '/v1/clearing', has_more: false, data: open.map(shownClearing) });
    },
  },
  {
    method: 'post',
    path: '/v1/clearing/settle',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(clearingSettlement, request.body);
      if ('rejected' in asked) return asked;
      const settled = await settleClearing(deps, { ...asked.value, actor: `key:${request.caller.name}` });
      if ('rejected' in settled) return settled;
      const { account, currency, balanceMinor, object } = settled.settled;
      return ok({
        object: 'settled_clearing',
        account,
        stripe_object: object,
        currency,
        balance_minor: Number(balanceMinor),
        entry: toWireId('entry', settled.entryId),
      });
    },
  },
];
