import { now } from '../storage/clock.ts';
import type { Deps } from './deps.ts';

/** The instant that this deployment lives in. */
export async function readClock(deps: Pick<Deps, 'db'>): Promise<Date> {
  return now(deps.db);
}
