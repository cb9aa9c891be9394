import { overageWrittenOff, usageAccrued, usageWrittenOff } from '../domain/entries-revenue.ts';
import { overageOf } from '../storage/billed-periods.ts';
import { now as clock } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { lockPool } from '../storage/grant-needs.ts';
import { markNeverBilled, noteAsked, periodsWithoutInvoice, type UnbilledPeriod } from '../storage/never-billed.ts';
import { requestTrueUp } from '../storage/outbox.ts';
import { unbilledPeriods } from '../storage/revenue.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { billingOfPeriod } from '../stripe/period-billing.ts';
import type { Deps } from './deps.ts';
import { mirrorInvoice } from './mirror-invoice.ts';
import { ALL_TIME } from './post-invoice.ts';
import { postOnce } from './post-money.ts';
import { accruable } from './recognise-customer.ts';

/**
 * Ends periods that nobody bills: cancelled without an invoice, or with a price that another hand let fall. Some days after
 * its end Stripe itself is asked; what it bills after all is mirrored, what may come yet is asked for again the next day,
 * and the rest is final: what was accrued for it is taken back, and its grants are made to fit. What was owed is a variance
 * (`usage_never_billed`) until a person has dealt with it. Returns how many ended.
 */
export async function endNeverBilledPeriods(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let ended = 0;
  for (const period of await periodsWithoutInvoice(deps.db, { now: await clock(deps.db), limit })) {
    if ((await isNeverBilled(deps, period)) && (await end(deps, period))) ended += 1;
  }
  return ended;
}

/** Stripe being out of reach for one does not hold up the others. */
async function isNeverBilled(deps: Deps, period: UnbilledPeriod): Promise<boolean> {
  if (period.isEmpty) return true;
  try {
    const billing = await billingOfPeriod(deps.stripe, period);
    if (billing.kind === 'never') return true;
    if (billing.kind === 'invoiced') await mirrorInvoice(deps, billing.invoiceId);
    await noteAsked(deps.db, period, await clock(deps.db));
    return false;
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    const { subscriptionId } = period;
    deps.log.warn({ subscriptionId, reason: failure.reason }, 'whether a period is billed could not be asked yet');
    return false;
  }
}

async function end(deps: Deps, period: UnbilledPeriod): Promise<boolean> {
  const { billingPeriodId, poolId } = period;
  return transaction(deps.db, async (trx) => {
    await lockCustomer(trx, period);
    await lockPool(trx, period, poolId);
    const drafts = await draftsOf(trx, period);
    if (!(await markNeverBilled(trx, period, await clock(trx)))) return false;
    await postOnce(deps, trx, period, drafts);
    await requestTrueUp(trx, period, { poolId, causeEntryId: `unbilled/${billingPeriodId}`, now: await clock(trx) });
    return true;
  });
}

/** All of its overage is accrued first, so that what is taken back is what was owed. */
async function draftsOf(trx: Transaction, period: UnbilledPeriod) {
  const { billingPeriodId, unit, endsAt } = period;
  const [unbilled] = await unbilledPeriods(trx, period, { through: ALL_TIME, billingPeriodIds: [billingPeriodId] });
  if (unbilled === undefined) return [];
  const accrual = await accruable(trx, unbilled);
  const at = await clock(trx);
  return [
    usageAccrued(accrual, endsAt, 'never_billed'),
    usageWrittenOff(accrual, at),
    overageWrittenOff({ billingPeriodId, unit, pools: await overageOf(trx, period, billingPeriodId, 'overage'), at }),
  ];
}
