// Seals every day that is over, in order. What leaves here (the log, an exported file) is what nobody can take back.
import { EVERY_LANE } from '../domain/customer.ts';
import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { firstUnsealedDay, lockSeals, sealDay, type SealRoot, sealRoots } from '../storage/seals.ts';
import type { Deps } from './deps.ts';

export type { ExportedRoot, SealRoot } from '../storage/seals.ts';

/** A transaction that began before midnight may still commit for a while; none may for an hour. */
const SETTLED_AFTER_MS = 3_600_000;

/**
 * Seals the days (UTC) that ended an hour ago or earlier and are not sealed yet; days on which nothing was recorded need
 * no seal. Returns the new roots, the oldest first: keep them where this database's owner cannot write.
 */
export async function sealLedger(deps: Pick<Deps, 'db' | 'log'>): Promise<readonly SealRoot[]> {
  const at = await now(deps.db);
  const before = new Date(at.getTime() - SETTLED_AFTER_MS).toISOString().slice(0, 10);
  const roots: SealRoot[] = [];
  for (;;) {
    const root = await transaction(deps.db, async (trx) => {
      await lockSeals(trx);
      const day = await firstUnsealedDay(trx, EVERY_LANE);
      return day === null || day >= before ? null : sealDay(trx, { day, lanes: EVERY_LANE, sealedAt: at });
    });
    if (root === null) return roots;
    deps.log.info({ ...root }, 'sealed a day of the ledger');
    roots.push(root);
  }
}

/** The roots of all sealed days since one, the oldest first. */
export async function listSealRoots(deps: Pick<Deps, 'db'>, since?: string): Promise<readonly SealRoot[]> {
  return sealRoots(deps.db, since ?? null);
}
