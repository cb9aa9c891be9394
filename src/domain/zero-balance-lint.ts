import { parseCredits } from './amount.ts';
import type { Catalogue, Plan, TopUpRule, ZeroBalance } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintCredits, lintRange } from './number-lint.ts';

/** What happens at zero, for all actions and for some: rules that have what they need, and that something follows. */
export function* lintZeroBalance(catalogue: Catalogue, plan: Plan, path: string): Iterable<Finding> {
  const { policy } = plan;
  const asked = new Set<ZeroBalance>([policy.zeroBalance, ...Object.values(policy.zeroBalanceByAction)]);
  yield* lintByAction(catalogue, plan, `${path}.zeroBalanceByAction`);
  yield* lintCredits(`${path}.debtLimit`, policy.debtLimit);
  if (policy.overageCap !== null) yield* lintOverageCap(policy.overageCap, asked, `${path}.overageCap`);
  if (asked.has('grace') && parseCredits(policy.debtLimit) === 0n) {
    yield {
      path: `${path}.debtLimit`,
      code: 'contradiction',
      message: 'Grace is a bounded debt, and the bound is 0.',
      fix: "Write a debtLimit above 0, or zeroBalance: 'block'.",
    };
  }
  if (policy.topUp !== 'none') {
    yield* lintTopUp(catalogue, plan, policy.topUp, `${path}.topUp`);
  } else if (asked.has('top_up')) {
    yield {
      path: `${path}.topUp`,
      code: 'contradiction',
      message: "zeroBalance 'top_up' buys a pack, and topUp names none.",
      fix: "Write topUp: { pack, below, monthlyCapMinor, coolDownMinutes }, or zeroBalance: 'block'.",
    };
  }
}

function* lintByAction({ burnTable }: Catalogue, plan: Plan, path: string): Iterable<Finding> {
  for (const [action, rule] of Object.entries(plan.policy.zeroBalanceByAction)) {
    const rows = burnTable.filter((row) => row.action === action);
    if (!rows.some(({ feature }) => plan.features.includes(feature))) {
      yield {
        path: `${path}.${action}`,
        code: 'unknown_action',
        message: `${JSON.stringify(action)} is no action that ${plan.plan} allows.`,
        fix: "Write an action of the burn table whose feature is among the plan's.",
      };
    } else if (rule === plan.policy.zeroBalance) {
      yield {
        path: `${path}.${action}`,
        code: 'duplicate',
        message: `${action} follows zeroBalance '${rule}' anyway.`,
        fix: 'Remove it.',
      };
    }
  }
}

function* lintOverageCap(cap: string, asked: ReadonlySet<ZeroBalance>, path: string): Iterable<Finding> {
  yield* lintCredits(path, cap);
  if (!asked.has('overage')) {
    yield {
      path,
      code: 'contradiction',
      message: `There is no overage to cap when zeroBalance is ${[...asked].map((rule) => `'${rule}'`).join(' or ')}.`,
      fix: "Write overageCap: null, or zeroBalance: 'overage'.",
    };
  } else if (parseCredits(cap) === 0n) {
    yield {
      path,
      code: 'contradiction',
      message: 'Overage is allowed up to nothing.',
      fix: "Write zeroBalance: 'block', or a cap above 0.",
    };
  }
}

function* lintTopUp({ packs }: Catalogue, plan: Plan, rule: TopUpRule, path: string): Iterable<Finding> {
  yield* lintCredits(`${path}.below`, rule.below);
  yield* lintRange(`${path}.coolDownMinutes`, rule.coolDownMinutes, [1, 10_080]);
  const pack = packs.find(({ pack: key, currency }) => key === rule.pack && currency === plan.currency);
  if (pack === undefined) {
    yield {
      path: `${path}.pack`,
      code: 'unknown_pack',
      message: `No pack in ${plan.currency} is called ${JSON.stringify(rule.pack)}.`,
      fix: 'Write the key of a pack in the currency of the plan.',
    };
  } else if (rule.monthlyCapMinor < pack.amountMinor) {
    yield {
      path: `${path}.monthlyCapMinor`,
      code: 'contradiction',
      message: `One ${pack.pack} costs ${pack.amountMinor} minor units, more than the cap of a month.`,
      fix: `Write a cap of ${pack.amountMinor} or more.`,
    };
  }
}
