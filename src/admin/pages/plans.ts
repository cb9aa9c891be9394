// Plans as they are sold, each with its rules in the words that customers read.
import { orderFormText } from '../../contract/policies.ts';
import { listPolicies, type PlanPolicy, readPolicy } from '../../operations/read-policy.ts';
import type { ConsoleContext } from '../console-context.ts';
import { siteOf } from '../ids.ts';
import { a, details, p, pre, summary } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { crumbs, empty, heading, panel, rows, tag } from '../parts.ts';
import { policyMatrix } from '../public/plan-page.ts';

export const planPages: readonly PageRoute[] = [
  { method: 'get', path: '/plans', permission: 'case.read', answer: listPlans },
  { method: 'get', path: '/plans/:plan', permission: 'case.read', answer: showPlan },
];

async function listPlans({ deps }: ConsoleContext, { base }: PageRequest): Promise<PageAnswer> {
  const policies = await listPolicies(deps);
  return {
    title: 'Plans',
    at: '/plans',
    body: [
      heading('Plans'),
      p(
        { class: 'lead' },
        a({ href: `${base}/launch` }, 'Launch ladder and gate'),
        ' · ',
        a({ href: `${base}/migrations` }, 'Moves between plans'),
        ' · ',
        a({ href: siteOf(base, '/burn-table') }, 'What customers read'),
      ),
      policies.length === 0
        ? empty('Nothing was pushed yet: creditpool plan push.')
        : panel(
            'Plans and their versions',
            rows<PlanPolicy>(
              'Plans',
              [
                {
                  name: 'Plan',
                  show: ({ plan, name, version }) => a({ href: `${base}/plans/${plan}?version=${version}` }, name),
                },
                { name: 'Version', numeric: true, show: ({ version }) => String(version) },
                { name: 'State', show: ({ offered }) => (offered ? tag('sold', 'good') : tag('kept by who has it')) },
              ],
              policies,
            ),
          ),
    ],
  };
}

async function showPlan({ deps }: ConsoleContext, { base, params, query }: PageRequest): Promise<PageAnswer> {
  const version = /^\d{1,6}$/.test(query.get('version') ?? '') ? Number(query.get('version')) : null;
  const policy = await readPolicy(deps, { plan: params['plan'] ?? '', version });
  if ('rejected' in policy) return policy;
  return {
    title: policy.name,
    at: '/plans',
    body: [
      crumbs(base, ['Plans', '/plans']),
      heading(
        `${policy.name}, version ${policy.version}`,
        policy.offered ? tag('sold', 'good') : tag('no longer sold', 'warn'),
      ),
      policyMatrix(policy.rules),
      details(
        null,
        summary(null, 'Text for the order form'),
        pre({ class: 'letter', tabIndex: 0 }, orderFormText(policy)),
      ),
      p(null, a({ href: siteOf(base, `/plans/${policy.plan}`) }, 'The page that customers see')),
    ],
  };
}
