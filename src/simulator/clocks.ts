import type { Store } from './store.ts';
import { OWN_CLOCK } from './world.ts';

const SETTING = 'own_clock';

/** What time it is: on a test clock, or on the simulator's own clock, which follows the wall until it is set. */
export interface Clocks {
  readonly now: (testClock?: string | null) => number;
  readonly set: (clock: string, instant: number) => void;
  /** The instant the own clock stands at, or undefined while it follows the wall. */
  readonly frozen: () => number | undefined;
  readonly freeze: (instant: number) => void;
  readonly unfreeze: () => void;
}

/** Reads and sets the clocks kept in a store. */
export function createClocks(store: Store): Clocks {
  const frozen = (): number | undefined => {
    const value = store.find('settings', SETTING)?.value;
    return typeof value === 'number' ? value : undefined;
  };
  const freeze = (instant: number): void => {
    store.transact(() => store.put('settings', { id: SETTING, value: instant }));
  };
  return {
    frozen,
    freeze,
    unfreeze: () => {
      store.transact(() => store.remove('settings', SETTING));
    },
    now: (testClock) => {
      const clock = testClock === null || testClock === undefined ? undefined : store.find('test_clocks', testClock);
      return clock?.frozen_time ?? frozen() ?? Math.floor(Date.now() / 1000);
    },
    set: (clock, instant) => {
      if (clock === OWN_CLOCK) {
        if (frozen() !== undefined) freeze(instant);
      } else if (store.find('test_clocks', clock) !== undefined) {
        store.transact(() => store.patch('test_clocks', clock, { frozen_time: instant }));
      }
    },
  };
}
