// Moves Stripe's clocks and ours in step. Time stops at every period end, cut-off, hour of the draft window and deadline of
// a draft, so that what falls due there happens in its order on both sides.
import { DEADLINE_MS, DRAFT_GUARD_MS } from '../domain/settlement.ts';
import type { Timetable } from '../jobs/timetable.ts';
import type { Deps } from '../operations/deps.ts';
import { periodEndsUntil } from '../storage/clock-stops.ts';
import { now, setSimulatedClock } from '../storage/clock.ts';
import { advanceTestClock, listTestClocks } from '../stripe/test-clocks.ts';

export interface ClockParts {
  readonly deps: Deps;
  /** Moves the simulator's own clock; null where Stripe's own time cannot be moved. */
  readonly simulator: { readonly advanceTo: (instant: Date) => Promise<void> } | null;
  /** Does everything that is due, until nothing is. */
  readonly runDueWork: () => Promise<void>;
  /** Jobs that have an hour of their own; null: nobody runs them. */
  readonly timetable: Timetable | null;
}

export interface ClockMoved {
  readonly from: Date;
  readonly to: Date;
  readonly stops: number;
}

const MINUTE_MS = 60_000;
/** Longest leap where nothing is due: Stripe refuses more than two intervals at once. */
const LEAP_MS_MAX = 20 * 24 * 60 * MINUTE_MS;
/** Just before a period end: the last time at which its grants are made to fit. After it: the draft, its cut-off, its finalization about an hour after the draft, and what follows it. */
const AFTER_PERIOD_END_MINUTES = [-1, 0, 1, 60, 65, 75, 120, 180];
/** Of a draft that is still open then: our last act before Stripe finalizes it, and Stripe's own. */
const DEADLINE_MINUTES = [DRAFT_GUARD_MS - DEADLINE_MS, DRAFT_GUARD_MS].flatMap((ms) => [
  ms / MINUTE_MS,
  ms / MINUTE_MS + 1,
]);

/** Moves time forward to an instant; returns how often it stopped on the way. */
export async function advanceClock(parts: ClockParts, to: Date): Promise<ClockMoved> {
  const from = await now(parts.deps.db);
  let at = from;
  let stops = 0;
  await parts.runDueWork();
  while (at < to) {
    const before = at;
    at = await nextStop(parts, before, to);
    await moveTo(parts, at);
    await parts.runDueWork();
    if (parts.timetable !== null) {
      await parts.timetable.runNight(before, at);
      await parts.runDueWork();
    }
    stops += 1;
  }
  if (parts.timetable !== null) {
    await parts.timetable.runRest(from, to);
    await parts.runDueWork();
  }
  return { from, to, stops };
}

/** Ours first: what Stripe says happened is never in our future. */
async function moveTo({ deps, simulator }: ClockParts, instant: Date): Promise<void> {
  await setSimulatedClock(deps.db, instant);
  await simulator?.advanceTo(instant);
  for (const clock of await listTestClocks(deps.stripe)) {
    if (clock.frozenAt.getTime() < wholeSecond(instant)) await advanceTestClock(deps.stripe, clock.id, instant);
  }
}

/** The next instant at which something falls due, at most the one that is wanted. */
async function nextStop({ deps: { db, settings }, timetable }: ClockParts, at: Date, to: Date): Promise<Date> {
  const ends = await periodEndsUntil(db, at, to);
  const minutes = [
    ...AFTER_PERIOD_END_MINUTES,
    ...DEADLINE_MINUTES,
    settings.cutOffMinutes,
    settings.cutOffMinutes + 1,
  ];
  const due = ends.flatMap((end) => minutes.map((after) => end.getTime() + after * MINUTE_MS));
  const leap = new Date(Math.min(to.getTime(), at.getTime() + LEAP_MS_MAX));
  const night = timetable?.nextNight(at, leap)?.getTime() ?? Infinity;
  const ahead = [night, ...due].filter((instant) => instant > at.getTime());
  return new Date(Math.min(leap.getTime(), ...ahead));
}

function wholeSecond(instant: Date): number {
  return Math.floor(instant.getTime() / 1000) * 1000;
}
