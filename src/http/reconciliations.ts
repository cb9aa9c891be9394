import { toWireId } from '../contract/ids.ts';
import { variancesQuery } from '../contract/lists.ts';
import { reconciliationBody } from '../contract/reconciliations.ts';
import { NIL_ID } from '../domain/account.ts';
import { listVariances, type VarianceList } from '../operations/list-variances.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { reconcile } from '../operations/reconcile.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const reconciliationRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/reconciliations',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(reconciliationBody, request.body);
      if ('rejected' in asked) return asked;
      const named = asked.value.customer === undefined ? null : await findCustomer(deps, asked.value.customer);
      if (named !== null && 'rejected' in named) return named;
      const run = await reconcile(deps, named === null ? { full: asked.value.full } : { customer: named });
      return ok({
        id: toWireId('recon', run.reconciliationId),
        object: 'reconciliation',
        customers: run.customers,
        compared: run.compared,
        checks: run.byCheck,
        unexplained: run.unexplained,
        stripe_reads: run.reads,
        variances: run.variances.map(shown),
      });
    },
  },
  {
    method: 'get',
    path: '/v1/variances',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(variancesQuery, request.query);
      if ('rejected' in asked) return asked;
      const { variances, hasMore } = await listVariances(deps, asked.value);
      return ok({ object: 'list', url: '/v1/variances', has_more: hasMore, data: variances.map(shown) });
    },
  },
];

function shown(variance: VarianceList['variances'][number]): object {
  return {
    id: toWireId('var', variance.varianceId),
    object: 'variance',
    customer: variance.customerId === NIL_ID ? null : toWireId('customer', variance.customerId),
    check: variance.checkName,
    class: variance.class,
    subject: variance.subject,
    ours: variance.ours,
    theirs: variance.theirs,
    unit: variance.unit,
    amount: variance.amount,
    cause: variance.cause,
    repair: variance.repair,
    state: variance.state,
    explanation: variance.explanation,
    found_at: variance.foundAt,
    last_seen_at: variance.lastSeenAt,
  };
}
