import { dividedHalfUp, lesser } from '../domain/amount.ts';
import { creditPrice } from '../domain/credit-price.ts';
import { pricesOfPeriod, usageLinesOf } from '../domain/invoice.ts';
import { sum } from '../domain/money-postings.ts';
import { owedMinor } from '../domain/settlement.ts';
import { pricedPeriods } from '../storage/billed-periods.ts';
import { finalUse } from '../storage/grant-needs.ts';
import { readInvoiceLines, type StoredLine } from '../storage/invoices.ts';
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
  const prices = pricesOfPeriod(billingPeriodId, await pricedPeriods(deps.db, settlement, invoiceId));
  const lines = usageLinesOf(await readInvoiceLines(deps.db, settlement, invoiceId), prices);
  const excess = sum(lines.map(net)) - (await owed(deps, settlement));
  const noted = shared(excess, lines);
  if (noted.length === 0) return true;
  const issued = await issueCreditNote(deps, {
    invoiceId,
    lines: noted,
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

/** An excess over the usage lines that ask for most first, each up to what it asks; a note names money with tax. */
function shared(
  excess: bigint,
  lines: readonly StoredLine[],
): readonly { readonly invoiceLineId: string; readonly amountMinor: bigint }[] {
  const asking = lines.filter((line) => line.kind === 'usage' && net(line) > 0n);
  const noted = [];
  let left = excess;
  for (const line of asking.toSorted((a, b) => Number(net(b) - net(a)))) {
    if (left <= 0n) break;
    const part = lesser(left, net(line));
    const onTop = line.taxMinor - line.inclusiveTaxMinor;
    noted.push({
      invoiceLineId: line.lineId,
      amountMinor: dividedHalfUp(part * (net(line) + onTop), net(line)),
    });
    left -= part;
  }
  return noted;
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
