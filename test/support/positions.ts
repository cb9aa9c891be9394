// The uncertain facts about Stripe as a story meets them: each at its likeliest position, or all at another.
import { OTHER_POSITIONS, type Switches } from '../../src/simulator/switches.ts';

/** Positions under which no story can be told, and why. */
export const NOT_IN_A_STORY: Readonly<Record<string, string>> = {
  meterTimestampClock: 'a story lives in another year than the wall: by that clock each meter event is out of bounds',
  swappedMeteredPrice: 'by the other reading each such draft waits for a person: A6 tells it by itself',
  writesWhileAdvancing: 'the clock of a story only moves by advancing: nobody could do anything in it',
};

/** Every uncertain fact at the first of its other positions. */
export const EVERYTHING_OTHERWISE: Partial<Switches> = Object.fromEntries(
  Object.entries(OTHER_POSITIONS)
    .filter(([name]) => !(name in NOT_IN_A_STORY))
    .map(([name, [position]]) => [name, position]),
);

export interface Position {
  readonly name: string;
  readonly switches: Partial<Switches>;
}

/** Each other position by itself, as the full matrix tries it. */
export const POSITIONS: readonly Position[] = Object.entries(OTHER_POSITIONS)
  .filter(([name]) => !(name in NOT_IN_A_STORY))
  .flatMap(([name, positions]) =>
    positions.map((position): Position => ({ name: `${name}=${String(position)}`, switches: { [name]: position } })),
  );

const RUNS = 7;

/** The four of seven runs in which each fact is otherwise: no two facts share all four, any two share one. */
const FOUR_OF_SEVEN = Array.from({ length: 2 ** RUNS }, (_, runs) => runs).filter(
  (runs) => runs.toString(2).replaceAll('0', '').length === 4,
);

/**
 * Few runs in place of one for each position: with the run of the suite, where all are at their likeliest, any two facts
 * meet in each of their four combinations (a covering array of strength two, Katona's).
 */
export const TOGETHER: readonly Position[] = Array.from({ length: RUNS }, (_, run) => ({
  name: `together ${run + 1} of ${RUNS}`,
  switches: Object.fromEntries(
    Object.entries(EVERYTHING_OTHERWISE).filter((_fact, at) => ((FOUR_OF_SEVEN[at] ?? 0) >> run) & 1),
  ),
}));

/** What the matrix sets for a whole run of the stories. */
export function switchesOfRun(): Partial<Switches> {
  return JSON.parse(process.env['STORY_SWITCHES'] ?? '{}') as Partial<Switches>;
}

type Fact = keyof typeof OTHER_POSITIONS;

/** The test of ours that touches a fact and runs under both of its positions; or why none can tell them apart. */
export const UNDER_BOTH: Readonly<Record<Fact, `test/${string}` | `none: ${string}`>> = {
  meterLagMs: 'test/stories/a1-hybrid.test.ts',
  meterDecimals: 'test/stories/a1-hybrid.test.ts',
  archivedMeter: 'test/stories/usage-that-stripe-cannot-count.test.ts',
  unknownMeter: 'none: usage is reported to a meter that was seen at Stripe, and Stripe deletes none',
  malformedMeterEvents: 'none: what is reported names its customer and a whole number',
  unknownMeterCustomer: 'test/stories/usage-that-stripe-cannot-count.test.ts',
  meterTimestamps: 'none: a stamp is moved inside the bounds before it is sent',
  meterTimestampClock: `none: ${NOT_IN_A_STORY['meterTimestampClock']}`,
  concurrentMeterEvents: 'test/stories/a1-hybrid.test.ts',
  deactivatedMeterFreesName: 'test/operations/push-catalogue.test.ts',
  summaryEnd: 'test/stories/e1-late-usage.test.ts',
  summaryOrder: 'test/stories/a1-hybrid.test.ts',
  summaryOfNothing: 'test/stories/a1-hybrid.test.ts',
  creditGrantsMax: 'test/stories/b7-many-promotions.test.ts',
  grantEndingInDraftWindow: 'test/stories/b3-use-it-or-lose-it.test.ts',
  draftsShowCredits: 'test/stories/e8-other-currencies.test.ts',
  creditNoteShare: 'test/stories/d2-wrong-overage.test.ts',
  creditNoteCeiling: 'test/stories/d2-wrong-overage.test.ts',
  creditNoteOfNothing: 'test/stories/d2-wrong-overage.test.ts',
  negativeHalf: 'none: no line of ours is negative by a half, and what others write is mirrored as it is',
  graduatedLines: 'test/stories/a10-not-our-meter.test.ts',
  tierRounding: 'test/stories/a10-not-our-meter.test.ts',
  swappedMeteredPrice: 'test/stories/a6-price-change-in-mid-period.test.ts',
  trialUsage: 'test/stories/a12-trial.test.ts',
  testClockCustomersMax: 'none: the sandbox gives each customer a clock of his own',
  subscriptionItemsMax: 'none: a plan has two items',
  scheduledFinalizationWaits: 'test/stories/b16-dead-over-the-boundary.test.ts',
  writesWhileAdvancing: `none: ${NOT_IN_A_STORY['writesWhileAdvancing']}`,
  paymentStamps: 'test/stories/a1-hybrid.test.ts',
  eventStamps: 'test/stories/a1-hybrid.test.ts',
  voidingPaidByCreditNote: 'test/stories/d3-open-invoice.test.ts',
  creditTransactionsWithoutCustomer: 'none: they are never listed without their customer',
  tooSmallMovesToBalance: 'test/stories/too-small-to-charge.test.ts',
  upcomingDays: 'test/stories/a1-hybrid.test.ts',
  disputeFeeWhenWon: 'test/stories/d5-dispute-on-a-pack.test.ts',
};
