import { describe, expect, test } from 'vitest';

import { type ApprovalRules, exceededLimits, type Given, refusedApprover } from '../../src/domain/approval.ts';
import type { CasePreview } from '../../src/domain/case-preview.ts';
import { customerText } from '../../src/domain/case-text.ts';
import { missingEvidence, NO_EVIDENCE } from '../../src/domain/case.ts';
import { refusedText } from '../../src/domain/free-text.ts';
import { may, ROLES, rolesOfScopes, rolesWith } from '../../src/domain/operator.ts';
import { SCOPES } from '../../src/domain/scope.ts';

const credits = (count: number): bigint => BigInt(count) * 1_000_000n;

const rules: ApprovalRules = {
  version: 1,
  approvals: 'two_people',
  creditsItem: credits(250),
  creditsDay: credits(1_000),
  goodwillMonth: credits(2_000),
  money: { usd: { itemMinor: 5_000n, dayMinor: 20_000n } },
};
const nothing = { dayMicro: 0n, dayMinor: 0n, goodwillMicro: 0n };
const usd = (moneyMinor: bigint): Given => given({ moneyMinor, currency: 'usd' });

function given(more: Partial<Given>): Given {
  return { kind: 'goodwill', creditsMicro: 0n, moneyMinor: 0n, currency: null, ...more };
}

describe('a second person is needed', () => {
  const small = given({ creditsMicro: credits(250) });
  const one = given({ creditsMicro: credits(1) });
  const usedUp = { ...nothing, goodwillMicro: credits(2_000) };

  test.for([
    ['not for what the limit says', small, nothing, []],
    ['for a micro-credit more', given({ creditsMicro: credits(250) + 1n }), nothing, ['credits_item']],
    ['for the fifth of the day', small, { ...nothing, dayMicro: credits(751) }, ['credits_day']],
    ['for goodwill past the month', one, usedUp, ['goodwill_month']],
    ['not for other kinds past it', { ...one, kind: 'duplicate_usage' }, usedUp, []],
    ['not for $50.00', usd(5_000n), nothing, []],
    ['for $50.01', usd(5_001n), nothing, ['money_item']],
    ['for a fifth $50.00', usd(5_000n), { ...nothing, dayMinor: 15_001n }, ['money_day']],
    ['for a currency without a limit', { ...usd(1n), currency: 'jpy' }, nothing, ['money_item', 'money_day']],
  ] as const)('%s', ([, asked, before, limits]) => {
    expect(exceededLimits(rules, asked, before).map(({ name }) => name)).toEqual(limits);
  });

  test('and the sentence says how much is too much, in money as people write it', () => {
    const [limit] = exceededLimits(rules, usd(12_345n), nothing);
    expect(limit?.sentence).toBe('USD 123.45 is more than the USD 50.00 that one person may give in one case');
    const overdrawn = { ...nothing, goodwillMicro: credits(3_000) };
    const [budget] = exceededLimits(rules, one, overdrawn);
    expect(budget?.sentence).toBe("1 credits are more than the 0 that are left of this month's goodwill budget");
  });

  test('who neither opened nor submitted it', () => {
    const asked = { openedBy: 'a', requester: 'b' };
    const answers = ['a', 'b', 'c'].map((who) => refusedApprover(asked, who)?.rejected.code ?? 'may');
    expect(answers).toEqual(['own_request', 'own_request', 'may']);
  });
});

test('who asks does not agree by the same role, and keys ask but never agree', () => {
  expect(rolesWith('case.read')).toEqual(ROLES);
  expect(rolesWith('case.request')).toEqual(['support', 'finance', 'owner']);
  expect(rolesWith('case.approve')).toEqual(['approver', 'owner']);
  for (const permission of ['case.override', 'rules.change', 'operator.change'] as const) {
    expect(rolesWith(permission)).toEqual(['owner']);
  }
  for (const permission of ['case.approve', 'case.override', 'rules.change', 'operator.change'] as const) {
    expect(may(rolesOfScopes(SCOPES), permission)).toBe(false);
  }
  expect(rolesOfScopes(['ingest'])).toEqual([]);
});

test.for([
  ['4242424242424242', 'card_number'],
  ['378282246310005', 'card_number'],
  ['4242 4242 4242 4241', 'kept'],
  ['1234567890123', 'kept'],
  ['42424242424242424242424242', 'kept'],
  ['\u2066SUP-1', 'invalid_request'],
] as const)('the text %s: %s', ([text, outcome]) => {
  expect(refusedText(text, 'ticket', 200)?.rejected.code ?? 'kept').toBe(outcome);
});

test('blank text is no evidence', () => {
  expect(missingEvidence('goodwill', null, { ...NO_EVIDENCE, ticket: '  ' })).toEqual(['ticket']);
});

test('the customer reads what happened, in figures, and nothing of what did not', () => {
  const none = { given: '0', restored: '0', overage: '0', debt: '0', unfunded: '0', byMoney: '0', granted: '0' };
  const credited = { ...none, clawedBack: '0', takenBack: '0' };
  const money: CasePreview['money'] = {
    invoice: 'in_1',
    currency: 'jpy',
    totalMinor: '1500',
    taxMinor: '0',
    reducesDueMinor: '500',
    givenBackMinor: '1000',
    settlement: 'out_of_band',
    lines: [],
    previewHash: 'x',
  };
  expect(customerText('goodwill', { money: null, credits: { ...credited, granted: '50' } }, null)).toBe(
    'We are sorry for the trouble. 50 credits were added to your balance.',
  );
  const all = { ...none, restored: '1', overage: '2', debt: '3', unfunded: '4', clawedBack: '5', takenBack: '6' };
  expect(customerText('billing_error', { money, credits: all }, 'out_of_band')).toBe(
    'There was a mistake on your invoice. JPY 500 is taken off what you still have to pay. ' +
      'JPY 1000 is paid back to you outside of the invoice. 1 credits are back in your balance. ' +
      '2 credits of overage will not be billed. 3 credits that you owed are settled. ' +
      '4 credits of usage need not be paid. 5 unspent credits ended with it. ' +
      '6 credits that were added by mistake were removed.',
  );
});
