import type { PlanPolicy } from '../../operations/read-policy.ts';
import { a, type Children, dd, div, dl, dt, type Markup, p } from '../markup.ts';
import { crumbs, heading, tag } from '../parts.ts';

/** A plan's rules as a buyer reads them before he buys. */
export function planPage({ plan, name, version, offered, rules }: PlanPolicy, base: string): Children {
  return [
    crumbs(base, ['What things cost', '/burn-table']),
    heading(name, offered ? null : tag('No longer sold', 'warn')),
    p(
      { class: 'lead' },
      `Plan ${plan}, version ${version}. Who buys it keeps these rules; a new version is for who comes later.`,
    ),
    policyMatrix(rules),
    p(null, a({ href: `${base}/burn-table` }, 'What things cost in credits')),
  ];
}

/** Each rule with its sentence. */
export function policyMatrix(rules: PlanPolicy['rules']): Markup {
  return dl(
    { class: 'policy' },
    ...rules.map(({ rule, title, text }) => div({ 'data-rule': rule }, dt(null, title), dd(null, text))),
  );
}
