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

/** What the matrix sets for a whole run of the stories. */
export function switchesOfRun(): Partial<Switches> {
  return JSON.parse(process.env['STORY_SWITCHES'] ?? '{}') as Partial<Switches>;
}
