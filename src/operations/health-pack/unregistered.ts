import type { Month, Section } from '../../domain/health-pack/section.ts';
import type { Unregistered } from '../../domain/health-pack/verdict.ts';
import type { Deps } from '../deps.ts';

/** What was used in the month and nobody registered. */
export async function readUnregistered(
  _deps: Pick<Deps, 'db'>,
  _month: Month,
): Promise<Section<readonly Unregistered[]>> {
  return { kind: 'not_enough_data', because: 'Nothing is registered yet.', have: 0, need: 1 };
}
