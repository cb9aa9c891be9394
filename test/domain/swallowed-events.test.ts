import { describe, expect, test } from 'vitest';

import { HOUR_MS, repairs, type SentMeterEvent } from '../../src/domain/swallowed-events.ts';

const eight = Date.parse('2026-04-30T20:00:00Z');
const nine = eight + HOUR_MS;

function event(identifier: string, value: bigint, hour = eight, ageHours = 2): SentMeterEvent {
  return { identifier, value, stampedAt: new Date(hour + 600_000), ageSeconds: ageHours * 3600 };
}

function named(events: readonly SentMeterEvent[], counted: readonly (readonly [number, bigint])[]) {
  return repairs(events, new Map(counted)).map(({ event: { identifier }, identifier: again, cancels }) => [
    identifier,
    again,
    cancels,
  ]);
}

describe('events that Stripe took and never counted', () => {
  test('the one that accounts for what an hour lacks is cancelled and sent under another name', () => {
    const sent = [event('a', 12_000n), event('b', 500n), event('c', 7n, nine)];
    expect(
      named(sent, [
        [eight, 12_000n],
        [nine, 7n],
      ]),
    ).toEqual([['b', 'b/r1', true]]);
  });

  test('where hours agree nothing is sent', () => {
    expect(named([event('a', 12_000n)], [[eight, 12_000n]])).toEqual([]);
  });

  test('an hour of which Stripe counts nothing lacks all of it', () => {
    expect(named([event('a', 3n)], [])).toEqual([['a', 'a/r1', true]]);
  });

  test('where two could be meant, all that can still be cancelled are sent anew', () => {
    const sent = [event('a', 5n), event('b', 5n), event('old', 9n, eight, 30)];
    expect(named(sent, [[eight, 14n]])).toEqual([
      ['a', 'a/r1', true],
      ['b', 'b/r1', true],
    ]);
  });

  test('what is too old to be cancelled is sent only when it is certain which one it was', () => {
    const sent = [event('a', 5n, eight, 30), event('b', 8n, eight, 30)];
    expect(named(sent, [[eight, 8n]])).toEqual([['a', 'a/r1', false]]);
    expect(named(sent, [[eight, 2n]])).toEqual([]);
  });

  test('where Stripe counts more than was reported, nothing of ours is sent again', () => {
    expect(named([event('a', 1_507_000n)], [[eight, 1_508_310n]])).toEqual([]);
    // Usage that was undone lowers the sum: that event may be the lost one.
    expect(named([event('a', 9n), event('b', -4n)], [[eight, 9n]])).toEqual([['b', 'b/r1', true]]);
  });

  test('no event is repaired twice', () => {
    expect(named([event('a/r1', 5n)], [])).toEqual([]);
  });
});
