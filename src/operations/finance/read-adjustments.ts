import { EVERY_LANE } from '../../domain/customer.ts';
import type { Refused } from '../../domain/rejection.ts';
import { type Adjustment, adjustmentsOf } from '../../storage/adjustments.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { type Names, readNames } from './read-runs.ts';

export type { Adjustment } from '../../storage/adjustments.ts';

const CASES_MAX = 5_000;

/** Exceptions of a month, with what those who asked and agreed are called. */
export async function readAdjustments(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  month: string,
): Promise<{ readonly adjustments: readonly Adjustment[]; readonly names: Names } | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const adjustments = await adjustmentsOf(deps.db, { lanes: EVERY_LANE, month: `${month}-01`, limit: CASES_MAX });
  return { adjustments, names: await readNames(deps) };
}
