// What happens when credits, or payments, are missing: the sentences that must stand before they bite.
import type { Plan, ZeroBalance } from './catalogue.ts';
import { duration, listed, plural } from './phrases.ts';
import type { WrittenPlan } from './policy-text.ts';
import { groupedDecimal, moneyText, priceText } from './written-figures.ts';

/** The plan's rule, then the actions that follow another one. */
export function zeroBalanceText({ plan, words }: WrittenPlan): string {
  const { policy } = plan;
  const general: Readonly<Record<ZeroBalance, string>> = {
    block: 'When the credits run out, new work is refused; work that already runs finishes.',
    overage: 'When the credits run out, work goes on, and what it uses is overage.',
    grace: `When the credits run out, work goes on until ${groupedDecimal(policy.debtLimit)} credits are owed; then new work is refused.`,
    top_up: 'When the credits run out, a pack is bought by itself as agreed; where it cannot be, new work is refused.',
  };
  const short: Readonly<Record<ZeroBalance, string>> = {
    block: 'are refused',
    overage: 'go on as overage',
    grace: 'go on into debt',
    top_up: 'wait for the pack that is bought by itself',
  };
  const others = Map.groupBy(Object.entries(policy.zeroBalanceByAction), ([, rule]) => rule);
  const exceptions = [...others].map(
    ([rule, actions]) => `Uses of ${listed(actions.map(([action]) => `“${words[action] ?? action}”`))} ${short[rule]}.`,
  );
  const owes =
    policy.debtLimit === '0'
      ? []
      : [
          `Use that is reported after it happened is owed up to ${groupedDecimal(policy.debtLimit)} credits; the next credits pay it, and it is never billed.`,
        ];
  return [general[policy.zeroBalance], ...exceptions, ...owes].join(' ');
}

/** What is billed beyond the credits, at which price and up to where. */
export function overageText({ plan }: WrittenPlan): string {
  const { policy, pricePerCredit, currency } = plan;
  const asked = [policy.zeroBalance, ...Object.values(policy.zeroBalanceByAction)];
  if (!asked.includes('overage')) return 'There is no overage: nothing beyond the credits is ever billed.';
  const most =
    policy.overageCap === null
      ? 'without a cap, unless the customer sets one'
      : `at most ${groupedDecimal(policy.overageCap)} credits in a billing period`;
  const paydown = policy.paydown
    ? 'Credits that come later in the same period pay it first.'
    : 'Credits that come later do not pay it.';
  return `Overage costs ${priceText(pricePerCredit, currency)} a credit and is billed with the next invoice, ${most}. ${paydown}`;
}

/** What is bought without being asked for each time, and within which bounds. */
export function topUpText({ plan, packs }: WrittenPlan): string {
  const { topUp } = plan.policy;
  if (topUp === 'none') return 'Nothing is bought by itself.';
  const pack = packs.find((each) => each.pack === topUp.pack);
  const currency = pack?.currency ?? plan.currency;
  const most = moneyText(BigInt(topUp.monthlyCapMinor), currency);
  return `With the customer's recorded consent “${pack?.name ?? topUp.pack}” is bought when fewer than ${groupedDecimal(topUp.below)} credits are left: at most ${most} in a calendar month, and not again within ${duration(topUp.coolDownMinutes * 60)}.`;
}

/** What of a renewal's credits can be used while nobody has paid for them. */
export function unpaidText({ policy: { unpaid } }: Plan): string {
  if (unpaid === 'on_paid') return "A renewal's credits come when its invoice is paid.";
  const opens = "A renewal's credits are there with the period, also while its invoice is unpaid";
  if (unpaid === 'continue') return `${opens}; once the payment is given up, the pool is blocked.`;
  return `${opens}; after ${plural(unpaid.freezeAfterDays, 'day')} what is left of them freezes until it is paid.`;
}
