import { customerName, toWireId } from '../contract/ids.ts';
import { formatCredits } from '../domain/amount.ts';
import { type Balance, readBalance } from '../operations/read-balance.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const balanceRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/customers/:id/balance',
    scopes: ['ingest', 'read', 'support', 'finance'],
    reply: async ({ deps }, { params }) => {
      const named = parse(customerName, params['id']);
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      const balance = await readBalance(deps, named.value);
      return 'rejected' in balance ? balance : ok(shown(balance));
    },
  },
];

function shown(balance: Balance): object {
  return {
    object: 'balance',
    customer: toWireId('customer', balance.customerId),
    unit: balance.unit,
    plan: balance.plan,
    pool_state: balance.poolState,
    available: formatCredits(balance.available),
    held: formatCredits(balance.held),
    overage: formatCredits(balance.overage),
    debt: formatCredits(balance.debt),
    lots: balance.lots.map((lot) => ({
      id: toWireId('grant', lot.lotId),
      source: lot.source,
      category: lot.category,
      granted: formatCredits(lot.granted),
      used: formatCredits(lot.drawn),
      held: formatCredits(lot.held),
      remaining: formatCredits(lot.left),
      spendable: lot.open,
      features: lot.features,
      effective_at: lot.effectiveAt,
      expires_at: lot.expiresAt,
    })),
    period:
      balance.period === null
        ? null
        : {
            id: toWireId('period', balance.period.billingPeriodId),
            starts_at: balance.period.startsAt,
            ends_at: balance.period.endsAt,
            cut_off_at: balance.period.cutOffAt,
          },
    as_of: balance.asOf,
  };
}
