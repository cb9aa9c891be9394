import { parseFraction } from '../domain/amount.ts';
import { creditPrice, worthHalfUp } from '../domain/credit-price.ts';
import type { CustomerKey } from '../domain/customer.ts';
import {
  creditsEarned,
  creditsForfeited,
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
import type { Deps } from './deps.ts';
import { postOnce } from './post-money.ts';

/** Recognises one customer's revenue up to the end of a day. The caller holds the customer's lock. */
export async function recogniseCustomer(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  key: CustomerKey,
  through: Date,
): Promise<number> {
  const lines = await earningLines(trx, key, { through });
  const lots = await earningLots(trx, key, { through });
  const periods = await unbilledPeriods(trx, key, { through });
  const accruals: UnbilledPeriod[] = [];
  for (const period of periods) accruals.push(await accruable(trx, period));
  const entryIds = await postOnce(deps, trx, key, [
    ...lines.map((line) => feeEarned(line, through)),
    ...lots.flatMap((lot) => [creditsEarned(lot, through), creditsForfeited(lot, through)]),
    ...accruals.map((period) => usageAccrued(period, through)),
  ]);
  return entryIds.length;
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
  const lots = (await earningLots(trx, key, { through: at })).filter(({ notedMinor }) => notedMinor > 0n);
  const adjusted = lines.flatMap((line) => {
    const last = through.get(line.lineId);
    return last === undefined ? [] : [feeEarned(line, last, occasion)];
  });
  const onLots = lots.flatMap((lot) => [creditsEarned(lot, at, occasion), creditsForfeited(lot, at, occasion)]);
  await postOnce(deps, trx, key, [...adjusted, ...onLots]);
}

/** A period's overage in money, at the price of its plan version. */
export async function accruable(on: Database | Transaction, period: PeriodToAccrue): Promise<UnbilledPeriod> {
  const { currency, content } = await planVersion(on, period.planVersionId);
  const perCredit = parseFraction(content.pricePerCredit);
  if (perCredit === null) throw new Error(`plan version ${period.planVersionId} has no price per credit`);
  const { overageMicro, ...rest } = period;
  return { ...rest, currency, worthMinor: worthHalfUp(creditPrice(currency, perCredit), overageMicro) };
}
