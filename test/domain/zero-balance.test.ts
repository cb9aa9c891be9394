import { describe, expect, test } from 'vitest';

import { AMOUNT_MAX } from '../../src/domain/amount.ts';
import { catchUp } from '../../src/domain/catch-up.ts';
import { captureHold } from '../../src/domain/hold-capture.ts';
import { placeHold, releaseHold } from '../../src/domain/hold.ts';
import { openLot } from '../../src/domain/lot-opening.ts';
import { openIncludedLot, openPeriod } from '../../src/domain/period-opening.ts';
import { type Moment, overageIn, type PoolBook } from '../../src/domain/pool-book.ts';
import { availableAt } from '../../src/domain/pool-stock.ts';
import { recordUsage } from '../../src/domain/usage.ts';
import { bookOf, CREDIT, instant, newLot, postedTo, usage } from '../support/pool-book.ts';

let holds = 0;

function hold(book: PoolBook, amount: bigint, moment: Moment, ttlSeconds = 86_400) {
  holds += 1;
  const fields = { action: 'api.call', feature: 'api', member: null, agent: null, quantities: {}, dimensions: {} };
  return placeHold(book, { ...fields, holdId: `hold-${holds}`, burnRateId: 'rate-1', amount, ttlSeconds }, moment);
}

function held(book: PoolBook, amount: bigint, moment: Moment): string {
  const placed = hold(book, amount, moment);
  if ('rejected' in placed) throw new Error(placed.rejected.message);
  return placed.holdId;
}

function take(book: PoolBook, holdId: string, amount: bigint, moment: Moment) {
  return captureHold(book, { holdId, captureKey: `key-${holdId}-${amount}`, amount, final: true }, moment);
}

describe('usage that nobody can pay for', () => {
  const poor = () => {
    const { book, at } = bookOf({ zeroBalance: 'block', debtLimit: '5' }, { included: '10' });
    const noon = at('2026-04-10T12:00:00Z');
    expect(recordUsage(book, usage(12n * CREDIT, noon.now), noon)).toMatchObject({
      status: 'applied',
      debt: 2n * CREDIT,
    });
    expect(recordUsage(book, usage(20n * CREDIT, noon.now), noon)).toMatchObject({ status: 'unfunded' });
    expect(recordUsage(book, usage(30n * CREDIT, noon.now), noon)).toMatchObject({ status: 'unfunded' });
    return { book, at, noon };
  };

  test('is stored and marks the pool: holds are refused until it is paid', () => {
    const { book, noon } = poor();
    expect(book.shortfall.unfundedSum).toBe(50n * CREDIT);
    expect(hold(book, CREDIT, noon)).toMatchObject({
      rejected: {
        code: 'pool_unfunded',
        details: { unfunded: '50', limit: 'unfunded', lifted_by: 'the account owner, by buying credits' },
      },
    });
  });

  test('is paid by new credits after debt, whole and in order, and metered then', () => {
    const { book, at } = poor();
    const later = at('2026-04-11T12:00:00Z');
    openLot(book, newLot('in_1/il_1', 30n * CREDIT), { actor: 'stripe' }, later);
    // 2 of debt, 20 of the first event; the second one needs 30.
    expect(book.debt).toBe(0n);
    expect(availableAt(book, later.now)).toBe(8n * CREDIT);
    expect(book.shortfall.unfundedSum).toBe(30n * CREDIT);
    expect(hold(book, CREDIT, later)).toMatchObject({ rejected: { code: 'pool_unfunded' } });
    openLot(book, newLot('in_2/il_1', 30n * CREDIT), { actor: 'stripe' }, later);
    expect(availableAt(book, later.now)).toBe(8n * CREDIT);
    expect(book.shortfall).toMatchObject({ unfundedSum: 0n, unfunded: [] });
    expect(postedTo(book, 'consumed')).toBe(62n * CREDIT);
    expect([...book.changes.buckets.values()].reduce((sum, { delta }) => sum + delta, 0n)).toBe(62n * CREDIT);
    expect(hold(book, CREDIT, later)).toMatchObject({ state: 'open' });
  });

  test('belongs to the month it happened in when a later one pays it', () => {
    const { book, at } = poor();
    const may = at('2026-05-02T12:00:00Z');
    catchUp(book, may);
    openLot(book, newLot('in_1/il_1', 100n * CREDIT), { actor: 'stripe' }, may);
    const entries = book.changes.entries.filter(({ kind }) => kind === 'usage.funded');
    expect(entries).toMatchObject([
      { belongsTo: '2026-04-01', effectiveAt: may.now },
      { belongsTo: '2026-04-01', effectiveAt: may.now },
    ]);
  });

  test('is paid by what a released hold gives back', () => {
    const { book, at } = bookOf({ zeroBalance: 'block' }, { included: '10' });
    const noon = at('2026-04-10T12:00:00Z');
    const holdId = held(book, 8n * CREDIT, noon);
    expect(recordUsage(book, usage(5n * CREDIT, noon.now), noon)).toMatchObject({ status: 'unfunded' });
    releaseHold(book, holdId, noon);
    expect(book.shortfall.unfundedSum).toBe(0n);
    expect(availableAt(book, noon.now)).toBe(5n * CREDIT);
  });

  test('past an overage cap is paid by the overage of the next period', () => {
    const { book, at } = bookOf({ overageCap: '100' });
    const noon = at('2026-04-10T12:00:00Z');
    recordUsage(book, usage(90n * CREDIT, noon.now), noon);
    expect(recordUsage(book, usage(20n * CREDIT, noon.now), noon)).toMatchObject({ status: 'unfunded' });
    const may = at('2026-05-02T12:00:00Z');
    catchUp(book, may);
    expect(book.shortfall.unfundedSum).toBe(0n);
    expect(overageIn(book, book.periods[1]?.billingPeriodId ?? '')).toBe(20n * CREDIT);
  });
});

test('a balance never grows past what the books can hold', () => {
  const { book, at } = bookOf();
  const noon = at('2026-04-10T12:00:00Z');
  expect(recordUsage(book, usage(AMOUNT_MAX - 10n, noon.now), noon)).toMatchObject({ status: 'applied' });
  const before = structuredClone(book.changes.entries);
  for (const answer of [recordUsage(book, usage(11n, noon.now), noon), hold(book, 11n, noon)]) {
    expect(answer).toMatchObject({ rejected: { code: 'amount_out_of_range', param: 'quantities' } });
  }
  expect(book.changes.entries).toEqual(before);
  const holdId = held(book, 6n, noon);
  expect(hold(book, 5n, noon)).toMatchObject({ rejected: { code: 'amount_out_of_range' } });
  expect(take(book, holdId, 6n, noon)).toMatchObject({ captured: 6n });
});

describe('overage that a hold of an earlier period reserves', () => {
  test('counts against the cap of the period that captures it', () => {
    const { book, at } = bookOf({ overageCap: '100' });
    const holdId = held(book, 60n * CREDIT, at('2026-04-30T23:00:00Z'));
    const may = at('2026-05-01T02:00:00Z');
    catchUp(book, may);
    expect(hold(book, 41n * CREDIT, may)).toMatchObject({ rejected: { code: 'insufficient_credits' } });
    expect(recordUsage(book, usage(40n * CREDIT, may.now), may)).toMatchObject({ overage: 40n * CREDIT });
    take(book, holdId, 60n * CREDIT, may);
    expect(overageIn(book, book.periods[1]?.billingPeriodId ?? '')).toBe(100n * CREDIT);
  });

  test('counts before the cut-off too, since it may be captured after it', () => {
    const { book, at } = bookOf({ overageCap: '100' });
    const holdId = held(book, 60n * CREDIT, at('2026-04-30T23:00:00Z'));
    const early = at('2026-05-01T00:10:00Z');
    catchUp(book, early);
    expect(hold(book, 41n * CREDIT, early)).toMatchObject({ rejected: { code: 'insufficient_credits' } });
    releaseHold(book, holdId, early);
    expect(hold(book, 100n * CREDIT, early)).toMatchObject({ state: 'open' });
  });
});

describe('a sign-up that is paid when its period is over', () => {
  test('opens its credits in the period that runs then, until its end', () => {
    const { book, at } = bookOf({}, { included: '0' });
    const terms = book.terms === null ? null : { ...book.terms, included: 100n * CREDIT };
    const paid = { ...book, terms };
    const may = at('2026-05-03T00:00:00Z');
    const [april] = book.periods;
    if (april === undefined || book.subscription === null) throw new Error('April runs');
    openPeriod(book, book.subscription, { startsAt: april.endsAt, endsAt: instant('2026-06-01') }, may);
    expect(openIncludedLot(paid, book.subscription, april, may.now, may)).toMatchObject({
      effectiveAt: may.now,
      expiresAt: instant('2026-06-01'),
      billingPeriodId: book.periods[1]?.billingPeriodId,
      sourceId: april.billingPeriodId,
    });
  });

  test('opens nothing when no period runs any more', () => {
    const { book, at } = bookOf({}, { included: '0' });
    const terms = book.terms === null ? null : { ...book.terms, included: 100n * CREDIT };
    const may = at('2026-05-03T00:00:00Z');
    const [april] = book.periods;
    if (april === undefined || book.subscription === null) throw new Error('April runs');
    expect(openIncludedLot({ ...book, terms }, book.subscription, april, may.now, may)).toBeNull();
  });
});

describe('grace', () => {
  test('lets holds go into a debt that is bounded, reserved and never metered', () => {
    const { book, at } = bookOf({ zeroBalance: 'grace', debtLimit: '20' }, { included: '10' });
    const noon = at('2026-04-10T12:00:00Z');
    const first = held(book, 25n * CREDIT, noon);
    expect(book.shortfall.debtReserved).toBe(15n * CREDIT);
    expect(hold(book, 6n * CREDIT, noon)).toMatchObject({
      rejected: {
        code: 'insufficient_credits',
        details: { limit: 'debt', lifted_by: 'the account owner, by buying credits that pay the debt' },
      },
    });
    // What runs finishes: 22 used, of which the lots pay 10.
    expect(take(book, first, 22n * CREDIT, noon)).toMatchObject({ captured: 22n * CREDIT });
    expect(book.debt).toBe(12n * CREDIT);
    expect(book.shortfall.debtReserved).toBe(0n);
    expect(postedTo(book, 'consumed')).toBe(10n * CREDIT);
    expect([...book.changes.buckets.values()].reduce((sum, { delta }) => sum + delta, 0n)).toBe(10n * CREDIT);
    const second = held(book, 8n * CREDIT, noon);
    releaseHold(book, second, noon);
    expect(book.shortfall.debtReserved).toBe(0n);
    openLot(book, newLot('in_1/il_1', 30n * CREDIT), { actor: 'stripe' }, noon);
    expect({ debt: book.debt, left: availableAt(book, noon.now) }).toEqual({ debt: 0n, left: 18n * CREDIT });
  });

  test('counts what holds reserve when usage is reported', () => {
    const { book, at } = bookOf({ zeroBalance: 'grace', debtLimit: '20' });
    const noon = at('2026-04-10T12:00:00Z');
    held(book, 15n * CREDIT, noon);
    expect(recordUsage(book, usage(6n * CREDIT, noon.now), noon)).toMatchObject({ status: 'unfunded' });
    expect(recordUsage(book, usage(5n * CREDIT, noon.now), noon)).toMatchObject({ debt: 5n * CREDIT });
  });
});

test('each action has its own rule at zero', () => {
  const { book, at } = bookOf({ zeroBalanceByAction: { 'report.generate': 'block' } });
  const noon = at('2026-04-10T12:00:00Z');
  expect(hold(book, CREDIT, noon)).toMatchObject({ state: 'open', overageReserved: CREDIT });
  const report = { action: 'report.generate', feature: 'reports' };
  expect(recordUsage(book, usage(CREDIT, noon.now, report), noon)).toMatchObject({ status: 'unfunded' });
});

describe("the customer's own spending limit", () => {
  test('stops overage before the cap of the plan, and is named as what said no', () => {
    const { book: open, at } = bookOf({ overageCap: '100' });
    const book = { ...open, shortfall: { ...open.shortfall, spendingLimit: 30n * CREDIT } };
    const noon = at('2026-04-10T12:00:00Z');
    expect(hold(book, 31n * CREDIT, noon)).toMatchObject({
      rejected: {
        details: {
          limit: 'spending_limit',
          lifted_by: "the customer's own billing contact, by raising the spending limit",
        },
      },
    });
    expect(recordUsage(book, usage(30n * CREDIT, noon.now), noon)).toMatchObject({ overage: 30n * CREDIT });
  });
});
