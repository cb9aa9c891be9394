// Names on uses and bills over three months, beside a registry that watches models and keys.
import { describe, expect, test } from 'vitest';

import { type NamedUse, toldCost, unregisteredOf } from '../../src/domain/health-pack/unregistered.ts';
import type { RegisteredUse } from '../../src/domain/shadow.ts';

const MONTHS = ['2026-04', '2026-05', '2026-06'] as const;
const entry = (
  kind: RegisteredUse['kind'],
  name: string,
  state: RegisteredUse['state'] = 'registered',
): RegisteredUse => ({
  kind,
  name,
  state,
  owner: 'ada',
  reason: 'known',
  changedBy: 'ada',
  changedAt: new Date(0),
});
const REGISTRY = [entry('model', 'text-*'), entry('model', 'banned-1', 'blocked'), entry('member', 'bob', 'blocked')];
const use = (name: string, month: string, more: Partial<NamedUse> = {}): NamedUse => ({
  kind: 'model',
  name,
  month,
  via: 'usage',
  uses: 1,
  currency: 'usd',
  cost: 5n,
  firstAt: new Date(`${month}-10T00:00:00Z`),
  customerId: `of ${month}`,
  ...more,
});

describe('what nobody answers for', () => {
  test('has its months, its first day and whose use it was then; only what the last month names is told', () => {
    const named = [
      use('new-1', '2026-06', { uses: 3, cost: 9n }),
      use('new-1', '2026-04', { currency: null, cost: 0n }),
      use('gone-1', '2026-05'),
      use('text-9', '2026-06'),
    ];
    expect(unregisteredOf(REGISTRY, named, MONTHS)).toEqual([
      {
        kind: 'model',
        name: 'new-1',
        state: 'open',
        owner: null,
        firstSeenAt: new Date('2026-04-10T00:00:00Z'),
        customerId: 'of 2026-04',
        uses: 3,
        costs: [{ via: 'usage', currency: 'usd', cost: 9n }],
        months: [
          { month: '2026-04', uses: 1, costs: [] },
          { month: '2026-05', uses: 0, costs: [] },
          { month: '2026-06', uses: 3, costs: [{ via: 'usage', currency: 'usd', cost: 9n }] },
        ],
      },
    ]);
    expect(unregisteredOf(REGISTRY, named, [])).toEqual([]);
  });

  test.for<[string, NamedUse, readonly [string, string | null][]]>([
    [
      'a blocked name that was used all the same is told with who blocked it',
      use('banned-1', '2026-06'),
      [['blocked', 'ada']],
    ],
    ['also of a kind of which nothing is registered', use('bob', '2026-06', { kind: 'member' }), [['blocked', 'ada']]],
    ['a name of a kind that nobody watches is not', use('ana', '2026-06', { kind: 'member' }), []],
    ['a name on a bill alone is', use('new-2', '2026-06', { via: 'provider_bill', uses: 0 }), [['open', null]]],
  ])('%s', ([, named, told]) => {
    expect(unregisteredOf(REGISTRY, [named], MONTHS).map(({ state, owner }) => [state, owner])).toEqual(told);
  });

  test('costs what uses said in the currency that most of it is in, else what the bill asked for', () => {
    const cost = (via: NamedUse['via'], currency: string, of: bigint) => ({ via, currency, cost: of });
    const [few, many, equal] = [cost('usage', 'eur', 1n), cost('usage', 'usd', 2n), cost('usage', 'gbp', 2n)];
    const bill = cost('provider_bill', 'usd', 9n);
    expect(toldCost({ costs: [bill, few, many, equal] })).toBe(many);
    expect(toldCost({ costs: [many, few] })).toBe(many);
    expect(toldCost({ costs: [bill] })).toBe(bill);
    expect(toldCost({ costs: [] })).toBeNull();
  });
});
