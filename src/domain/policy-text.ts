// A plan's policy in plain English. Every place that tells a customer a rule (file, command, console, balance, order form,
// invoice) takes the sentence from here, so that no two of them can say different things.
import type { Catalogue, Plan } from './catalogue.ts';
import { duration, listed, plural } from './phrases.ts';
import { overageText, topUpText, unpaidText, zeroBalanceText } from './policy-text-at-zero.ts';
import { groupedDecimal, moneyText, priceText } from './written-figures.ts';

export const POLICY_RULES = [
  'price',
  'zero_balance',
  'overage',
  'expiry',
  'rollover',
  'pooling',
  'who_may_draw',
  'seats',
  'transfers',
  'top_up',
  'unpaid',
  'trial',
  'plan_change',
  'cancellation',
  'holds',
  'late_use',
  'exceptions',
  'notices',
] as const;
export type PolicyRuleName = (typeof POLICY_RULES)[number];

export interface PolicyRule {
  readonly rule: PolicyRuleName;
  readonly title: string;
  /** Whole sentences. */
  readonly text: string;
}

/** The three that must be in writing before a launch, and on every invoice. */
export const RULES_IN_WRITING = ['overage', 'expiry', 'rollover'] as const satisfies readonly PolicyRuleName[];

/** The rules that must be in writing, short enough for the foot of an invoice. */
export function invoiceText({ rules }: { readonly rules: readonly PolicyRule[] }): string {
  const written = new Set<string>(RULES_IN_WRITING);
  return rules
    .filter(({ rule }) => written.has(rule))
    .map(({ title, text }) => `${title}: ${text}`)
    .join(' ');
}

/** A plan with what its sentences refer to: packs by their names, actions by the words for customers. */
export interface WrittenPlan {
  readonly plan: Plan;
  readonly packs: Catalogue['packs'];
  readonly words: Readonly<Record<string, string>>;
}

const TITLES: Readonly<Record<PolicyRuleName, string>> = {
  price: 'What it costs and includes',
  zero_balance: 'When the credits run out',
  overage: 'Overage',
  expiry: 'Expiry',
  rollover: 'Rollover',
  pooling: 'Pooling',
  who_may_draw: 'Who may draw',
  seats: 'Seats',
  transfers: 'Transfers',
  top_up: 'Automatic top-up',
  unpaid: 'Unpaid invoices',
  trial: 'Trial',
  plan_change: 'Changing to this plan',
  cancellation: 'Cancelling',
  holds: 'Work that runs',
  late_use: 'Late use',
  exceptions: 'Mistakes and exceptions',
  notices: 'Notices',
};

/** Every rule of a plan, in the order in which people ask for them. */
export function policyRules(written: WrittenPlan): readonly PolicyRule[] {
  return POLICY_RULES.map((rule) => ({ rule, title: TITLES[rule], text: TEXTS[rule](written) }));
}

type Tell = (written: WrittenPlan) => string;

const TEXTS: Readonly<Record<PolicyRuleName, Tell>> = {
  price: ({ plan }) =>
    [feeText(plan), `One credit is worth ${priceText(plan.pricePerCredit, plan.currency)}.`].join(' '),
  zero_balance: zeroBalanceText,
  overage: overageText,
  expiry: ({ plan }) => expiryText(plan),
  rollover: ({ plan }) => rolloverText(plan),
  pooling: ({ plan }) =>
    plan.policy.pooling === 'customer'
      ? 'All credits of a customer are one pool that everybody there shares.'
      : 'Each member has a pool of his own with the included credits; bought credits go into the pool of the customer.',
  who_may_draw: ({ plan }) => whoMayDrawText(plan),
  seats: ({ plan }) =>
    plan.policy.seats.add === 'prorated'
      ? 'A seat that is added in mid-period brings its share of the credits at once; one that is removed keeps them until the renewal.'
      : 'A seat that is added in mid-period brings its credits with the next period.',
  transfers: ({ plan }) =>
    plan.policy.transfers === 'none'
      ? 'Credits cannot be moved to another pool or to another customer.'
      : 'Credits may be moved between the pools of one customer, never to another customer.',
  top_up: topUpText,
  unpaid: ({ plan }) => unpaidText(plan),
  trial: ({ plan }) => trialText(plan),
  plan_change: ({ plan }) =>
    plan.policy.planChange === 'at_once'
      ? 'Who changes to this plan in mid-period gets its credits at once, and what was left of the included ones before ends.'
      : 'Who changes to this plan in mid-period keeps what is left, and gets its credits with the next period.',
  cancellation: ({ plan }) =>
    `Included credits end with the subscription. Bought credits ${plan.policy.cancel.purchased === 'keep' ? 'stay for the next one' : 'end with it, too'}.`,
  holds: ({ plan }) => holdsText(plan),
  late_use: ({ plan }) => lateUseText(plan),
  exceptions: ({ plan }) => exceptionsText(plan),
  notices: ({ plan }) => noticesText(plan),
};

function feeText({ baseAmountMinor, currency, interval, includedCredits, creditsEvery, policy }: Plan): string {
  const fee =
    baseAmountMinor === 0
      ? 'There is no fee'
      : `${moneyText(BigInt(baseAmountMinor), currency)} a ${interval} and seat`;
  if (includedCredits === '0') return `${fee}; no credits are included.`;
  const whose = policy.pooling === 'member' ? 'member' : 'seat';
  return `${fee}; ${groupedDecimal(includedCredits)} credits a ${creditsEvery} and ${whose} are included.`;
}

function expiryText({ policy, includedCredits }: Plan): string {
  const rolls = policy.rollover === 'none' ? '' : ', except what rolls over';
  const included =
    policy.includedExpiry === 'never'
      ? 'Included credits never expire.'
      : `Included credits expire at the end of their billing period${rolls}.`;
  const days = policy.purchasedExpiryDays;
  const bought =
    days === null ? 'Bought credits never expire.' : `Bought credits expire ${plural(days, 'day')} after payment.`;
  return includedCredits === '0' ? bought : `${included} ${bought}`;
}

function rolloverText({ policy: { rollover } }: Plan): string {
  if (rollover === 'none') return 'Credits do not roll over into another billing period.';
  const caps = [
    ...(rollover.capPercent === null ? [] : [`${rollover.capPercent} % of the allowance`]),
    ...(rollover.capCredits === null ? [] : [`${groupedDecimal(rollover.capCredits)} credits`]),
  ];
  const most = caps.length === 0 ? 'all of it rolls' : `at most ${caps.join(' and at most ')} roll`;
  return `Of included credits that are left at the end of a billing period ${most} over, for ${plural(rollover.periods, 'more period')}.`;
}

function whoMayDrawText({ policy: { whoMayDraw, caps }, features }: Plan): string {
  const who =
    whoMayDraw === 'named_members'
      ? 'Only work of a named member may draw.'
      : 'Anyone may draw whom the application lets in.';
  const bounds = (['member', 'agent'] as const).flatMap((scope) => {
    const cap = caps[scope];
    const window = cap?.window === 'period' ? 'billing period' : `calendar ${cap?.window}`;
    return cap === null ? [] : [`One ${scope} may use at most ${groupedDecimal(cap.credits)} credits in a ${window}.`];
  });
  return [who, `Credits pay for ${listed(features)}.`, ...bounds].join(' ');
}

function trialText({ policy: { trial } }: Plan): string {
  if (trial === 'none') return 'There is no trial.';
  return `${plural(trial.days, 'day')} without a fee, once per customer, with ${groupedDecimal(trial.credits)} credits a seat, which end with it; there is no overage in a trial.`;
}

function holdsText({ policy: { hold } }: Plan): string {
  const excess = {
    allow: 'What it uses beyond them is used like any other credits.',
    clip: 'What it uses beyond them is not charged.',
    refuse: 'It cannot use more than it reserved.',
  }[hold.excess];
  return `Credits that are reserved for work are given back after ${duration(hold.ttlSeconds)} if nothing claims them. ${excess}`;
}

function lateUseText({ policy: { lateUsage, eventCreditsMax } }: Plan): string {
  const late =
    lateUsage === 'next_period'
      ? 'Use that is reported after the end of its billing period counts in the next one.'
      : 'Use that is reported after the end of its billing period is refused.';
  if (eventCreditsMax === null) return late;
  return `${late} A single use of more than ${groupedDecimal(eventCreditsMax)} credits is taken for a mistake and refused.`;
}

function exceptionsText({ policy: { reversals } }: Plan): string {
  return [
    'Mistakes are put right by a written case with its evidence, and credits go back to where they came from.',
    'Of bought credits the unspent part can be refunded.',
    reversals.creditedFee === 'keep'
      ? 'A credit note on the fee leaves its credits.'
      : 'A credit note on the fee takes its share of the unspent credits back.',
    reversals.lostDispute === 'write_off'
      ? 'A payment that is taken back by the bank ends its unspent credits.'
      : 'A payment that is taken back by the bank ends its unspent credits, and the spent ones are owed.',
    reversals.voidedInvoice === 'keep_consumed'
      ? 'An invoice that is voided ends its unspent credits; what was used stays used.'
      : 'An invoice that is voided ends its unspent credits and undoes the use that it billed.',
  ].join(' ');
}

function noticesText({ policy: { alerts } }: Plan): string {
  const { thresholdsPercent: percents, expiringDays, runawayFactor, silenceHours, daysLeft } = alerts;
  const notices = [
    ...(percents.length === 0 ? [] : [`when ${listed(percents.map(String))} % of an allowance are used`]),
    ...(expiringDays.length === 0 ? [] : [`${listed(expiringDays.map(String))} days before credits expire`]),
    ...(daysLeft === null ? [] : [`when the balance lasts ${plural(daysLeft, 'day')} at the present pace`]),
    ...(runawayFactor === null ? [] : [`when an hour uses ${runawayFactor} times the usual`]),
    ...(silenceHours === null ? [] : [`when nothing is used for ${plural(silenceHours, 'hour')}`]),
  ];
  return notices.length === 0 ? 'No notices are sent.' : `Notice is given ${notices.join('; ')}.`;
}
