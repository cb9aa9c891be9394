import { creditPrice, worthHalfUp } from '../domain/credit-price.ts';
import { irregularUsage } from '../domain/draft-usage.ts';
import { meteredSpan } from '../domain/meter.ts';
import type { CycleNumbers } from '../domain/settlement.ts';
import { now } from '../storage/clock.ts';
import { type OpenGrant, openGrants } from '../storage/credit-grants.ts';
import { periodNeeds } from '../storage/grant-needs.ts';
import { sentMeterUnits } from '../storage/meter-sums.ts';
import { termsOf } from '../storage/pool-books.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { InvoiceDraft } from '../stripe/invoice-drafts.ts';
import { meteredTotal } from '../stripe/meter-events.ts';
import type { Deps } from './deps.ts';
import { readDraftUsage } from './draft-usage.ts';
import { mirrorCreditMovements } from './mirror-credit-movements.ts';

export type CycleReading =
  | { readonly numbers: CycleNumbers; readonly overageMicro: bigint }
  | { readonly unreadable: string };

/** Reads all that decides a cycle, from the ledger and fresh from Stripe. Call it when nothing of the cycle waits to be sent. */
export async function readCycleNumbers(deps: Deps, settlement: Settlement, draft: InvoiceDraft): Promise<CycleReading> {
  const { db, stripe } = deps;
  const usage = await readDraftUsage(deps, settlement, draft);
  const { agreed, meteredPriceId } = usage;
  if (agreed.length > 1) return { unreadable: 'the draft has two lines of the credit price' };
  const sent = await sentMeterUnits(db, settlement, settlement.billingPeriodId);
  if (sent === null) return { unreadable: 'the meter is not at Stripe' };
  const countedUnits = await meteredTotal(stripe, { ...sent, ...meteredSpan(sent) });
  if (countedUnits === null)
    return { unreadable: 'Stripe counts parts of a meter unit: someone else reports to the meter' };

  const terms = await termsOf(db, settlement.planVersionId);
  const price = creditPrice(terms.currency, terms.pricePerCredit);
  const countedMicro = countedUnits * terms.meterUnitMicro;
  const irregular = irregularUsage(usage, {
    meteredPriceId,
    startsAt: settlement.startsAt,
    currency: draft.currency,
    countedMicro,
  });
  const shown = agreed[0]?.amountMinor ?? 0n;
  const isShown = irregular !== null || countedUnits <= 0n || shown === worthHalfUp(price, countedMicro);
  if (draft.hasDiscounts && !isShown) {
    return { unreadable: 'the draft does not show its usage yet, and a discount may reach it' };
  }
  const period = (await periodNeeds(db, settlement, settlement.poolId)).find(
    ({ billingPeriodId }) => billingPeriodId === settlement.billingPeriodId,
  );
  if (period === undefined) return { unreadable: 'the period is final already' };
  const eligible = await eligibleGrants(deps, settlement, draft, meteredPriceId);
  return {
    numbers: {
      price,
      meterUnitMicro: terms.meterUnitMicro,
      countedUnits,
      emittedUnits: settlement.emittedUnits,
      paidMicro: period.paidMicro,
      discountsMinor: agreed[0]?.discountsMinor ?? 0n,
      eligibleMinor: eligible.reduce((sum, { leftMinor }) => sum + leftMinor, 0n),
      irregular,
    },
    overageMicro: period.overageMicro,
  };
}

/** Grants at Stripe that reach this invoice, with what is left of each. */
export async function eligibleGrants(
  deps: Deps,
  settlement: Settlement,
  draft: InvoiceDraft,
  meteredPriceId: string,
): Promise<readonly OpenGrant[]> {
  await mirrorCreditMovements(deps, settlement, settlement.stripeCustomerId);
  const at = await now(deps.db);
  return (await openGrants(deps.db, settlement)).filter(
    (grant) =>
      grant.stripeGrantId !== null &&
      grant.meteredPriceId === meteredPriceId &&
      grant.currency === draft.currency &&
      grant.effectiveAt <= draft.periodEnd &&
      (grant.backstopAt === null || (grant.backstopAt > draft.periodEnd && grant.backstopAt > at)),
  );
}
