import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { BurnRate } from '../../src/domain/catalogue.ts';
import { rate, rateInForce } from '../../src/domain/rating.ts';

const tokens: BurnRate = {
  per: [
    { quantity: 'input_tokens', credits: '1', each: 1000 },
    { quantity: 'output_tokens', credits: '3', each: 1000 },
  ],
};

describe('one usage event is worth', () => {
  const thirds: BurnRate = {
    per: [
      { quantity: 'a', credits: '1', each: 3 },
      { quantity: 'b', credits: '1', each: 3 },
      { quantity: 'c', credits: '1', each: 3 },
    ],
  };
  test.for<[string, BurnRate, Record<string, bigint>, bigint]>([
    ['a credit for 1 000 input tokens', tokens, { input_tokens: 1000n }, 1_000_000n],
    ['three credits for 1 000 output tokens', tokens, { output_tokens: 1000n }, 3_000_000n],
    ['the sum of both', tokens, { input_tokens: 4808n, output_tokens: 10n }, 4_838_000n],
    ['nothing when nothing was used', tokens, { input_tokens: 0n }, 0n],
    ['the flat rate', { flat: '20' }, {}, 20_000_000n],
    [
      'flat and quantity together',
      { flat: '0.5', per: [{ quantity: 'calls', credits: '2', each: 1 }] },
      { calls: 3n },
      6_500_000n,
    ],
    [
      'the minimum, when the quantities come to less',
      { per: [{ quantity: 'calls', credits: '0.1', each: 1 }], minimum: '1' },
      { calls: 3n },
      1_000_000n,
    ],
    [
      'more than the minimum, when the quantities come to more',
      { per: [{ quantity: 'calls', credits: '0.1', each: 1 }], minimum: '1' },
      { calls: 30n },
      3_000_000n,
    ],
    ['three thirds exactly: terms are not rounded apart', thirds, { a: 1n, b: 1n, c: 1n }, 1_000_000n],
    ['a third rounded up to the micro-credit', thirds, { a: 1n }, 333_334n],
    [
      'a micro-credit for the smallest part of one',
      { per: [{ quantity: 'x', credits: '0.000000000001', each: 1 }] },
      { x: 1n },
      1n,
    ],
    [
      'a single embedded token: 100 micro-credits',
      { per: [{ quantity: 'embedded_tokens', credits: '0.1', each: 1000 }] },
      { embedded_tokens: 1n },
      100n,
    ],
    [
      'the largest amount',
      { per: [{ quantity: 'x', credits: '1', each: 1_000_000 }] },
      { x: 9_223_372_036_854_775_807n },
      9_223_372_036_854_775_807n,
    ],
  ])('%s', ([, burnRate, quantities, expected]) => {
    expect(rate(burnRate, quantities)).toBe(expected);
  });
});

describe('is refused', () => {
  test.for<[string, BurnRate, Record<string, bigint>, string, string]>([
    ['a quantity the rate does not know', tokens, { images: 1n }, 'invalid_request', 'input_tokens, output_tokens'],
    ['a known quantity beside an unknown one', tokens, { input_tokens: 1n, images: 1n }, 'invalid_request', 'images'],
    ['a quantity of a flat rate', { flat: '20' }, { reports: 1n }, 'invalid_request', 'takes none'],
    ['an event without any quantity', tokens, {}, 'invalid_request', 'rated by input_tokens, output_tokens'],
    ['a negative quantity', tokens, { input_tokens: -1n }, 'invalid_request', 'input_tokens is -1'],
    ['a name of the prototype', tokens, { constructor: 1n }, 'invalid_request', 'constructor'],
    [
      'one micro-credit more than an amount holds',
      { flat: '0.000001', per: [{ quantity: 'x', credits: '1', each: 1_000_000 }] },
      { x: 9_223_372_036_854_775_807n },
      'amount_out_of_range',
      'more credits',
    ],
  ])('%s', ([, burnRate, quantities, code, words]) => {
    const refused = rate(burnRate, quantities);
    if (typeof refused === 'bigint') throw new Error(`accepted as ${refused} micro-credits`);
    expect(refused.rejected.code).toBe(code);
    expect(refused.rejected.message).toContain(words);
  });
});

test('a month of many actions adds up to the credits on the price list', () => {
  const per = (quantity: string, credits: string, each: number): BurnRate => ({ per: [{ quantity, credits, each }] });
  const used = [
    micro(rate(per('input_tokens', '1', 1000), { input_tokens: 1_000_000n })),
    micro(rate(per('output_tokens', '4', 1000), { output_tokens: 200_000n })),
    micro(rate(per('gpu_minutes', '1', 1), { gpu_minutes: 30n })),
    micro(rate(per('embedded_tokens', '0.1', 1000), { embedded_tokens: 2_000_000n })),
  ];
  expect(used).toEqual([1_000_000_000n, 800_000_000n, 30_000_000n, 200_000_000n]);
});

test('a rate that the linter never saw is a bug, not a refusal', () => {
  expect(() => rate({ flat: '1e3' }, {})).toThrow('no plain decimal');
});

test('rates that divide evenly lose nothing by splitting an event', () => {
  const counts = fc.bigInt({ min: 0n, max: 10n ** 12n });
  fc.assert(
    fc.property(fc.array(counts, { minLength: 1, maxLength: 20 }), (parts) => {
      const whole = rate(tokens, { input_tokens: parts.reduce((sum, part) => sum + part, 0n) });
      const apart = parts.reduce((sum, part) => sum + micro(rate(tokens, { input_tokens: part })), 0n);
      expect(apart).toBe(whole);
    }),
  );
});

const anyRate: fc.Arbitrary<BurnRate> = fc.record({
  flat: decimal(6),
  per: fc.uniqueArray(
    fc.record({
      quantity: fc.constantFrom('a', 'b', 'c'),
      credits: decimal(12),
      each: fc.integer({ min: 1, max: 999_983 }),
    }),
    { selector: ({ quantity }) => quantity, minLength: 1 },
  ),
  minimum: decimal(6),
});

test('more use never costs less', () => {
  fc.assert(
    fc.property(anyRate, fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 9n), (burnRate, count, more) => {
      const name = burnRate.per?.[0]?.quantity ?? '';
      const less = micro(rate(burnRate, { [name]: count }));
      expect(micro(rate(burnRate, { [name]: count + more }))).toBeGreaterThanOrEqual(less);
    }),
  );
});

test('rounding adds less than one micro-credit to the exact value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_983 }), fc.bigInt(0n, 10n ** 12n), (each, count) => {
      const rated = micro(rate({ per: [{ quantity: 'a', credits: '7', each }] }, { a: count }));
      const over = rated * BigInt(each) - 7_000_000n * count;
      expect(over >= 0n && over < BigInt(each)).toBe(true);
    }),
  );
});

test('splitting an event never makes it cheaper', () => {
  fc.assert(
    fc.property(anyRate, fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 9n), (burnRate, one, other) => {
      const name = burnRate.per?.[0]?.quantity ?? '';
      const apart = micro(rate(burnRate, { [name]: one })) + micro(rate(burnRate, { [name]: other }));
      expect(apart).toBeGreaterThanOrEqual(micro(rate(burnRate, { [name]: one + other })));
    }),
  );
});

const steps: BurnRate = {
  tiers: [
    {
      quantity: 'calls',
      each: 10,
      steps: [
        { upTo: 100, credits: '1' },
        { upTo: 1000, credits: '0.8' },
        { upTo: null, credits: '0.5' },
      ],
    },
  ],
};

describe('a tiered rate prices the part of one event that lies in each step', () => {
  test.for<[bigint, bigint]>([
    [0n, 0n],
    [100n, 10_000_000n],
    [101n, 10_080_000n],
    [1000n, 82_000_000n],
    [1200n, 92_000_000n],
  ])('%s calls', ([count, expected]) => {
    expect(rate(steps, { calls: count })).toBe(expected);
  });

  test('beside flat and per, at least the minimum', () => {
    const mixed: BurnRate = { ...steps, flat: '1', per: [{ quantity: 'pages', credits: '2', each: 1 }], minimum: '5' };
    expect(rate(mixed, { calls: 10n })).toBe(5_000_000n);
    expect(rate(mixed, { calls: 200n, pages: 3n })).toBe(1_000_000n + 18_000_000n + 6_000_000n);
  });

  const anySteps = fc
    .record({
      each: fc.integer({ min: 1, max: 999_983 }),
      bounds: fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6 }),
      prices: fc.array(decimal(12), { minLength: 7, maxLength: 7 }),
    })
    .map(({ each, bounds, prices }) => {
      const upTo: (number | null)[] = [...bounds.toSorted((a, b) => a - b), null];
      return { each, steps: upTo.map((reach, index) => ({ upTo: reach, credits: prices[index] ?? '0' })) };
    });

  test('more of it never costs less', () => {
    fc.assert(
      fc.property(anySteps, fc.bigInt(0n, 200_000n), fc.bigInt(0n, 1000n), (tier, count, more) => {
        const tiered: BurnRate = { tiers: [{ quantity: 'a', ...tier }] };
        expect(micro(rate(tiered, { a: count + more }))).toBeGreaterThanOrEqual(micro(rate(tiered, { a: count })));
      }),
    );
  });

  test('at a step the price goes on where it was: one more costs one more, at the new price', () => {
    fc.assert(
      fc.property(anySteps, ({ each, steps: listed }) => {
        const tiered: BurnRate = { tiers: [{ quantity: 'a', each, steps: listed }] };
        for (const [index, { upTo }] of listed.entries()) {
          if (upTo === null) continue;
          const price = listed[index + 1]?.credits ?? '0';
          const one = micro(rate({ per: [{ quantity: 'a', credits: price, each }] }, { a: 1n }));
          const more = micro(rate(tiered, { a: BigInt(upTo) + 1n })) - micro(rate(tiered, { a: BigInt(upTo) }));
          // Each of the three is rounded up by less than a micro-credit.
          expect(more >= one - 1n && more <= one).toBe(true);
        }
      }),
    );
  });

  test('one step without end is the plain rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999_983 }),
        decimal(12),
        fc.bigInt(0n, 10n ** 12n),
        (each, credits, count) => {
          const plain: BurnRate = { per: [{ quantity: 'a', credits, each }] };
          const tiered: BurnRate = { tiers: [{ quantity: 'a', each, steps: [{ upTo: null, credits }] }] };
          expect(rate(tiered, { a: count })).toEqual(rate(plain, { a: count }));
        },
      ),
    );
  });
});

describe('rules by dimension', () => {
  const byModel: BurnRate = {
    ...tokens,
    rules: [
      { when: { model: 'large', region: 'eu' }, rate: { flat: '7' } },
      { when: { model: ['large', 'huge'] }, rate: { per: [{ quantity: 'input_tokens', credits: '10', each: 1000 }] } },
    ],
    otherwise: 'rate',
  };
  test.for<[string, Record<string, string>, Record<string, bigint>, bigint]>([
    ['the first that matches counts', { model: 'large', region: 'eu' }, {}, 7_000_000n],
    ['a rule may list several values', { model: 'huge', region: 'eu' }, { input_tokens: 1000n }, 10_000_000n],
    ['dimensions that no rule names change nothing', { model: 'huge', team: 'x' }, { input_tokens: 1n }, 10_000n],
    ['what matches none has the plain rate', { model: 'small' }, { output_tokens: 1000n }, 3_000_000n],
    ['a dimension that is not given matches none', {}, { output_tokens: 1000n }, 3_000_000n],
    ['names of the prototype match none', { toString: 'large' }, { output_tokens: 1000n }, 3_000_000n],
  ])('%s', ([, dimensions, quantities, expected]) => {
    expect(rate(byModel, quantities, dimensions)).toBe(expected);
  });

  test('A5: a resolved ticket costs 20 credits, any other outcome nothing', () => {
    const ticket: BurnRate = { rules: [{ when: { outcome: 'resolved' }, rate: { flat: '20' } }], otherwise: 'free' };
    expect(rate(ticket, {}, { outcome: 'resolved' })).toBe(20_000_000n);
    fc.assert(
      fc.property(
        fc.string().filter((outcome) => outcome !== 'resolved'),
        (outcome) => {
          expect(rate(ticket, {}, { outcome })).toBe(0n);
          expect(rate(ticket, { steps: 3n }, {})).toBe(0n);
        },
      ),
    );
  });

  test('what matches none is refused where the rate says so, with what it asks for', () => {
    const strict: BurnRate = { rules: byModel.rules ?? [], otherwise: 'refuse' };
    expect(rate(strict, { input_tokens: 1n }, { model: 'tiny' })).toMatchObject({
      rejected: {
        code: 'no_rate_for_dimensions',
        message:
          'No rule prices this action with model tiny, region not given. Send dimensions that the burn table lists, or add a rule.',
        param: 'dimensions',
      },
    });
  });

  test('a negative quantity is refused also where nothing is charged', () => {
    expect(rate({ rules: [], otherwise: 'free' }, { a: -1n })).toMatchObject({ rejected: { code: 'invalid_request' } });
  });

  test('a rule that matches everything is the plain rate', () => {
    fc.assert(
      fc.property(anyRate, fc.constantFrom('a', 'b', 'c'), fc.bigInt(0n, 10n ** 9n), (plain, name, count) => {
        const ruled: BurnRate = { rules: [{ when: { model: ['x', 'y'] }, rate: plain }], otherwise: 'refuse' };
        expect(rate(ruled, { [name]: count }, { model: 'x' })).toEqual(rate(plain, { [name]: count }));
        const unruled: BurnRate = {
          ...plain,
          rules: [{ when: { model: 'z' }, rate: { flat: '9' } }],
          otherwise: 'rate',
        };
        expect(rate(unruled, { [name]: count }, { model: 'x' })).toEqual(rate(plain, { [name]: count }));
      }),
    );
  });
});

test('A4: single embedded tokens lose nothing: a thousand of them cost what one event of a thousand costs', () => {
  const embedded: BurnRate = { per: [{ quantity: 'embedded_tokens', credits: '0.1', each: 1000 }] };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), (count) => {
      const one = micro(rate(embedded, { embedded_tokens: 1n }));
      expect(one * BigInt(count)).toBe(rate(embedded, { embedded_tokens: BigInt(count) }));
    }),
  );
});

describe('the rate in force', () => {
  const row = (action: string, from: string) => ({ action, effectiveFrom: new Date(from) });
  const january = row('api.call', '2026-01-01T00:00:00Z');
  const march = row('api.call', '2026-03-01T00:00:00Z');
  const rows = [march, january, row('report.generate', '2026-02-01T00:00:00Z')];
  test.for([
    ['is none before the first began', '2025-12-31T23:59:59.999Z', null],
    ['begins at its very instant', '2026-01-01T00:00:00Z', january],
    ['lasts until the next begins', '2026-02-28T23:59:59.999Z', january],
    ['is the latest that began, in whatever order they are listed', '2026-03-01T00:00:00Z', march],
  ] as const)('%s', ([, at, expected]) => {
    expect(rateInForce(rows, 'api.call', new Date(at))).toBe(expected);
  });
  test('of an action that the table does not list is none', () => {
    expect(rateInForce(rows, 'unheard.of', new Date('2027-01-01T00:00:00Z'))).toBeNull();
  });
});

function decimal(places: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat({ max: 1000 }), fc.nat({ max: 10 ** places - 1 }))
    .map(([whole, part]) => `${whole}.${part.toString().padStart(places, '0')}`);
}

function micro(rated: ReturnType<typeof rate>): bigint {
  if (typeof rated !== 'bigint') throw new Error(rated.rejected.message);
  return rated;
}
