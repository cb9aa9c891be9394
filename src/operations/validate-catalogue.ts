import { lintCatalogue } from '../domain/catalogue-lint.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { Finding } from '../domain/finding.ts';
import { normalCatalogue } from '../domain/normal-catalogue.ts';
import { refuse } from '../domain/rejection.ts';
import type { Refused } from '../domain/rejection.ts';

/** The catalogue in its normal form, or every finding of the linter (`details`). Asks neither database nor Stripe. */
export function validateCatalogue(catalogue: Catalogue): { readonly catalogue: Catalogue } | Refused {
  const findings = lintCatalogue(catalogue);
  return findings.length === 0 ? { catalogue: normalCatalogue(catalogue) } : lintRefusal(findings);
}

/** One refusal for all findings. */
export function lintRefusal(findings: readonly Finding[]): Refused {
  const count = findings.length === 1 ? 'one finding' : `${findings.length} findings`;
  return refuse('lint_failed', `The catalogue has ${count}; nothing was pushed.`, { details: findings });
}
