import type { Reconciled } from '../../domain/health-pack/facts.ts';
import { endOf, type Month, type Section, startOf } from '../../domain/health-pack/section.ts';
import { openVariances, reconciliationFigures } from '../../storage/health-pack/reconciliations.ts';
import type { Deps } from '../deps.ts';

/** Whether the books agreed with Stripe in a month, and what is open of it. Not enough where nobody compared them. */
export async function readReconciled({ db }: Pick<Deps, 'db'>, month: Month): Promise<Section<Reconciled>> {
  const [figures, open] = await Promise.all([
    reconciliationFigures(db, startOf(month), endOf(month)),
    openVariances(db, endOf(month)),
  ]);
  if (figures.runs === 0) {
    return { kind: 'not_enough_data', because: `No reconciliation ran in ${month}.`, have: 0, need: 1 };
  }
  return { kind: 'data', data: { ...figures, open } };
}
