// What Stripe has counted of a running period before its customer is taken over: it will be on the period's invoice,
// whoever reported it.
import type { CustomerKey } from '../../domain/customer.ts';
import type { Match } from '../../domain/import-matching.ts';
import { meteredSpan } from '../../domain/meter.ts';
import type { Moment, PoolBook } from '../../domain/pool-book.ts';
import { METER_LAG_MS } from '../../domain/reconciliation.ts';
import { takeOverUsage } from '../../domain/usage-taken-over.ts';
import { now } from '../../storage/clock.ts';
import type { Transaction } from '../../storage/database.ts';
import { type PeriodToTakeOver, periodToTakeOver } from '../../storage/imports.ts';
import type { PlanVersion } from '../../storage/plans.ts';
import { termsOf } from '../../storage/pool-books.ts';
import { countedThere } from '../../stripe/statements.ts';
import type { Deps } from '../deps.ts';

/** Stripe's sum and ours cannot be told apart before it has counted what we sent. */
export const ON_ITS_WAY = 'usage from here is on its way to the meter; import again in an hour';

type Period = Pick<PeriodToTakeOver, 'startsAt' | 'endsAt' | 'meterId' | 'meterUnitMicro' | 'reportedUnits'>;

export type UsageBefore<Of extends Period = Period> =
  | { readonly period: Of; readonly units: bigint; readonly micro: bigint }
  /** What a person must settle first. */
  | { readonly unclear: string };

/** Asks Stripe, once, about the running period of a customer; null when there is none that is to be taken over. */
export async function countUsageBefore(
  deps: Deps,
  key: CustomerKey,
  stripeCustomerId: string,
): Promise<UsageBefore<PeriodToTakeOver> | null> {
  const period = await periodToTakeOver(deps.db, key, { now: await now(deps.db), lagMs: METER_LAG_MS });
  if (period === null) return null;
  if (!period.isCounted) return { unclear: ON_ITS_WAY };
  return count(deps, period, stripeCustomerId);
}

/** The same of a customer who is not known here yet. */
export async function foreseeUsageBefore(
  deps: Deps,
  { stripeCustomerId, subscriptions }: Match,
  { planVersionId, stripeMeteredPriceId }: PlanVersion,
): Promise<UsageBefore | null> {
  const running = subscriptions.filter(({ status }) => status !== 'trialing');
  const item = running.flatMap(({ items }) => items).find(({ priceId }) => priceId === stripeMeteredPriceId);
  if (item === undefined || item.meterId === null) return null;
  const { meterUnitMicro } = await termsOf(deps.db, planVersionId);
  return count(deps, { ...item, meterId: item.meterId, meterUnitMicro, reportedUnits: 0n }, stripeCustomerId);
}

async function count<Of extends Period>(deps: Deps, period: Of, stripeCustomerId: string): Promise<UsageBefore<Of>> {
  const span = { ...meteredSpan(period), meterId: period.meterId, stripeCustomerId };
  const counted = await countedThere(deps.stripe, { reads: 0 }, span);
  if (counted === null || counted < 0n) {
    const found = counted === null ? 'parts of a meter unit' : `${counted} meter units`;
    return {
      unclear: `Stripe counts ${found} in the running period; make it a whole number, 0 or more, by a meter event`,
    };
  }
  const before = counted - period.reportedUnits;
  const units = before > 0n ? before : 0n;
  return { period, units, micro: units * period.meterUnitMicro };
}

/** Whether that still holds, under the pool's lock: the period runs, and nothing more was reported in it. */
export async function isStillBefore(
  trx: Transaction,
  key: CustomerKey,
  { period }: { readonly period: PeriodToTakeOver },
  at: Date,
): Promise<boolean> {
  const found = await periodToTakeOver(trx, key, { now: at, lagMs: METER_LAG_MS });
  return (
    found?.billingPeriodId === period.billingPeriodId && found.isCounted && found.reportedUnits === period.reportedUnits
  );
}

/** Puts it into the book; once that is saved, `noteTakenOver` says that Stripe knows of it. */
export function postUsageBefore(
  book: PoolBook,
  { period, micro }: { readonly period: PeriodToTakeOver; readonly micro: bigint },
  moment: Moment,
): void {
  const { billingPeriodId } = period;
  const inBook = book.periods.find((one) => one.billingPeriodId === billingPeriodId);
  if (inBook === undefined) throw new Error(`period ${billingPeriodId} is not in the book of its pool`);
  takeOverUsage(book, inBook, micro, moment);
}
