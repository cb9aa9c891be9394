// A plan's policy as it leaves us: for programs, as Markdown, as the text of an order form, as the foot of an invoice. The
// sentences are the domain's; nothing is added to them here.
import { invoiceText, type PolicyRule } from '../domain/policy-text.ts';

export interface ReadPolicy {
  readonly plan: string;
  readonly name: string;
  /** null: read from a file that nobody has pushed. */
  readonly version: number | null;
  /** false: no longer sold; who has it keeps it. */
  readonly offered: boolean;
  readonly rules: readonly PolicyRule[];
}

/** For the API and `--json`. */
export function shownPolicy(policy: ReadPolicy) {
  return {
    object: 'policy',
    ...policy,
    order_form: orderFormText(policy),
    invoice_text: invoiceText(policy),
  };
}

/** One table row for each rule. */
export function policyMarkdown({ name, plan, version, rules }: ReadPolicy): string {
  const rows = rules.map(({ title, text }) => `| ${title} | ${text.replaceAll('|', '\\|')} |`);
  return [`# ${name}`, '', versionLine({ plan, version }), '', '| rule | what holds |', '| --- | --- |', ...rows].join(
    '\n',
  );
}

/** Numbered clauses to paste into an order form; they name the version that is sold. */
export function orderFormText({ name, plan, version, rules }: ReadPolicy): string {
  const clauses = rules.map(({ title, text }, index) => `${index + 1}. ${title}. ${text}`);
  return [`${name} – credit terms`, '', ...clauses, '', versionLine({ plan, version })].join('\n');
}

function versionLine({ plan, version }: Pick<ReadPolicy, 'plan' | 'version'>): string {
  return version === null ? `Plan ${plan}, as in the file.` : `Plan ${plan}, version ${version}.`;
}
