import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { drawdown, type Drawdown } from '../../src/domain/drawdown.ts';
import { byDrawOrder, isOpenAt, type Lot, mayPayFor, remaining, stoodAtEnd } from '../../src/domain/lot.ts';
import { instant, lot } from '../support/pool-book.ts';

function shown({ draws, short }: Drawdown): string {
  return [...draws.map(({ lotId, amount }) => `${lotId}:${amount}`), ...(short > 0n ? [`short by ${short}`] : [])].join(
    ' ',
  );
}

const june = { expiresAt: instant('2026-06-01') };

describe('a burn falls on lots', () => {
  test.for<[string, readonly Lot[], bigint, string]>([
    [
      'soonest expiry first',
      [lot('later', 5n, { expiresAt: instant('2027-01-01') }), lot('soon', 5n, june)],
      6n,
      'soon:5 later:1',
    ],
    ['never-expiring last', [lot('free', 5n), lot('paid', 5n, june)], 5n, 'paid:5'],
    ['priority before expiry', [lot('paid', 5n, june), lot('promo', 5n, { priority: 0 })], 5n, 'promo:5'],
    [
      'promotional before paid of the same end',
      [lot('paid', 5n, june), lot('gift', 5n, { ...june, category: 'promotional' })],
      5n,
      'gift:5',
    ],
    ['expiry before category', [lot('gift', 5n, { category: 'promotional' }), lot('paid', 5n, june)], 5n, 'paid:5'],
    [
      'the earlier effective one first',
      [lot('a', 5n, { effectiveAt: instant('2026-04-02') }), lot('b', 5n)],
      5n,
      'b:5',
    ],
    ['the earlier created one first', [lot('a', 5n, { createdAt: instant('2026-04-02') }), lot('b', 5n)], 5n, 'b:5'],
    ['at last by id', [lot('b', 5n), lot('a', 5n)], 6n, 'a:5 b:1'],
    [
      'skipping what is drawn, held, frozen or ended',
      [lot('a', 5n, { drawn: 1n, held: 1n, frozen: 1n, ended: 1n }), lot('b', 5n)],
      3n,
      'a:1 b:2',
    ],
    ['not on an empty lot', [lot('a', 5n, { drawn: 5n }), lot('b', 5n)], 1n, 'b:1'],
    ['and says what is short', [lot('a', 5n)], 6n, 'a:5 short by 1'],
    ['nothing on nothing', [lot('a', 5n)], 0n, ''],
  ])('%s', ([, lots, amount, expected]) => {
    expect(shown(drawdown(lots, amount))).toBe(expected);
  });
});

describe('a lot', () => {
  const limited = lot('a', 5n, { effectiveAt: instant('2026-04-10'), ...june, features: ['image'] });

  test.for([
    ['before its start', '2026-04-09T23:59:59.999Z', false],
    ['at its start', '2026-04-10', true],
    ['just before its end', '2026-05-31T23:59:59.999Z', true],
    ['at its end', '2026-06-01', false],
  ] as const)('%s', ([, at, open]) => {
    expect(isOpenAt(limited, instant(at))).toBe(open);
  });

  test('that never ends stays open', () => {
    expect(isOpenAt(lot('a', 5n), instant('2099-01-01'))).toBe(true);
  });

  test.for([
    ['began after the period', '2026-04-10', false],
    ['lived on past the period', '2026-05-01', true],
    ['ended with the period', '2026-06-01', true],
    ['ended in the period', '2026-06-02', false],
  ] as const)('that %s: whether it stood at the end', ([, end, stood]) => {
    expect(stoodAtEnd(limited, instant(end))).toBe(stood);
  });

  test('pays for its features only', () => {
    expect([mayPayFor(limited, 'image'), mayPayFor(limited, 'chat'), mayPayFor(lot('b', 1n), 'chat')]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

const days = fc.integer({ min: 0, max: 3 }).map((day) => instant(`2026-06-0${day + 1}`));
const anyLot = fc
  .record({
    id: fc.integer({ min: 0, max: 999 }),
    granted: fc.bigInt({ min: 1n, max: 100n }),
    spent: fc.bigInt({ min: 0n, max: 120n }),
    priority: fc.integer({ min: 0, max: 2 }),
    category: fc.constantFrom('paid' as const, 'promotional' as const),
    expiresAt: fc.option(days),
    createdAt: days,
  })
  .map(({ id, granted, spent, ...fields }) =>
    lot(`lot-${id}`, granted, { drawn: spent > granted ? granted : spent, ...fields }),
  );
const someLots = fc.uniqueArray(anyLot, { selector: ({ lotId }) => lotId, maxLength: 8 });
const amount = fc.bigInt({ min: 0n, max: 500n });

describe('whatever the lots are', () => {
  test('the draw order is total: any shuffle gives the same order, and no two lots are equal', () => {
    fc.assert(
      fc.property(someLots, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (lots, ranks) => {
        const order = lots.toSorted(byDrawOrder).map(({ lotId }) => lotId);
        const shuffled = lots
          .map((each, index) => ({ each, rank: ranks[index] ?? 0 }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ each }) => each);
        expect(shuffled.toSorted(byDrawOrder).map(({ lotId }) => lotId)).toEqual(order);
        for (const a of lots) for (const b of lots) expect(byDrawOrder(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test('INV-08 draws and what is short add up to the amount, and no lot gives more than it has', () => {
    fc.assert(
      fc.property(someLots, amount, (lots, wanted) => {
        const { draws, short } = drawdown(lots, wanted);
        expect(draws.reduce((sum, draw) => sum + draw.amount, short)).toBe(wanted);
        for (const draw of draws) {
          const drawn = lots.find(({ lotId }) => lotId === draw.lotId);
          expect(drawn !== undefined && draw.amount > 0n && draw.amount <= remaining(drawn)).toBe(true);
        }
        const open = lots.filter((each) => remaining(each) > 0n);
        expect(short === 0n || draws.length === open.length).toBe(true);
      }),
    );
  });

  test('burning in two steps is burning in one', () => {
    fc.assert(
      fc.property(someLots, amount, amount, (lots, first, second) => {
        const once = drawdown(lots, first + second);
        const one = drawdown(lots, first);
        const after = lots.map((each) => ({
          ...each,
          drawn: each.drawn + (one.draws.find(({ lotId }) => lotId === each.lotId)?.amount ?? 0n),
        }));
        const two = drawdown(after, second);
        const together = new Map<string, bigint>();
        for (const draw of [...one.draws, ...two.draws]) {
          together.set(draw.lotId, (together.get(draw.lotId) ?? 0n) + draw.amount);
        }
        expect([...together]).toEqual(once.draws.map((draw) => [draw.lotId, draw.amount]));
        expect(one.short + two.short).toBe(once.short);
      }),
    );
  });
});
