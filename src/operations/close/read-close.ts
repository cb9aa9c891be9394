// The checklist of a month, computed each time it is looked at.
import { createHash } from 'node:crypto';

import { canonicalJson } from '../../domain/canonical-json.ts';
import { EVERY_LANE } from '../../domain/customer.ts';
import { deferredOf, deferredShares } from '../../domain/deferred-credits.ts';
import { closeChecklist, type CloseFacts, type CloseItem, monthEnd, signedFacts } from '../../domain/period-close.ts';
import type { Refused } from '../../domain/rejection.ts';
import { type AccountingPeriod, countForClose, listPeriods, readPeriod } from '../../storage/accounting-periods.ts';
import { now } from '../../storage/clock.ts';
import type { Database, Transaction } from '../../storage/database.ts';
import { customersWithDeferredCredits, deferredBalances, deferredBesideLots } from '../../storage/deferred-credits.ts';
import { earningLots } from '../../storage/revenue.ts';
import { sealedThrough } from '../../storage/seals.ts';
import { sharedFeesOfMany } from '../../storage/shared-fees.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export interface Close extends AccountingPeriod {
  readonly checklist: readonly CloseItem[];
  /** sha256 of what two people sign. */
  readonly hash: string;
}

/** Looks at a month without changing anything. */
export async function readClose(deps: Pick<Deps, 'db'>, acting: Acting, month: string): Promise<Close | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  return 'rejected' in actor ? actor : closeOf(deps.db, month);
}

/** Months that were closed or begun, the newest first. */
export async function listCloses(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  limit: number,
  after: string | null = null,
): Promise<readonly AccountingPeriod[] | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  return 'rejected' in actor ? actor : listPeriods(deps.db, limit, after);
}

const UNTOUCHED: Omit<AccountingPeriod, 'month'> = {
  state: 'open',
  preparedAt: null,
  requestedBy: null,
  requestedAt: null,
  requestHash: null,
  closedBy: null,
  closedAt: null,
  approval: null,
  confirmations: {},
};

/** The month with its checklist as it stands, inside a transaction or outside of one. */
export async function closeOf(on: Database | Transaction, month: string): Promise<Close> {
  const period = (await readPeriod(on, month)) ?? { ...UNTOUCHED, month };
  const facts = await factsOf(on, period);
  return { ...period, checklist: closeChecklist(facts), hash: hashOf(facts) };
}

async function factsOf(on: Database | Transaction, period: AccountingPeriod): Promise<CloseFacts> {
  const { month, preparedAt, confirmations } = period;
  const at = await now(on);
  const ends = monthEnd(month);
  return {
    ...(await countForClose(on, { lanes: EVERY_LANE, month, ends })),
    now: at,
    month,
    ends,
    recognisedAt: preparedAt,
    confirmations,
    sealedThrough: await sealedThrough(on, { lanes: EVERY_LANE, at }),
    deferred: await deferredBothWays(on, at),
  };
}

/** Deferred credits by the accounts and, independently, by what each lot (or its fee's share) was paid and what is left of it. */
async function deferredBothWays(on: Database | Transaction, at: Date): Promise<CloseFacts['deferred']> {
  const through = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
  const byLots = new Map<string, bigint>();
  // A quarter of the customers at a time: few statements over sets, and never all rows of a large ledger at once.
  const quarters = Map.groupBy(await customersWithDeferredCredits(on, EVERY_LANE), ({ lane }) => lane >> 4);
  for (const customers of quarters.values()) {
    const lots = await earningLots(on, customers, { through });
    const shares = deferredShares(await sharedFeesOfMany(on, customers, { through }), through);
    const open = await deferredBesideLots(on, customers, through);
    for (const { currency, minor } of [...deferredOf(lots), ...shares, ...open])
      byLots.set(currency, (byLots.get(currency) ?? 0n) + minor);
  }
  const byAccounts = new Map((await deferredBalances(on, EVERY_LANE)).map(({ currency, minor }) => [currency, minor]));
  const currencies = [...new Set([...byLots.keys(), ...byAccounts.keys()])].toSorted();
  return currencies.map((currency) => ({
    currency,
    accountsMinor: byAccounts.get(currency) ?? 0n,
    lotsMinor: byLots.get(currency) ?? 0n,
  }));
}

function hashOf(facts: CloseFacts): string {
  return createHash('sha256')
    .update(canonicalJson(signedFacts(facts)))
    .digest('hex');
}
