import { parseFraction } from '../domain/amount.ts';
import { creditPrice, worthHalfUp } from '../domain/credit-price.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { feeAllocated, shareEarned, shareForfeited } from '../domain/entries-fee-share.ts';
import type { Draft } from '../domain/entries-invoice.ts';
import {
  creditsEarned,
  creditsForfeited,
  earnedFee,
  feeEarned,
  type UnbilledPeriod,
  usageAccrued,
} from '../domain/entries-revenue.ts';
import type { Database, Transaction } from '../storage/database.ts';
import { planVersion } from '../storage/plans.ts';
import {
  earningLines,
  earningLots,
  type PeriodToAccrue,
  recognisedThrough,
  unbilledPeriods,
} from '../storage/revenue.ts';
import { sharedFees } from '../storage/shared-fees.ts';
import type { Deps } from './deps.ts';
import { postOnce } from './post-money.ts';

/** How far back use of a bought or included lot is dated into its own month; older late use is earned when it is posted. */
const LATE_USE_MS = 40 * 86_400_000;

/**
 * Recognises one customer's revenue up to the end of a day, split at the ends of months since books close by month:
 * what we learn late is earned when it was earned. The caller holds the customer's lock. Returns how many entries.
 */
export async function recogniseCustomer(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  key: CustomerKey,
  through: Date,
): Promise<number> {
  const due = await earnedBy(trx, key, through);
  if (due.entries.every((entry) => entry === null)) return 0;
  let posted = 0;
  for (const stop of monthEndsAfter(due.since, through)) {
    const isPast = stop < through;
    const { entries } = await earnedBy(trx, key, stop, isPast ? stop : undefined);
    posted += (await postOnce(deps, trx, key, isPast ? entries.filter(isEarned) : entries)).length;
  }
  return posted;
}

/** A month that is over gets what it lacks; what is earned less than was thought goes back in the running one. */
function isEarned(entry: Draft | null): boolean {
  return entry?.kind === 'revenue.fee_earned' || entry?.postings[0]?.from.kind.startsWith('revenue.') === true;
}

/** What is earned up to an instant, less what is recognised: all of it, or what is dated `before`. */
async function earnedBy(
  trx: Transaction,
  key: CustomerKey,
  through: Date,
  before?: Date,
): Promise<{ readonly entries: readonly (Draft | null)[]; readonly since: Date }> {
  const lines = await earningLines(trx, key, { through });
  const lots = await earningLots(trx, [key], { through, before });
  const shared = await sharedFees(trx, key, { through, before });
  const accruals: UnbilledPeriod[] = [];
  const starts = [through];
  for (const period of await unbilledPeriods(trx, key, { through, before })) {
    accruals.push(await accruable(trx, period));
    starts.push(period.startsAt);
  }
  if (lots.length + shared.length > 0) starts.push(new Date(through.getTime() - LATE_USE_MS));
  const unearned = lines.filter((line) => earnedFee(line, through) !== line.recognisedMinor);
  const last = await recognisedThrough(
    trx,
    key,
    unearned.map(({ lineId }) => lineId),
  );
  for (const line of unearned) starts.push(last.get(line.lineId) ?? line.periodStart);
  const entries = [
    ...unearned.map((line) => feeEarned(line, through)),
    ...lots.flatMap((lot) => [creditsEarned(lot, through), creditsForfeited(lot, through)]),
    ...shared.flatMap((fee) => [shareEarned(fee, through), shareForfeited(fee, through)]),
    ...accruals.map((period) => usageAccrued(period, through)),
  ];
  return { entries, since: new Date(Math.min(...starts.map((start) => start.getTime()))) };
}

/** The month ends between two instants, and the last instant itself. */
function monthEndsAfter(since: Date, through: Date): readonly Date[] {
  const stops: Date[] = [];
  let month = new Date(Date.UTC(since.getUTCFullYear(), since.getUTCMonth() + 1, 1));
  while (month < through) {
    stops.push(month);
    month = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1));
  }
  return [...stops, through];
}

/**
 * After a credit note: what was earned of the noted fees and lots already shrinks with them, as of the day up to which
 * they are recognised.
 */
export async function recogniseNoted(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  key: CustomerKey,
  { lineIds, occasion, at }: { readonly lineIds: readonly string[]; readonly occasion: string; readonly at: Date },
): Promise<void> {
  const through = await recognisedThrough(trx, key, lineIds);
  const lines = await earningLines(trx, key, { through: at, lineIds });
  const lots = (await earningLots(trx, [key], { through: at })).filter(({ notedMinor }) => notedMinor > 0n);
  const adjusted = lines.flatMap((line) => {
    const last = through.get(line.lineId);
    return last === undefined ? [] : [feeEarned(line, last, occasion)];
  });
  const onLots = lots.flatMap((lot) => [creditsEarned(lot, at, occasion), creditsForfeited(lot, at, occasion)]);
  const onShares = (await sharedFees(trx, key, { through: at, lineIds })).flatMap((fee) => [
    feeAllocated(fee, at, occasion),
    shareEarned(fee, at, occasion),
    shareForfeited(fee, at, occasion),
  ]);
  await postOnce(deps, trx, key, [...adjusted, ...onLots, ...onShares]);
}

/** A period's overage in money, at the price of its plan version. */
export async function accruable(on: Database | Transaction, period: PeriodToAccrue): Promise<UnbilledPeriod> {
  const { currency, content } = await planVersion(on, period.planVersionId);
  const perCredit = parseFraction(content.pricePerCredit);
  if (perCredit === null) throw new Error(`plan version ${period.planVersionId} has no price per credit`);
  const { overageMicro, startsAt: _start, ...rest } = period;
  return { ...rest, currency, worthMinor: worthHalfUp(creditPrice(currency, perCredit), overageMicro) };
}
