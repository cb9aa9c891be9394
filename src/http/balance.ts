import { shownBalance, shownBalanceAt } from '../contract/balance.ts';
import { customerName } from '../contract/ids.ts';
import { balanceQuery } from '../contract/statements.ts';
import { readBalanceAt } from '../operations/read-balance-at.ts';
import { readBalance } from '../operations/read-balance.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const balanceRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/customers/:id/balance',
    scopes: ['ingest', 'read', 'support', 'finance'],
    reply: async (context, { params, query }) => {
      const named = parse(customerName, params['id']);
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      const asked = parse(balanceQuery, query);
      if ('rejected' in asked) return asked;
      const { at, member = null } = asked.value;
      if (at !== undefined) {
        const balance = await readBalanceAt(context, { customer: named.value, at, member });
        return 'rejected' in balance ? balance : ok(shownBalanceAt(balance));
      }
      const balance = await readBalance(context.deps, named.value);
      return 'rejected' in balance ? balance : ok(shownBalance(balance));
    },
  },
];
