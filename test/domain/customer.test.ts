import { describe, expect, test } from 'vitest';

import { customerKey, LANES, laneOf } from '../../src/domain/customer.ts';
import { laneOfId, withLane } from '../../src/domain/lane-id.ts';

describe("a customer's lane", () => {
  // Rows are stored under these: a change here would move every customer.
  test.for([
    ['00000000-0000-0000-0000-000000000000', 17],
    ['0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeee01', 5],
    ['0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeee02', 12],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', 17],
  ] as const)('of %s is %s for ever', ([id, lane]) => {
    expect(laneOf(id)).toBe(lane);
    expect(customerKey(id)).toEqual({ lane, customerId: id });
  });

  test('spreads customers over all lanes about evenly', () => {
    const counts = Array.from({ length: LANES }, () => 0);
    for (let index = 0; index < 64_000; index += 1) {
      const lane = laneOf(`0199aaaa-bbbb-7ccc-8ddd-${index.toString(16).padStart(12, '0')}`);
      counts[lane] = (counts[lane] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(700);
    expect(Math.max(...counts)).toBeLessThan(1300);
  });
});

describe('an id that carries its lane', () => {
  const id = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeff';

  test('gives it back, for every lane', () => {
    for (let lane = 0; lane < LANES; lane += 1) expect(laneOfId(withLane(id, lane))).toBe(lane);
  });

  test('is a UUID still, and differs from its origin in the last byte only', () => {
    expect(withLane(id, 5)).toBe('0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeee05');
  });

  test.for(['0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeff', '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeee40', 'nonsense', ''])(
    '%j carries none',
    (stranger) => {
      expect(laneOfId(stranger)).toBeNull();
    },
  );
});
