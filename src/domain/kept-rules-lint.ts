// A rule that is written down must be kept. The form of a policy has room for rules that this version does not keep
// yet; the linter refuses them, so that nobody relies on one. Whoever builds a rule takes its line out of here.
import type { Policy } from './catalogue.ts';
import type { Finding } from './finding.ts';

interface NotKept {
  readonly rule: string;
  readonly isAsked: (policy: Policy) => boolean;
  readonly instead: string;
}

const NOT_KEPT: readonly NotKept[] = [
  { rule: 'gate', isAsked: ({ gate }) => gate === 'release', instead: "gate: 'hold'" },
];

/** One finding for each rule that this version would not keep. */
export function* lintKeptRules(policy: Policy, path: string): Iterable<Finding> {
  for (const { rule, isAsked, instead } of NOT_KEPT) {
    if (!isAsked(policy)) continue;
    yield {
      path: `${path}.${rule}`,
      code: 'rule_not_kept',
      message: 'This version of Creditpool does not keep that rule yet.',
      fix: `Write ${instead}.`,
    };
  }
}
