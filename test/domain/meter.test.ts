import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  type MeterBucket,
  type MeterPeriod,
  meteredSpan,
  meterIdentifier,
  rolledUp,
  windowEnd,
} from '../../src/domain/meter.ts';

const period: MeterPeriod = {
  lane: 63,
  billingPeriodId: '01970000-0000-7000-8000-000000000001',
  startsAt: new Date('2026-04-01T00:00:00Z'),
  endsAt: new Date('2026-05-01T00:00:00Z'),
  rolledMicro: 0n,
  emittedUnits: 0n,
};
const now = new Date('2026-04-20T12:00:00Z');
const milli = { meterUnitMicro: 1_000n, now };

function bucket(hour: string, metered: bigint, more: Partial<MeterBucket> = {}): MeterBucket {
  const windowStart = new Date(`2026-04-${hour}:00:00Z`);
  return { windowStart, metered, rolled: 0n, lastAt: new Date(windowStart.getTime() + 600_000), sequence: 0, ...more };
}

describe('rolled-up usage', () => {
  test('each window becomes one event, with the part that fills no unit carried to the next', () => {
    const { deltas, emittedUnits, rolledMicro } = rolledUp(
      period,
      [bucket('10T08', 1_999n), bucket('10T09', 500n), bucket('10T10', 501n)],
      milli,
    );
    expect(deltas.map(({ value, identifier }) => [value, identifier.slice(-20)])).toEqual([
      [1n, '/2026-04-10T08:00Z/1'],
      [1n, '/2026-04-10T09:00Z/1'],
      [1n, '/2026-04-10T10:00Z/1'],
    ]);
    expect([emittedUnits, rolledMicro]).toEqual([3n, 3_000n]);
  });

  test('what does not fill a unit sends nothing and is not lost', () => {
    const first = rolledUp(period, [bucket('10T08', 999n)], milli);
    expect(first).toEqual({ deltas: [], rolledMicro: 999n, emittedUnits: 0n });
    const second = rolledUp({ ...period, ...first }, [bucket('10T08', 1_000n, { rolled: 999n })], milli);
    expect(second.deltas.map(({ value }) => value)).toEqual([1n]);
  });

  test('later usage of a window is a new delta with the next sequence', () => {
    const again = bucket('10T08', 7_000n, { rolled: 5_000n, sequence: 1 });
    const { deltas } = rolledUp({ ...period, rolledMicro: 5_000n, emittedUnits: 5n }, [again], milli);
    expect(deltas).toMatchObject([{ value: 2n, sequence: 2 }]);
  });

  test('more than the 15 digits that Stripe takes goes as several events, and nothing of it is lost', () => {
    const huge = bucket('10T08', 9_223_372_036_854_775_000n);
    const { deltas } = rolledUp(period, [huge], milli);
    expect(deltas.map(({ sequence }) => sequence)).toEqual(deltas.map((_delta, index) => index + 1));
    expect(Math.max(...deltas.map(({ value }) => value.toString().length))).toBe(15);
    expect(deltas.reduce((sum, { value }) => sum + value, 0n)).toBe(9_223_372_036_854_775n);
  });

  test('reversed usage is a negative delta', () => {
    const undone = bucket('10T08', 1_500n, { rolled: 5_000n, sequence: 1 });
    const { deltas } = rolledUp({ ...period, rolledMicro: 5_000n, emittedUnits: 5n }, [undone], milli);
    expect(deltas.map(({ value }) => value)).toEqual([-4n]);
  });

  test('an identifier has at most 100 characters', () => {
    expect(meterIdentifier(period, now, 2_147_483_647).length).toBeLessThanOrEqual(100);
  });

  test.for([
    ['inside the period as it happened', period, '2026-04-10T08:10:00.700Z', now, '2026-04-10T08:10:00Z'],
    [
      'before the first whole minute of the period',
      { ...period, startsAt: new Date('2026-04-01T00:00:20Z') },
      '2026-04-01T00:00:30Z',
      now,
      '2026-04-01T00:01:01Z',
    ],
    [
      'in the last second',
      period,
      '2026-04-30T23:59:59.999Z',
      new Date('2026-05-01T00:30:00Z'),
      '2026-04-30T23:59:59Z',
    ],
    [
      'after the last whole minute',
      { ...period, endsAt: new Date('2026-05-01T00:00:40Z') },
      '2026-05-01T00:00:35Z',
      new Date('2026-05-01T00:30:00Z'),
      '2026-04-30T23:59:59Z',
    ],
    [
      'older than Stripe takes, but inside the period',
      period,
      '2026-04-01T10:00:00Z',
      new Date('2026-05-07T00:00:00Z'),
      '2026-04-02T01:00:00Z',
    ],
  ] as const)('usage %s is stamped so that Stripe takes it', ([, within, at, instant, expected]) => {
    const { deltas } = rolledUp(within, [bucket('10T08', 1_000n, { lastAt: new Date(at) })], {
      ...milli,
      now: instant,
    });
    expect(deltas[0]?.stampedAt).toEqual(new Date(expected));
  });

  test('the sum that was sent is always the floor of the sum that was used, whatever comes when', () => {
    const step = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      delta: fc.bigInt({ min: -3_000n, max: 9_000n }),
      rollUp: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom(1n, 1_000n, 1_000_000n),
        (steps, meterUnitMicro) => {
          const buckets = new Map<number, MeterBucket>();
          let at = period;
          let sent = 0n;
          const seen = new Set<string>();
          for (const { hour, delta, rollUp } of [...steps, { hour: 0, delta: 0n, rollUp: true }]) {
            const old = buckets.get(hour) ?? bucket(`10T${String(hour).padStart(2, '0')}`, 0n);
            buckets.set(hour, { ...old, metered: old.metered + delta });
            if (!rollUp) continue;
            const waiting = [...buckets.values()].filter(({ metered, rolled }) => metered !== rolled);
            const { deltas, ...rolled } = rolledUp(at, waiting, { meterUnitMicro, now });
            at = { ...at, ...rolled };
            for (const { value, identifier, windowStart, sequence } of deltas) {
              sent += value;
              expect(seen.has(identifier), 'a name is used once').toBe(false);
              seen.add(identifier);
              const own = buckets.get(windowStart.getUTCHours());
              if (own !== undefined) buckets.set(windowStart.getUTCHours(), { ...own, sequence });
            }
            for (const [key, own] of buckets) buckets.set(key, { ...own, rolled: own.metered });
          }
          const used = [...buckets.values()].reduce((sum, { metered }) => sum + metered, 0n);
          const floor = used < 0n && used % meterUnitMicro !== 0n ? used / meterUnitMicro - 1n : used / meterUnitMicro;
          expect(sent).toBe(floor);
        },
      ),
    );
  });
});

describe('windows', () => {
  test.for([
    ['a whole hour', '2026-04-10T08:00:00Z', '2026-04-10T09:00:00Z'],
    ['one cut at the period’s start', '2026-04-10T08:40:00Z', '2026-04-10T09:00:00Z'],
    ['the last one', '2026-04-30T23:00:00Z', '2026-05-01T00:00:00Z'],
    ['one that the period’s end cuts', '2026-05-01T00:00:00Z', '2026-05-01T00:20:00Z', '2026-05-01T00:20:00Z'],
  ] as const)('%s ends in time', ([, start, end, periodEnd = '2026-05-01T00:00:00Z']) => {
    expect(windowEnd(new Date(start), new Date(periodEnd), 60)).toEqual(new Date(end));
  });

  test('no event is stamped outside of the whole minutes that Stripe sums', () => {
    const odd = { startsAt: new Date('2026-04-01T00:00:20Z'), endsAt: new Date('2026-05-01T00:00:20Z') };
    expect(meteredSpan(odd)).toEqual({ from: new Date('2026-04-01T00:01:00Z'), to: new Date('2026-05-01T00:00:00Z') });
  });
});
