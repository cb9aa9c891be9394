// Everything that is due, until nothing is: what the loops and ticks of a running service do in the course of a minute.
import { setTimeout as sleep } from 'node:timers/promises';

/** One kind of background work; returns how much it did. */
export interface Work {
  readonly name: string;
  readonly turn: () => Promise<number>;
}

const ROUNDS_MAX = 500;

/**
 * Does all due work in rounds until two whole rounds find nothing. `heard` waits until what the work caused elsewhere has
 * come back (the simulator's webhooks). Throws when it never comes to rest, naming what kept going.
 */
export async function runDueWork(works: readonly Work[], heard: () => Promise<void> = settle): Promise<void> {
  let busy: readonly string[] = [];
  let quietRounds = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    busy = [];
    for (const { name, turn } of works) {
      if ((await turn()) > 0) busy = [...busy, name];
    }
    await heard();
    quietRounds = busy.length === 0 ? quietRounds + 1 : 0;
    if (quietRounds === 2) return;
  }
  throw new Error(`the work does not come to rest: ${busy.join(', ')} kept finding something`);
}

async function settle(): Promise<void> {
  await sleep(20);
}
