import { describe, expect, test } from 'vitest';

import { catchUp } from '../../src/domain/catch-up.ts';
import { availableAt } from '../../src/domain/pool-stock.ts';
import { noteSeats } from '../../src/domain/seats.ts';
import { bookOf, CREDIT, instant } from '../support/pool-book.ts';

const prorated = { seats: { add: 'prorated' as const } };

describe('seats', () => {
  test('A2 the second seat on 16 April brings half the period, and toggling it ten times brings it once', () => {
    const { book, at } = bookOf(prorated, { included: '800' });
    const lot = noteSeats(book, 2, instant('2026-04-16'), at('2026-04-16'));
    expect(lot).toMatchObject({ granted: 400n * CREDIT, expiresAt: instant('2026-05-01'), source: 'included' });
    for (let toggles = 0; toggles < 10; toggles += 1) {
      expect(noteSeats(book, 1, instant('2026-04-17'), at('2026-04-17'))).toBeNull();
      expect(noteSeats(book, 2, instant('2026-04-17'), at('2026-04-17'))).toBeNull();
    }
    expect(availableAt(book, instant('2026-04-17'))).toBe(1200n * CREDIT);
    // Another seat is another seat.
    expect(noteSeats(book, 3, instant('2026-04-16'), at('2026-04-17'))).toMatchObject({ granted: 400n * CREDIT });
  });

  test('a share that is no whole number of credits is rounded up', () => {
    const { book, at } = bookOf(prorated, { included: '100' });
    // 100 × 19/30 = 63.33…
    expect(noteSeats(book, 2, instant('2026-04-12'), at('2026-04-12'))).toMatchObject({ granted: 64n * CREDIT });
  });

  test('a seat that is taken away stays until the renewal', () => {
    const { book, at } = bookOf(prorated, { included: '800' });
    noteSeats(book, 2, instant('2026-04-16'), at('2026-04-16'));
    noteSeats(book, 1, instant('2026-04-20'), at('2026-04-20'));
    expect(availableAt(book, instant('2026-04-20'))).toBe(1200n * CREDIT);
    catchUp(book, at('2026-05-01T00:00:00Z'));
    expect(availableAt(book, instant('2026-05-01'))).toBe(800n * CREDIT);
  });

  test('under add: at_renewal a new seat brings nothing before the next period', () => {
    const { book, at } = bookOf({}, { included: '800' });
    expect(noteSeats(book, 2, instant('2026-04-16'), at('2026-04-16'))).toBeNull();
    expect(availableAt(book, instant('2026-04-16'))).toBe(800n * CREDIT);
  });
});
