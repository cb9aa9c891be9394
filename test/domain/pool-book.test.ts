import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { lesser } from '../../src/domain/amount.ts';
import { catchUp } from '../../src/domain/catch-up.ts';
import { clawBack } from '../../src/domain/clawback.ts';
import { captureHold } from '../../src/domain/hold-capture.ts';
import { placeHold, releaseHold } from '../../src/domain/hold.ts';
import { journalEntry } from '../../src/domain/journal.ts';
import { openLot } from '../../src/domain/lot-opening.ts';
import { remaining } from '../../src/domain/lot.ts';
import { changePlan } from '../../src/domain/plan-change.ts';
import { heldIn, type Moment, type PoolBook, runningPeriod } from '../../src/domain/pool-book.ts';
import { availableAt } from '../../src/domain/pool-stock.ts';
import { noteSeats } from '../../src/domain/seats.ts';
import { recordUsage } from '../../src/domain/usage.ts';
import {
  bookOf,
  countingIds,
  CREDIT,
  instant,
  newLot,
  postedBalances,
  postedTo,
  sumOf,
  usage,
} from '../support/pool-book.ts';

/** One thing that happens to a pool; `wait` minutes pass before it. */
type Step = { readonly wait: number } & (
  | { readonly kind: 'burn'; readonly amount: bigint; readonly ago: number }
  | { readonly kind: 'grant'; readonly amount: bigint; readonly days: number | null; readonly priority: number }
  | { readonly kind: 'hold'; readonly amount: bigint; readonly ttl: number }
  | { readonly kind: 'capture'; readonly which: number; readonly amount: bigint; readonly final: boolean }
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'clawback'; readonly which: number; readonly amount: bigint }
  | { readonly kind: 'seats'; readonly quantity: number }
  | { readonly kind: 'plan' }
  | { readonly kind: 'nothing' }
);

const HOUR = 60;
const DAY = 24 * HOUR;
const wait = fc.oneof(fc.constant(0), fc.nat({ max: HOUR }), fc.nat({ max: 12 * HOUR }), fc.nat({ max: 20 * DAY }));
const amount = fc.oneof(fc.bigInt({ min: 1n, max: 60n * CREDIT }), fc.bigInt({ min: 1n, max: 12n * CREDIT }));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('burn' as const), wait, amount, ago: fc.nat({ max: 90 }) }),
  fc.record({
    kind: fc.constant('grant' as const),
    wait,
    amount,
    days: fc.option(fc.integer({ min: 1, max: 40 })),
    priority: fc.integer({ min: 0, max: 100 }),
  }),
  fc.record({ kind: fc.constant('hold' as const), wait, amount, ttl: fc.integer({ min: 1, max: 90_000 }) }),
  fc.record({ kind: fc.constant('capture' as const), wait, which: fc.nat({ max: 9 }), amount, final: fc.boolean() }),
  fc.record({ kind: fc.constant('release' as const), wait, which: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant('clawback' as const), wait, which: fc.nat({ max: 9 }), amount }),
  fc.record({ kind: fc.constant('seats' as const), wait, quantity: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('plan' as const), wait }),
  fc.record({ kind: fc.constant('nothing' as const), wait }),
);
/** Some stories begin in the middle of the month, others in the last hours of it, where everything happens. */
const story = fc
  .tuple(
    fc.oneof(
      fc.nat({ max: 29 * DAY }),
      fc.nat({ max: 12 * HOUR }).map((left) => 30 * DAY - left),
    ),
    fc.array(step, { maxLength: 25 }),
  )
  .map(([minutes, steps]): readonly Step[] => [{ kind: 'nothing', wait: minutes }, ...steps]);
const policy = fc.record({
  zeroBalance: fc.constantFrom('block' as const, 'overage' as const, 'grace' as const),
  overageCap: fc.constantFrom(null, '20'),
  debtLimit: fc.constantFrom('0', '30'),
  includedExpiry: fc.constantFrom('period_end' as const, 'never' as const),
  rollover: fc.constantFrom(
    'none' as const,
    { capPercent: 50, capCredits: null, periods: 1, priority: null },
    { capPercent: 100, capCredits: null, periods: 2, priority: null },
  ),
  paydown: fc.boolean(),
  seats: fc.record({ add: fc.constantFrom('prorated' as const, 'at_renewal' as const) }),
  planChange: fc.constantFrom('at_once' as const, 'at_renewal' as const),
  hold: fc.record({
    ttlSeconds: fc.constant(900),
    excess: fc.constantFrom('allow' as const, 'clip' as const, 'refuse' as const),
  }),
});

type Drawn<Of> = Of extends fc.Arbitrary<infer Value> ? Value : never;

/** Eight days are 11 520 minutes. */
const RELEASED_AT_THE_END: [[Drawn<typeof policy>, readonly Step[]]] = [
  [
    {
      zeroBalance: 'block',
      overageCap: null,
      debtLimit: '0',
      includedExpiry: 'period_end',
      rollover: 'none',
      paydown: false,
      seats: { add: 'prorated' },
      planChange: 'at_once',
      hold: { ttlSeconds: 900, excess: 'allow' },
    },
    [
      { kind: 'nothing', wait: 0 },
      { kind: 'grant', wait: 0, amount: 2n, days: 8, priority: 0 },
      { kind: 'clawback', wait: 11_446, which: 0, amount: 1n },
      { kind: 'hold', wait: 17, amount: 1n, ttl: 3_421 },
      { kind: 'release', wait: 57, which: 0 },
    ],
  ],
];

interface Told {
  readonly book: PoolBook;
  readonly newId: () => string;
  now: Date;
  grants: number;
  readonly after?: (told: Told) => void;
}

function tell(told: Told, steps: readonly Step[]): Told {
  for (const each of steps) {
    told.now = new Date(told.now.getTime() + each.wait * 60_000);
    const moment: Moment = { now: told.now, newId: told.newId };
    catchUp(told.book, moment);
    take(told, each, moment);
    told.after?.(told);
  }
  return told;
}

function take(told: Told, each: Step, moment: Moment): void {
  const { book } = told;
  const holdIds = [...book.holds.keys()];
  switch (each.kind) {
    case 'burn':
      recordUsage(book, usage(each.amount, new Date(told.now.getTime() - each.ago * 60_000)), moment);
      return;
    case 'grant': {
      told.grants += 1;
      const expiresAt = each.days === null ? null : new Date(told.now.getTime() + each.days * 86_400_000);
      const { priority } = each;
      openLot(
        book,
        newLot(`il_${told.grants}`, each.amount, { effectiveAt: told.now, expiresAt, priority }),
        { actor: 'test' },
        moment,
      );
      return;
    }
    case 'hold':
      placeHold(
        book,
        {
          holdId: told.newId(),
          action: 'api.call',
          feature: 'api',
          member: null,
          agent: null,
          quantities: {},
          dimensions: {},
          burnRateId: 'rate-1',
          amount: each.amount,
          ttlSeconds: each.ttl,
        },
        moment,
      );
      return;
    case 'capture': {
      const holdId = holdIds[each.which % Math.max(1, holdIds.length)];
      if (holdId === undefined) return;
      captureHold(book, { holdId, captureKey: told.newId(), amount: each.amount, final: each.final }, moment);
      return;
    }
    case 'release': {
      const holdId = holdIds[each.which % Math.max(1, holdIds.length)];
      if (holdId !== undefined) releaseHold(book, holdId, moment);
      return;
    }
    case 'clawback': {
      const bought = [...book.lots.values()].filter((lot) => lot.source === 'purchased' && remaining(lot) > 0n);
      const lot = bought[each.which % Math.max(1, bought.length)];
      if (lot === undefined) return;
      const source = {
        sourceType: 'stripe_credit_note' as const,
        sourceId: told.newId(),
        reason: 'refunded',
        stripe: {},
      };
      const cause = { ...source, at: told.now };
      clawBack(book, lot, lesser(each.amount, remaining(lot)), cause, moment);
      return;
    }
    case 'seats':
      if (book.subscription !== null) book.subscription = { ...book.subscription, quantity: each.quantity };
      noteSeats(book, each.quantity, told.now, moment);
      return;
    case 'plan': {
      const period = runningPeriod(book, told.now);
      if (period !== null) changePlan(book, { from: told.now, until: period.endsAt }, moment);
      return;
    }
    case 'nothing':
  }
}

function begin(rules: Parameters<typeof bookOf>[0], after?: (told: Told) => void): Told {
  const newId = countingIds();
  const { book } = bookOf(rules, { included: '40', newId });
  return { book, newId, now: instant('2026-04-01'), grants: 0, ...(after !== undefined && { after }) };
}

function meteredIn(book: PoolBook): bigint {
  return [...book.changes.buckets.values()].reduce((sum, { delta }) => sum + delta, 0n);
}

describe('whatever happens to a pool', () => {
  test('every credit granted is drawn, held, ended or left, by the lots and by the postings alike', () => {
    fc.assert(
      fc.property(policy, story, (rules, steps) => {
        tell(
          begin(rules, ({ book }) => {
            const lots = [...book.lots.values()];
            for (const lot of lots)
              expect(remaining(lot) >= 0n && lot.drawn >= 0n && lot.held >= 0n && lot.ended >= 0n).toBe(true);
            expect(postedTo(book, 'available')).toBe(sumOf(lots, remaining));
            expect(postedTo(book, 'held')).toBe(heldIn(book));
            const issued = [...postedBalances(book)].filter(([name]) => name.includes('/issued.'));
            expect(-issued.reduce((sum, [, balance]) => sum + balance, 0n)).toBe(sumOf(lots, ({ granted }) => granted));
            const ended = ['expired', 'rolled', 'carried_out', 'clawed_back'].reduce(
              (sum, kind) => sum + postedTo(book, kind),
              0n,
            );
            expect(ended).toBe(sumOf(lots, (lot) => lot.ended));
            const drawn =
              postedTo(book, 'consumed') +
              postedTo(book, 'consumed_unpaid') +
              postedTo(book, 'overage') +
              postedTo(book, 'debt');
            expect(drawn).toBe(sumOf(lots, (lot) => lot.drawn));
          }),
          steps,
        );
      }),
    );
  });

  test('what is metered is what is consumed, debt is never metered, and what is owed is what was posted', () => {
    fc.assert(
      fc.property(policy, story, (rules, steps) => {
        const { book } = tell(begin(rules), steps);
        expect(meteredIn(book)).toBe(postedTo(book, 'consumed'));
        expect(postedTo(book, 'consumed_unpaid')).toBe(book.debt);
        expect(postedTo(book, 'debt')).toBe(-book.debt);
        expect(postedTo(book, 'overage')).toBe(-[...book.overage.values()].reduce((sum, each) => sum + each, 0n));
        expect(postedTo(book, 'overage_reserved')).toBe(
          [...book.overageReserved.values()].reduce((sum, each) => sum + each, 0n),
        );
      }),
    );
  });

  test('the limits hold: overage inside its cap, debt inside its limit where nothing runs beyond a hold', () => {
    fc.assert(
      fc.property(policy, story, (rules, steps) => {
        tell(
          begin({ ...rules, hold: { ...rules.hold, excess: 'clip' } }, ({ book }) => {
            const cap = rules.zeroBalance === 'overage' ? (book.terms?.overageCap ?? null) : 0n;
            for (const [index, { billingPeriodId }] of book.periods.entries()) {
              const reserved = book.overageReserved.get(billingPeriodId) ?? 0n;
              const overage = book.overage.get(billingPeriodId) ?? 0n;
              expect(reserved >= 0n && overage >= 0n).toBe(true);
              // What an earlier period's hold had reserved is captured into a later one on top of its own cap.
              expect(cap === null || index > 0 || overage + reserved <= cap).toBe(true);
              expect(cap !== 0n || overage + reserved === 0n).toBe(true);
            }
            expect(book.debt >= 0n && book.debt <= (book.terms?.debtLimit ?? 0n)).toBe(true);
          }),
          steps,
        );
      }),
    );
  });

  test('INV-02 every entry with a posting may be written, and each source has one entry of a kind', () => {
    fc.assert(
      fc.property(policy, story, (rules, steps) => {
        const { book } = tell(begin(rules), steps);
        const written = book.changes.entries.filter(({ postings }) => postings.length > 0);
        for (const entry of written) expect(journalEntry(entry)).toBe(entry);
        const sources = written
          .filter(({ sourceType }) => sourceType !== 'usage')
          .map(({ sourceType, sourceId, kind }) => `${sourceType} ${sourceId} ${kind}`);
        expect(new Set(sources).size).toBe(sources.length);
        expect(new Set(written.map(({ entryId }) => entryId)).size).toBe(written.length);
      }),
    );
  });

  test('time alone never changes what was consumed, and the second look at an instant changes nothing', () => {
    fc.assert(
      fc.property(policy, story, fc.nat({ max: 60 * 24 * 70 }), (rules, steps, minutes) => {
        const told = tell(begin(rules), steps);
        const { book } = told;
        const past = (): unknown => [
          meteredIn(book),
          book.changes.usage.length,
          postedTo(book, 'consumed') + postedTo(book, 'consumed_unpaid') - book.debt,
        ];
        // A new allowance or overage may pay debt and unpaid usage, which is then metered: together they stay what they were.
        const used = (): bigint => postedTo(book, 'consumed') + book.debt + book.shortfall.unfundedSum;
        const before = [used(), book.changes.usage.length];
        const moment = { now: new Date(told.now.getTime() + minutes * 60_000), newId: told.newId };
        catchUp(book, moment);
        expect([used(), book.changes.usage.length]).toEqual(before);
        const settled = [past(), book.changes.entries.length, book.periods.length];
        catchUp(book, moment);
        expect([past(), book.changes.entries.length, book.periods.length]).toEqual(settled);
      }),
    );
  });

  test('nothing of an ended lot is spendable, and nothing stays held by a hold that ended', () => {
    fc.assert(
      fc.property(policy, story, (rules, steps) => {
        tell(
          begin(rules, ({ book, now, newId }) => {
            const pinned = [...book.holds.values()]
              .filter(({ state }) => state === 'open')
              .flatMap(({ pins }) => pins)
              .reduce((sum, pin) => sum + pin.held, 0n);
            expect(heldIn(book)).toBe(pinned);
            if (book.periods.some(({ state, endsAt }) => state === 'open' && endsAt <= now)) return;
            const ended = [...book.lots.values()].filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
            const left = [...book.lots.values()].reduce((sum, lot) => sum + remaining(lot), 0n);
            expect(availableAt(book, now)).toBeLessThanOrEqual(
              left - ended.reduce((sum, lot) => sum + remaining(lot), 0n),
            );
            // What a hold gives back after its lot's end ends with the next look at the pool.
            catchUp(book, { now, newId });
            expect(ended.filter((lot) => remaining(lot) !== 0n)).toEqual([]);
          }),
          steps,
        );
      }),
      // A hold that is released at the very instant at which its lot ends, among the random ones.
      { examples: RELEASED_AT_THE_END },
    );
  });

  test('a burn split in two is the burn in one', () => {
    fc.assert(
      fc.property(policy, fc.array(step, { maxLength: 10 }), amount, amount, (rules, steps, first, second) => {
        const whole = tell(begin({ ...rules, zeroBalance: 'overage', overageCap: null }), steps);
        const parts = tell(begin({ ...rules, zeroBalance: 'overage', overageCap: null }), steps);
        const at = { now: whole.now, newId: whole.newId };
        recordUsage(whole.book, usage(first + second, whole.now), at);
        recordUsage(parts.book, usage(first, parts.now), at);
        recordUsage(parts.book, usage(second, parts.now), at);
        const spent = ({ book, now }: Told): unknown => [
          [...book.lots.values()].map(({ drawn }) => drawn),
          [...book.overage.values()],
          book.debt,
          meteredIn(book),
          availableAt(book, now),
        ];
        expect(spent(parts)).toEqual(spent(whole));
      }),
    );
  });
});
