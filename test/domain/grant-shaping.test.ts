import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { boundary } from '../../src/domain/billing-period.ts';
import { creditPrice, worthHalfUp } from '../../src/domain/credit-price.ts';
import {
  type GrantState,
  type LotNeed,
  type PeriodNeed,
  type Shaping,
  type ShapingInput,
  shapeGrants,
  wantedMinor,
} from '../../src/domain/grant-shaping.ts';
import { decideCycle } from '../../src/domain/settlement.ts';

const CREDIT = 1_000_000n;
const ANCHOR = new Date('2026-04-01T00:00:00Z');
const cent = creditPrice('usd', { numerator: 1n, denominator: 100n });
const at = (day: string) => new Date(`2026-${day}Z`);

const april: PeriodNeed = { startsAt: at('04-01T00:00:00'), endsAt: at('05-01T00:00:00'), paidMicro: 0n };
const may: PeriodNeed = { startsAt: at('05-01T00:00:00'), endsAt: at('06-01T00:00:00'), paidMicro: 0n };

function lot(lotId: string, credits: bigint, more: Partial<LotNeed> = {}): LotNeed {
  return {
    lotId,
    category: 'paid',
    priority: 50,
    effectiveAt: at('04-01T00:00:00'),
    expiresAt: at('05-01T00:00:00'),
    leftMicro: credits * CREDIT,
    isCovered: false,
    ...more,
  };
}

function grant(creditGrantId: string, leftMinor: bigint, more: Partial<GrantState> = {}): GrantState {
  return {
    creditGrantId,
    category: 'paid',
    priority: 50,
    effectiveAt: at('04-01T00:00:01'),
    backstopAt: at('06-01T00:00:00'),
    leftMinor,
    ...more,
  };
}

function shape(more: Partial<ShapingInput>): Shaping {
  const input = {
    price: cent,
    anchor: ANCHOR,
    interval: 'month',
    lots: [],
    periods: [april],
    grants: [],
    now: at('04-10T00:00:00'),
  } as const;
  return shapeGrants({ ...input, ...more });
}

describe('what is created', () => {
  test('a lot at the period’s first instant takes effect a second later, and may end when the next period has', () => {
    expect(shape({ lots: [lot('included', 10_000n)], now: at('04-01T00:00:00') }).create).toEqual([
      {
        amountMinor: 10_000n,
        category: 'paid',
        priority: 50,
        effectiveAt: at('04-01T00:00:01'),
        backstopAt: at('06-01T00:00:00'),
        lotIds: ['included'],
      },
    ]);
  });

  test('lots of the same terms share a grant, others have their own, and a lot without an end has none', () => {
    const { create } = shape({
      lots: [
        lot('gift', 5n, { category: 'promotional', priority: 10 }),
        lot('a', 100n),
        lot('b', 50n),
        lot('pack', 7n, { expiresAt: null }),
        lot('june pack', 9n, { expiresAt: at('06-15T00:00:00') }),
      ],
    });
    expect(create.map(({ amountMinor, lotIds, backstopAt }) => [amountMinor, lotIds.join('+'), backstopAt])).toEqual([
      [5n, 'gift', at('06-01T00:00:00')],
      [150n, 'a+b', at('06-01T00:00:00')],
      [7n, 'pack', null],
      [9n, 'june pack', at('08-01T00:00:00')],
    ]);
  });

  test('fractions are rounded up once, not per lot', () => {
    const lots = [lot('a', 0n, { leftMicro: 300_000n }), lot('b', 0n, { leftMicro: 300_000n, expiresAt: null })];
    expect(shape({ lots }).create.map(({ amountMinor }) => amountMinor)).toEqual([1n]);
  });

  test('what lots paid in a period that is not final is wanted too: Stripe takes it only with the invoice', () => {
    const drawn = { ...april, paidMicro: 9_000n * CREDIT };
    const still = {
      lots: [lot('included', 1_000n, { isCovered: true })],
      periods: [drawn],
      grants: [grant('g', 10_000n)],
    };
    expect(shape(still)).toEqual({ create: [], end: [], move: [], waitsForBarrier: false });
  });
});

describe('what is ended', () => {
  test('too much is ended, what ends soonest first, and the rest of a grant is given anew before', () => {
    const { create, end } = shape({
      lots: [lot('pack', 300n, { isCovered: true, expiresAt: null })],
      grants: [grant('pack', 1_000n, { backstopAt: null }), grant('gone', 200n)],
    });
    expect(end).toEqual(['gone', 'pack']);
    expect(create).toMatchObject([{ amountMinor: 300n, backstopAt: null, effectiveAt: at('04-10T00:00:00') }]);
  });

  test('a single minor unit that is still wanted is given anew', () => {
    const { create, end } = shape({
      lots: [lot('a', 1n, { isCovered: true })],
      grants: [grant('g', 101n), grant('h', 200n)],
    });
    expect(end).toEqual(['g', 'h']);
    expect(create).toMatchObject([{ amountMinor: 1n }]);
    expect(shape({ lots: [lot('a', 1n, { isCovered: true })], grants: [grant('g', 2n)] })).toMatchObject({
      create: [{ amountMinor: 1n }],
      end: ['g'],
    });
  });

  test('nothing is ended between a period’s end and its invoice', () => {
    const wanted = { lots: [], grants: [grant('g', 3_000n)], now: at('05-01T00:50:00') };
    expect(shape(wanted)).toEqual({ create: [], end: [], move: [], waitsForBarrier: true });
    expect(shape({ ...wanted, periods: [may] }).end).toEqual(['g']);
  });

  test('many small grants become one of the same worth, and never near a hundred are open', () => {
    const late = { backstopAt: at('07-01T00:00:00') };
    const grants = Array.from({ length: 70 }, (_, index) =>
      grant(`g${index}`, BigInt(index + 1), index === 1 ? late : {}),
    );
    const worth = grants.reduce((sum, { leftMinor }) => sum + leftMinor, 0n);
    const { create, end } = shape({ lots: [lot('a', worth, { isCovered: true })], grants });
    expect(end).toHaveLength(40);
    expect(create).toMatchObject([{ amountMinor: 820n, ...late }]);
  });
});

test('grants that are not in force yet are left alone', () => {
  const soon = { effectiveAt: at('04-10T00:00:01') };
  const grants = Array.from({ length: 61 }, (_, index) => grant(`g${index}`, 1n, soon));
  expect(shape({ lots: [lot('a', 61n, { isCovered: true })], grants })).toMatchObject({ create: [], end: [] });
});

test('credits cannot be priced in a currency that Stripe does not know', () => {
  expect(() => creditPrice('xyz', { numerator: 1n, denominator: 100n })).toThrow('xyz is not a currency');
});

describe('backstops', () => {
  test('a leftover that must pay later is kept longer; as much of it as is needed', () => {
    const lots = [lot('pack', 150n, { isCovered: true, expiresAt: at('06-10T00:00:00') })];
    const grants = [grant('a', 100n), grant('b', 50n, { backstopAt: at('08-01T00:00:00') })];
    expect(shape({ lots, grants, periods: [may], now: at('05-10T00:00:00') }).move).toEqual([
      { creditGrantId: 'a', backstopAt: at('08-01T00:00:00') },
    ]);
  });

  test('B3: while we are away, a leftover of April does not outlive it', () => {
    const lots = [
      lot('april', 3_000n, { isCovered: true }),
      lot('may', 10_000n, { effectiveAt: may.startsAt, expiresAt: may.endsAt }),
    ];
    const shaped = shape({
      lots,
      grants: [grant('april', 10_000n)],
      periods: [{ ...april, paidMicro: 7_000n * CREDIT }, may],
      now: at('05-01T00:00:00'),
    });
    expect(shaped.move).toEqual([]);
    expect(shaped.create).toMatchObject([{ amountMinor: 10_000n, effectiveAt: at('05-01T00:00:01') }]);
  });

  test('a draft that stays open keeps what it may take', () => {
    const drawn = { ...april, paidMicro: 100n * CREDIT };
    const { move } = shape({ periods: [drawn], grants: [grant('a', 100n)], now: at('05-30T00:00:00') });
    expect(move).toEqual([{ creditGrantId: 'a', backstopAt: at('06-03T00:00:00') }]);
  });
});

describe('a year of a pool', () => {
  test('each invoice asks for the overage, a minor unit less at most, and open grants fit the lots after it', () => {
    fc.assert(fc.property(fc.array(monthly, { minLength: 1, maxLength: 5 }), liveThrough), { numRuns: 300 });
  });
});

type Step =
  | { readonly kind: 'burn' | 'pack' | 'forever' | 'clawback'; readonly credits: bigint }
  | { readonly kind: 'trueUp' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('burn', 'burn', 'pack', 'forever', 'clawback'),
    credits: fc.bigInt({ min: 1n, max: 900n * CREDIT }),
  }),
  fc.record({ kind: fc.constant('trueUp') }),
);
const monthly = fc.record({ before: fc.array(step, { maxLength: 8 }), inDraft: fc.array(step, { maxLength: 4 }) });

/** The ledger and Stripe's grants side by side; Stripe takes from grants only when an invoice is final. */
function liveThrough(months: readonly { readonly before: readonly Step[]; readonly inDraft: readonly Step[] }[]): void {
  let lots: LotNeed[] = [];
  let grants: GrantState[] = [];
  let periods: (PeriodNeed & { overage: bigint })[] = [];
  let now = ANCHOR;
  let ids = 0;

  const openLot = (leftMicro: bigint, expiresAt: Date | null): void => {
    lots.push(lot(`lot${(ids += 1)}`, 0n, { leftMicro, effectiveAt: now, expiresAt }));
  };
  const trueUp = (): void => {
    const input = { price: cent, anchor: ANCHOR, interval: 'month', lots, periods, grants, now } as const;
    const shaping = shapeGrants(input);
    for (const wanted of shaping.create)
      grants.push({ ...wanted, creditGrantId: `g${(ids += 1)}`, leftMinor: wanted.amountMinor });
    const moved = new Map(shaping.move.map(({ creditGrantId, backstopAt }) => [creditGrantId, backstopAt]));
    grants = grants
      .filter(({ creditGrantId }) => !shaping.end.includes(creditGrantId))
      .map((one) => ({
        ...one,
        backstopAt: moved.has(one.creditGrantId) ? (moved.get(one.creditGrantId) ?? null) : one.backstopAt,
      }));
    lots = lots.map((one) => ({ ...one, isCovered: true }));
    const open = grants.reduce((sum, { leftMinor }) => sum + leftMinor, 0n);
    const excess = open - wantedMinor(input);
    expect(shaping.waitsForBarrier ? excess > 0n : excess === 0n, `${excess} too much`).toBe(true);
    expect(grants.filter(({ leftMinor }) => leftMinor > 0n).length).toBeLessThan(90);
  };
  const run = (one: Step): void => {
    if (one.kind === 'trueUp') return trueUp();
    if (one.kind === 'pack') return openLot(one.credits, boundary(ANCHOR, 'month', periods.length + 3));
    if (one.kind === 'forever') return openLot(one.credits, null);
    let owed = one.credits;
    lots = lots.map((own) => {
      const taken = own.leftMicro < owed ? own.leftMicro : owed;
      owed -= taken;
      return { ...own, leftMicro: own.leftMicro - taken };
    });
    if (one.kind === 'clawback') return undefined;
    periods = [...periods.slice(0, -1), current(periods, one.credits - owed, owed)];
    return undefined;
  };
  const finalize = (ended: PeriodNeed & { overage: bigint }): void => {
    const reaching = grants.filter(
      ({ effectiveAt, backstopAt }) => effectiveAt <= ended.endsAt && (backstopAt === null || backstopAt > now),
    );
    const units = ended.paidMicro + ended.overage;
    const eligibleMinor = reaching.reduce((sum, { leftMinor }) => sum + leftMinor, 0n);
    const numbers = {
      price: cent,
      meterUnitMicro: 1n,
      countedUnits: units,
      emittedUnits: units,
      paidMicro: ended.paidMicro,
      discountsMinor: 0n,
      eligibleMinor,
      irregular: null,
    };
    const { chargeMinor, differenceMinor, action } = decideCycle(numbers);
    const asked = chargeMinor + (action === 'correct' ? differenceMinor : 0n);
    const owed = worthHalfUp(cent, ended.overage);
    expect([owed, owed - 1n]).toContain(asked);
    let used = worthHalfUp(cent, units);
    grants = grants.map((own) => {
      if (!reaching.includes(own)) return own;
      const taken = own.leftMinor < used ? own.leftMinor : used;
      used -= taken;
      return { ...own, leftMinor: own.leftMinor - taken };
    });
    periods = periods.filter(({ endsAt }) => endsAt !== ended.endsAt);
    trueUp();
  };

  for (const [month, { before, inDraft }] of months.entries()) {
    const startsAt = boundary(ANCHOR, 'month', month);
    const endsAt = boundary(ANCHOR, 'month', month + 1);
    const ended = periods.at(-1);
    now = startsAt;
    periods.push({ startsAt, endsAt, paidMicro: 0n, overage: 0n });
    openLot(500n * CREDIT, endsAt);
    now = new Date(startsAt.getTime() + 20 * 60_000);
    inDraft.forEach(run);
    // The cut-off: what ended with the period is gone now.
    lots = lots.filter(({ expiresAt }) => expiresAt === null || expiresAt > startsAt);
    now = new Date(startsAt.getTime() + 60 * 60_000);
    if (ended !== undefined) finalize(periods.find((period) => period.endsAt === ended.endsAt) ?? ended);
    now = new Date(startsAt.getTime() + 10 * 86_400_000);
    before.forEach(run);
  }
}

function current<Period extends PeriodNeed & { overage: bigint }>(
  periods: readonly Period[],
  paid: bigint,
  overage: bigint,
): Period {
  const period = periods.at(-1);
  if (period === undefined) throw new Error('no period runs');
  return { ...period, paidMicro: period.paidMicro + paid, overage: period.overage + overage };
}

describe('the last hour of a period with overage', () => {
  const B6 = { ...april, paidMicro: 400n * CREDIT, overageMicro: 500n * CREDIT };
  const lots = [lot('image', 600n, { expiresAt: null, isCovered: true })];
  const whole = grant('g1', 1_000n, { backstopAt: null });
  const late = at('04-30T23:30:00');
  const AFTER = at('05-01T00:00:01');

  test('B6: what lots did not pay is put off until just after the period, created before anything is ended', () => {
    const { create, end } = shape({ lots, periods: [B6], grants: [whole], now: late });
    expect(create.map(({ amountMinor, effectiveAt }) => [amountMinor, effectiveAt])).toEqual([
      [600n, AFTER],
      [400n, late],
    ]);
    expect(end).toEqual(['g1']);
  });

  test('what was used since is brought back', () => {
    const periods = [{ ...B6, paidMicro: 450n * CREDIT }];
    const grants = [
      grant('now', 400n, { backstopAt: null }),
      grant('later', 600n, { effectiveAt: AFTER, backstopAt: null }),
    ];
    const used = [lot('image', 550n, { expiresAt: null, isCovered: true })];
    const { create, end } = shape({ lots: used, periods, grants, now: late });
    expect(create.map(({ amountMinor, effectiveAt }) => [amountMinor, effectiveAt])).toEqual([
      [50n, late],
      [550n, AFTER],
    ]);
    expect(end).toEqual(['later']);
  });

  test.for([
    ['earlier than that', at('04-30T22:59:59'), B6],
    ['in the last minute', at('04-30T23:59:01'), B6],
    ['without overage', late, { ...B6, overageMicro: 0n }],
    ['where grants fit', late, { ...B6, paidMicro: 1_000n * CREDIT }],
  ] as const)('%s nothing is put off', ([, now, period]) => {
    const fitting = period.paidMicro === 1_000n * CREDIT ? [] : lots;
    expect(shape({ lots: fitting, periods: [period], grants: [whole], now })).toMatchObject({ create: [], end: [] });
  });

  test('whatever stood before, the grants that reach the invoice are worth what lots paid, and none is lost', () => {
    const states = fc.record({
      left: fc.array(fc.bigInt(0n, 5_000n), { minLength: 1, maxLength: 5 }),
      paid: fc.bigInt(0n, 5_000n),
      grants: fc.array(fc.tuple(fc.bigInt(1n, 4_000n), fc.boolean()), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(states, ({ left, paid, grants }) => {
        const open = grants.map(([worth, isLater], index) =>
          grant(`g${index}`, worth, { backstopAt: null, ...(isLater && { effectiveAt: AFTER }) }),
        );
        const input = {
          price: cent,
          anchor: ANCHOR,
          interval: 'month' as const,
          lots: left.map((credits, index) => lot(`l${index}`, credits, { expiresAt: null, isCovered: true })),
          periods: [{ ...B6, paidMicro: paid * CREDIT }],
          grants: open,
          now: late,
        };
        const { create, end } = shapeGrants(input);
        const kept = open.filter(({ creditGrantId }) => !end.includes(creditGrantId));
        const worths = [
          ...kept.map(({ leftMinor, effectiveAt }) => ({ worth: leftMinor, effectiveAt })),
          ...create.map(({ amountMinor, effectiveAt }) => ({ worth: amountMinor, effectiveAt })),
        ];
        const total = worths.reduce((sum, { worth }) => sum + worth, 0n);
        const eligible = worths.filter(({ effectiveAt }) => effectiveAt <= at('05-01T00:00:00'));
        expect(total).toBe(wantedMinor(input));
        expect(eligible.reduce((sum, { worth }) => sum + worth, 0n)).toBe(paid);
      }),
      { numRuns: 500 },
    );
  });
});
