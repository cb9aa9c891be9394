import { coversPrice, planCredits } from './credit-application.ts';
import { isOpen, ledgerBalance } from './credit-ledger.ts';
import { discountLines } from './discounts.ts';
import { invalidRequest } from './errors.ts';
import { withUsage } from './invoice-usage.ts';
import { page } from './pagination.ts';
import { array, object, oneOf, paging, required, word } from './parameters.ts';
import { route } from './routes.ts';
import { afterDiscounts } from './totals.ts';
import type { CreditGrant } from './wire.ts';
import { need, nowOf, type World } from './world.ts';

const filter = object({
  type: required(oneOf('applicability_scope', 'credit_grant')),
  applicability_scope: object({ price_type: oneOf('metered'), prices: array(object({ id: required(word()) }), 20) }),
  credit_grant: word(),
});

/** What the customer's open drafts would take of each grant. */
function plannedTakings(world: World, customer: string): Map<string, number> {
  const takings = new Map<string, number>();
  for (const invoice of world.store.by('invoices', 'customer', customer)) {
    if (invoice.status !== 'draft') continue;
    const current = withUsage(world, invoice);
    const lines = { ...current.lines, data: discountLines(world, current) };
    for (const { grant, amount } of planCredits(world, { ...current, lines }, afterDiscounts)) {
      takings.set(grant.id, (takings.get(grant.id) ?? 0) + amount);
    }
  }
  return takings;
}

const summary = route(
  'GET',
  '/v1/billing/credit_balance_summary',
  { customer: word(), customer_account: word(), filter: required(filter) },
  ({ world, values }) => {
    const customer = need(world, 'customers', values.customer ?? '', 'customer', 'customer').id;
    const { type, credit_grant: only, applicability_scope: scope } = values.filter;
    const isAsked = (grant: CreditGrant): boolean => {
      if (type === 'credit_grant') return grant.id === only;
      if (scope?.prices === undefined) return true;
      return scope.prices.some(({ id }) => coversPrice(grant, id));
    };
    const now = nowOf(world, customer);
    const takings = plannedTakings(world, customer);
    const sums = new Map<string, { ledger: number; available: number }>();
    for (const grant of world.store.by('credit_grants', 'customer', customer).filter(isAsked)) {
      const currency = grant.amount.monetary?.currency ?? 'usd';
      const ledger = ledgerBalance(world, grant.id);
      const available = isOpen(grant, now) ? Math.max(0, ledger - (takings.get(grant.id) ?? 0)) : 0;
      const sofar = sums.get(currency) ?? { ledger: 0, available: 0 };
      sums.set(currency, { ledger: sofar.ledger + ledger, available: sofar.available + available });
    }
    const monetary = (currency: string, value: number): object => ({ monetary: { currency, value }, type: 'monetary' });
    const balances = Array.from(sums, ([currency, { ledger, available }]) => ({
      available_balance: monetary(currency, available),
      ledger_balance: monetary(currency, ledger),
    }));
    return { object: 'billing.credit_balance_summary', balances, customer, customer_account: null, livemode: false };
  },
);

export const creditBalanceRoutes = [
  summary,
  route(
    'GET',
    '/v1/billing/credit_balance_transactions',
    { ...paging, customer: word(), customer_account: word(), credit_grant: word() },
    ({ world, values, path }) => {
      const { customer, credit_grant: grant } = values;
      if (customer === undefined && world.switches.creditTransactionsWithoutCustomer === 'refused') {
        throw invalidRequest('Missing required param: customer.', { code: 'parameter_missing', param: 'customer' });
      }
      const found = world.store
        .all('credit_balance_transactions')
        .filter(
          ({ credit_grant: id }) =>
            (grant === undefined || id === grant) &&
            (customer === undefined || world.store.find('credit_grants', id)?.customer === customer),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/billing/credit_balance_transactions/{id}', {}, ({ world, id }) =>
    need(world, 'credit_balance_transactions', id, 'credit balance transaction'),
  ),
];
