// What is left of a period's allowance ends: somebody else has counted what was used of it.
import { remaining } from './lot.ts';
import { beginEntry, familyOf, type Moment, moveStock, type PoolBook } from './pool-book.ts';

/** Ends what is left of the lots that a period's plan included; each such lot stays, so that none opens again. */
export function endAllowance(book: PoolBook, billingPeriodId: string, reason: string, { now, newId }: Moment): void {
  for (const pool of familyOf(book)) {
    for (const lot of pool.lots.values()) {
      const left = remaining(lot);
      if (lot.source !== 'included' || lot.billingPeriodId !== billingPeriodId || left <= 0n) continue;
      const entryId = newId();
      const entry = beginEntry(pool, {
        entryId,
        kind: 'lot.ended',
        effectiveAt: now,
        actor: 'import',
        reason,
        sourceType: 'lot',
        sourceId: `${lot.lotId}/${entryId}`,
        billingPeriodId,
      });
      moveStock(pool, entry, {
        lotId: lot.lotId,
        amount: left,
        from: { account: 'available', counter: null },
        to: { account: 'expired', counter: 'ended' },
      });
      pool.changes.trueUpCause = entryId;
    }
  }
}
