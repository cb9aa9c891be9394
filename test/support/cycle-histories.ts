// Random lives of customers in April 2026, as data: what they are given, buy and use, and when, crowded around the end.
import fc from 'fast-check';

/** When something may happen; the last three lie in the last hour, the draft window before the cut-off, and after it. */
export const INSTANTS = [
  '2026-04-03T12:00:00Z',
  '2026-04-15T12:00:00Z',
  '2026-04-28T12:00:00Z',
  '2026-04-30T23:20:00Z',
  '2026-04-30T23:58:30Z',
  '2026-04-30T23:59:50Z',
  '2026-05-01T00:20:00Z',
  '2026-05-01T02:30:00Z',
] as const;
export type Instant = (typeof INSTANTS)[number];

export type Deed =
  | {
      readonly what: 'use';
      readonly action: string;
      readonly calls: number;
      readonly isLate: boolean;
      readonly member?: string;
    }
  | {
      readonly what: 'gift';
      readonly credits: number;
      readonly features: readonly string[] | null;
      readonly expires: string | null;
      readonly priority: number;
    }
  | { readonly what: 'pack' };

export interface History {
  readonly plan: string;
  readonly deeds: readonly { readonly at: Instant; readonly deed: Deed }[];
}

const use = fc.record({
  what: fc.constant('use' as const),
  action: fc.constantFrom('image.draw', 'chat.answer'),
  calls: fc.integer({ min: 1, max: 900 }),
  isLate: fc.boolean(),
});
const gift = fc.record({
  what: fc.constant('gift' as const),
  credits: fc.integer({ min: 1, max: 1_500 }),
  features: fc.constantFrom(null, ['image'], ['chat'], ['image', 'chat']),
  expires: fc.constantFrom(null, '2026-04-20T00:00:00Z', '2026-05-01T00:00:00Z', '2026-05-10T00:00:00Z'),
  priority: fc.integer({ min: 0, max: 100 }),
});
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: use },
  { weight: 3, arbitrary: gift },
  { weight: 1, arbitrary: fc.constant({ what: 'pack' as const }) },
);

const history: fc.Arbitrary<History> = fc.record({
  plan: fc.constantFrom('open', 'no-paydown', 'odd-price', 'with-credits'),
  deeds: fc.array(fc.record({ at: fc.constantFrom(...INSTANTS), deed }), { minLength: 3, maxLength: 14 }),
});

const memberUse = fc.record({
  what: fc.constant('use' as const),
  action: fc.constantFrom('image.draw', 'chat.answer'),
  calls: fc.integer({ min: 1, max: 700 }),
  isLate: fc.boolean(),
  member: fc.constantFrom('ann', 'bob', 'cleo'),
});

/** A pool for each member: one's leftover pays for nobody else, and Stripe knows one customer. */
const memberHistory: fc.Arbitrary<History> = fc.record({
  plan: fc.constant('members'),
  deeds: fc.array(fc.record({ at: fc.constantFrom(...INSTANTS), deed: memberUse }), { minLength: 3, maxLength: 14 }),
});

/** How a subscription is taxed: not at all, by its own rate, by one of its metered item, or by one that is in the price. */
export type TaxMode = 'none' | 'default' | 'item' | 'inclusive';

/** So many; drawn by themselves, so that the histories of a seed stay what they are. */
export function taxModes(count: number, seed: number): readonly TaxMode[] {
  const mode = fc.constantFrom<TaxMode>('none', 'default', 'item', 'inclusive');
  return fc.sample(mode, { numRuns: count, seed });
}

/** So many histories of customers with members; the same ones for the same seed. */
export function memberHistories(count: number, seed: number): readonly History[] {
  return fc.sample(memberHistory, { numRuns: count, seed });
}

/** So many histories; the same ones for the same seed. */
export function cycleHistories(count: number, seed: number): readonly History[] {
  return fc.sample(history, { numRuns: count, seed });
}
