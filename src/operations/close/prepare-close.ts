// What a close needs and any night does: done now, in order, so that the checklist can tick itself.
import { monthEnd } from '../../domain/period-close.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { lockPeriod, savePeriod } from '../../storage/accounting-periods.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { fillEventGap } from '../fill-event-gap.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { recogniseRevenue } from '../recognise-revenue.ts';
import { reconcile, type Reconciliation } from '../reconcile.ts';
import { sealLedger } from '../seal-ledger.ts';
import { type Close, closeOf } from './read-close.ts';

export interface Prepared {
  readonly close: Close;
  readonly reconciliation: Pick<Reconciliation, 'reconciliationId' | 'customers' | 'unexplained' | 'reads'>;
}

/**
 * Lists what Stripe told nobody, recognises revenue through the last full day, reconciles everybody and seals the days that
 * are over. Each part may be run again; nothing of the month is frozen by it.
 */
export async function prepareClose(
  deps: Deps,
  acting: Acting,
  { month, onProgress }: { readonly month: string; readonly onProgress?: (step: string) => void },
): Promise<Prepared | Refused> {
  const actor = await permitted(deps.db, acting, 'close.request');
  if ('rejected' in actor) return actor;
  const at = await now(deps.db);
  const ends = monthEnd(month);
  if (at < ends)
    return refuse('close_too_early', `${month} ends at ${ends.toISOString()}; the books cannot close before`);
  onProgress?.('listing the events of Stripe');
  await fillEventGap(deps);
  onProgress?.('recognising revenue');
  await recogniseRevenue(deps);
  await transaction(deps.db, async (trx) => {
    const period = await lockPeriod(trx, month);
    await savePeriod(trx, { ...period, preparedAt: at }, null);
  });
  onProgress?.('reconciling everybody');
  const { reconciliationId, customers, unexplained, reads } = await reconcile(deps, {
    full: true,
    onProgress: (done) => onProgress?.(`reconciled ${done.customers} customers, ${done.reads} reads of Stripe`),
  });
  onProgress?.('sealing the days that are over');
  await sealLedger(deps);
  return { close: await closeOf(deps.db, month), reconciliation: { reconciliationId, customers, unexplained, reads } };
}
