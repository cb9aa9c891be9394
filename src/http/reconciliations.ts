import { toWireId, wireId } from '../contract/ids.ts';
import { variancesQuery } from '../contract/lists.ts';
import { reconciliationBody } from '../contract/reconciliations.ts';
import { evidenceIdOf, shownVariance, varianceAssignment, varianceExplanation } from '../contract/variances.ts';
import { assignVariance, explainVariance } from '../operations/explain-variance.ts';
import { keepFunnel } from '../operations/finance/keep-funnel.ts';
import { listVariances } from '../operations/list-variances.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { reconcileNow } from '../operations/reconcile-now.ts';
import { actingOf } from './acting.ts';
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
      const run = await reconcileNow(deps, named === null ? { full: asked.value.full } : { customer: named });
      if ('rejected' in run) return run;
      if (named === null) await keepFunnel(deps, run.reconciliationId);
      return ok({
        id: toWireId('recon', run.reconciliationId),
        object: 'reconciliation',
        customers: run.customers,
        compared: run.compared,
        checks: run.byCheck,
        unexplained: run.unexplained,
        stripe_reads: run.reads,
        variances: run.variances.map(shownVariance),
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
      const { variances, hasMore } = await listVariances(deps, {
        ...asked.value,
        after: asked.value.starting_after ?? null,
      });
      return ok({ object: 'list', url: '/v1/variances', has_more: hasMore, data: variances.map(shownVariance) });
    },
  },
  {
    method: 'post',
    path: '/v1/variances/:id/explain',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('var'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(varianceExplanation, request.body);
      if ('rejected' in asked) return asked;
      const { note, evidence } = asked.value;
      const done = await explainVariance(deps, actingOf(request), {
        varianceId: id.value,
        note,
        evidence,
        evidenceId: evidenceIdOf(evidence),
      });
      return 'rejected' in done ? done : ok(shownVariance(done));
    },
  },
  {
    method: 'post',
    path: '/v1/variances/:id/assign',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const id = parse(wireId('var'), request.params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const asked = parse(varianceAssignment, request.body);
      if ('rejected' in asked) return asked;
      const done = await assignVariance(deps, actingOf(request), { varianceId: id.value, ...asked.value });
      return 'rejected' in done ? done : ok(shownVariance(done));
    },
  },
];
