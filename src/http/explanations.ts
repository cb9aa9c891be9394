import { shownEntry } from '../contract/entry-explanations.ts';
import { entryQuery, explainQuery, shownExplanation } from '../contract/explanations.ts';
import { customerName, wireId } from '../contract/ids.ts';
import { explainBalance } from '../operations/explain-balance.ts';
import { explainEntry } from '../operations/explain-entry.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const explanationRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/customers/:id/explain',
    scopes: ['read', 'support', 'finance'],
    reply: async (context, { params, query }) => {
      const named = parse(customerName, params['id']);
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      const asked = parse(explainQuery, query);
      if ('rejected' in asked) return asked;
      const told = await explainBalance(context, { customer: named.value, spentToo: asked.value.lots === 'all' });
      return 'rejected' in told ? told : ok(shownExplanation(told));
    },
  },
  {
    method: 'get',
    path: '/v1/ledger_entries/:id',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, { params, query }) => {
      const id = parse(wireId('entry'), params['id']);
      if ('rejected' in id) {
        return {
          rejected: { code: 'unknown_entry', message: 'no entry of the ledger has this id (entry_…)', param: 'id' },
        };
      }
      const asked = parse(entryQuery, query);
      if ('rejected' in asked) return asked;
      const told = await explainEntry(deps, { entryId: id.value, customer: asked.value.customer ?? null });
      return 'rejected' in told ? told : ok(shownEntry(told));
    },
  },
];
