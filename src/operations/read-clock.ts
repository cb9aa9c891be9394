import { now, wallTime } from '../storage/clock.ts';
import type { Deps } from './deps.ts';

/** The instant that this deployment lives in. */
export async function readClock(deps: Pick<Deps, 'db'>): Promise<Date> {
  return now(deps.db);
}

/** The database's own time, which goes on while a sandbox stands still. */
export async function fetchServerTime(deps: Pick<Deps, 'db'>): Promise<Date> {
  return wallTime(deps.db);
}
