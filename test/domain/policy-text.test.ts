import { describe, expect, test } from 'vitest';

import type { Plan, Policy } from '../../src/domain/catalogue.ts';
import { POLICY_RULES, type PolicyRuleName, policyRules } from '../../src/domain/policy-text.ts';
import { hybrid, pack10k, samplePolicy } from '../support/catalogue.ts';

const rulesOf = (change: Partial<Policy>, plan: Partial<Plan> = {}): Readonly<Record<string, string>> => {
  const content = { ...hybrid, ...plan, policy: { ...samplePolicy, ...change } };
  const words = { 'report.generate': 'a report' };
  return Object.fromEntries(
    policyRules({ plan: content, packs: [pack10k], words }).map(({ rule, text }) => [rule, text]),
  );
};

test('every rule is told once, in a fixed order, in whole sentences', () => {
  const told = policyRules({ plan: hybrid, packs: [], words: {} });
  expect(told.map(({ rule }) => rule)).toEqual(POLICY_RULES);
  expect(told.every(({ title, text }) => title !== '' && /^[A-Z].*\.$/.test(text))).toBe(true);
});

describe('in plain English', () => {
  const topUp = { pack: 'pack-10k', below: '500', monthlyCapMinor: 50_000, coolDownMinutes: 30 };
  const rollover = { capPercent: 50, capCredits: '2000', periods: 2, priority: null };
  test.for<[PolicyRuleName, Partial<Policy>, string]>([
    [
      'zero_balance',
      { zeroBalance: 'overage', zeroBalanceByAction: { 'report.generate': 'block', 'api.call': 'block' } },
      'When the credits run out, work goes on, and what it uses is overage. Uses of “a report” and “api.call” are refused.',
    ],
    [
      'zero_balance',
      { zeroBalance: 'grace', debtLimit: '20' },
      'When the credits run out, work goes on until 20 credits are owed; then new work is refused. Use that is reported after it happened is owed up to 20 credits; the next credits pay it, and it is never billed.',
    ],
    ['overage', { zeroBalance: 'block' }, 'There is no overage: nothing beyond the credits is ever billed.'],
    [
      'overage',
      { zeroBalance: 'block', zeroBalanceByAction: { 'api.call': 'overage' }, overageCap: '2000', paydown: false },
      'Overage costs USD 0.01 a credit and is billed with the next invoice, at most 2,000 credits in a billing period. Credits that come later do not pay it.',
    ],
    [
      'expiry',
      { rollover, purchasedExpiryDays: null },
      'Included credits expire at the end of their billing period, except what rolls over. Bought credits never expire.',
    ],
    [
      'rollover',
      { rollover },
      'Of included credits that are left at the end of a billing period at most 50 % of the allowance and at most 2,000 credits roll over, for 2 more periods.',
    ],
    [
      'who_may_draw',
      { whoMayDraw: 'named_members', caps: { member: { credits: '1000', window: 'month' }, agent: null } },
      'Only work of a named member may draw. Credits pay for ai, api and reports. One member may use at most 1,000 credits in a calendar month.',
    ],
    [
      'top_up',
      { topUp },
      "With the customer's recorded consent “10 000 credits” is bought when fewer than 500 credits are left: at most USD 500.00 in a calendar month, and not again within 30 minutes.",
    ],
    [
      'unpaid',
      { unpaid: { freezeAfterDays: 3 } },
      "A renewal's credits are there with the period, also while its invoice is unpaid; after 3 days what is left of them freezes until it is paid.",
    ],
    ['trial', {}, 'There is no trial.'],
    [
      'trial',
      { trial: { days: 14, credits: '500' } },
      '14 days without a fee, once per customer, with 500 credits a seat, which end with it; there is no overage in a trial.',
    ],
    [
      'notices',
      { alerts: { ...samplePolicy.alerts, thresholdsPercent: [75, 90], expiringDays: [30, 7, 1] } },
      'Notice is given when 75 and 90 % of an allowance are used; 30, 7 and 1 days before credits expire.',
    ],
  ])('%s', ([rule, change, text]) => expect(rulesOf(change)[rule]).toBe(text));

  test('a plan without a fee, in yen, for each member', () => {
    const free: Partial<Plan> = { baseAmountMinor: 0, includedCredits: '50', pricePerCredit: '1.5', currency: 'jpy' };
    expect(rulesOf({ pooling: 'member' }, free)['price']).toBe(
      'There is no fee; 50 credits a month and member are included. One credit is worth JPY 1.5.',
    );
  });
});
