import { dividedHalfUp } from '../domain/amount.ts';
import { creditPrice } from '../domain/credit-price.ts';
import { usageLinesOf } from '../domain/invoice.ts';
import { sum } from '../domain/money-postings.ts';
import { owedMinor } from '../domain/settlement.ts';
import { finalUse } from '../storage/grant-needs.ts';
import { readInvoiceLines, type StoredLine } from '../storage/invoices.ts';
import { planVersion } from '../storage/plans.ts';
import { termsOf } from '../storage/pool-books.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { Deps } from './deps.ts';
import { issueCreditNote } from './issue-credit-note.ts';

/** Who asks for the notes that undo an excess: reconciliation explains them by this name. */
const SETTLEMENT_ACTOR = 'settlement';

/**
 * Credits by a note what a final cycle invoice asks for usage beyond what the ledger says is owed: Stripe finalized it
 * while we were away. Once per period; what it asks too little stays, for a person. False when Stripe could not be asked.
 */
export async function creditExcess(deps: Deps, settlement: Settlement): Promise<boolean> {
  const { billingPeriodId, invoiceId } = settlement;
  const { stripeMeteredPriceId: meteredPriceId } = await planVersion(deps.db, settlement.planVersionId);
  const invoiced = await readInvoiceLines(deps.db, settlement, invoiceId);
  const lines = usageLinesOf(invoiced, { billingPeriodId, meteredPriceId });
  const usage = lines.find(({ kind }) => kind === 'usage');
  const excess = sum(lines.map(net)) - (await owed(deps, settlement));
  if (excess <= 0n || usage === undefined || net(usage) <= 0n) return true;
  // The note names money with tax.
  const onTop = usage.taxMinor - usage.inclusiveTaxMinor;
  const amountMinor = dividedHalfUp(excess * (net(usage) + onTop), net(usage));
  const issued = await issueCreditNote(deps, {
    invoiceId,
    lines: [{ invoiceLineId: usage.lineId, amountMinor }],
    settlement: 'customer_balance',
    reason: 'billing_error',
    ticket: `settlement of ${billingPeriodId}`,
    actor: SETTLEMENT_ACTOR,
    idempotencyKey: `excess/${billingPeriodId}`,
  });
  if (!('rejected' in issued)) {
    deps.log.warn({ invoice: invoiceId, excess: excess.toString() }, 'Stripe asked more than was owed: credited');
    return issued.state === 'issued';
  }
  deps.log.error({ invoice: invoiceId, reason: issued.rejected.message }, 'an excess could not be credited');
  return issued.rejected.code !== 'stripe_unavailable';
}

/** Without tax on top: what is owed is at the price as it is said, with the tax that is in it. */
function net({ amountMinor, discountsMinor, creditsAppliedMinor }: StoredLine): bigint {
  return amountMinor - discountsMinor - creditsAppliedMinor;
}

async function owed(deps: Deps, settlement: Settlement): Promise<bigint> {
  const { db } = deps;
  const terms = await termsOf(db, settlement.planVersionId);
  return owedMinor({
    price: creditPrice(terms.currency, terms.pricePerCredit),
    meterUnitMicro: terms.meterUnitMicro,
    emittedUnits: settlement.emittedUnits,
    paidMicro: await finalUse(db, settlement, settlement.billingPeriodId),
  });
}
