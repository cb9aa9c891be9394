// "The books balance" as a command: everything is computed again from the postings, nothing is changed.
import { type CustomerKey, EVERY_LANE } from '../domain/customer.ts';
import type { ExportedRoot } from '../storage/seals.ts';
import { findBreaches, type Breach } from '../storage/verify.ts';
import type { Deps } from './deps.ts';

export interface LedgerVerification {
  readonly verified: boolean;
  readonly entries: number;
  readonly postings: number;
  readonly breaches: readonly Breach[];
}

/**
 * Proves the whole ledger, or one customer's part of it. Against roots that left this database, also a superuser's
 * change of a sealed day is found, although every balance was made to fit.
 */
export async function verifyLedger(
  deps: Pick<Deps, 'db'>,
  input: { readonly customer?: CustomerKey; readonly exportedRoots?: readonly ExportedRoot[] } = {},
): Promise<LedgerVerification> {
  const { customer } = input;
  const scope =
    customer === undefined ? { lanes: EVERY_LANE } : { lanes: [customer.lane], customerId: customer.customerId };
  const findings = await findBreaches(deps.db, scope, input.exportedRoots);
  return { verified: findings.breaches.length === 0, ...findings };
}
