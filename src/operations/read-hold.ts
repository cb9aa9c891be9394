import { refuse, type Refused } from '../domain/rejection.ts';
import { type ShownHold, shownHold } from '../storage/statements.ts';
import type { Deps } from './deps.ts';

/** A hold with what it still reserves. */
export async function readHold(deps: Pick<Deps, 'db'>, holdId: string): Promise<ShownHold | Refused> {
  return (await shownHold(deps.db, holdId)) ?? refuse('unknown_hold', 'No hold has this id.', { param: 'id' });
}
