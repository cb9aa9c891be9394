// The uncertain facts about Stripe as a story meets them: each at its likeliest position, or all at another.
import { OTHER_POSITIONS, type Switches } from '../../src/simulator/switches.ts';

/** Positions under which no story can be told, and why. */
export const NOT_IN_A_STORY: Readonly<Record<string, string>> = {
  meterTimestampClock: 'a story lives in another year than the wall: by that clock each meter event is out of bounds',
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
