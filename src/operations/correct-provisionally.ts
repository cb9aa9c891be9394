import { dividedDown } from '../domain/amount.ts';
import { creditPrice } from '../domain/credit-price.ts';
import { irregularUsage } from '../domain/draft-usage.ts';
import { sum } from '../domain/money-postings.ts';
import { decideAtDeadline } from '../domain/settlement.ts';
import { transaction } from '../storage/database.ts';
import { periodNeeds } from '../storage/grant-needs.ts';
import { outboxMessage } from '../storage/outbox.ts';
import { termsOf } from '../storage/pool-books.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { InvoiceDraft } from '../stripe/invoice-drafts.ts';
import { correctionItem, enqueueCorrection, provisionalKey } from './correct-draft.ts';
import { eligibleGrants } from './cycle-numbers.ts';
import type { Deps } from './deps.ts';
import { readDraftUsage } from './draft-usage.ts';
import { relayOutbox } from './relay-outbox.ts';

/**
 * Takes off a draft what Stripe would charge too much as things stand, should we never come back: once, and only ever in
 * the customer's favour. Settlement puts it right when all usage is in. Throws when it could not be set, so that the
 * draft's event is not acknowledged and Stripe waits.
 */
export async function correctProvisionally(deps: Deps, settlement: Settlement, draft: InvoiceDraft): Promise<void> {
  if (settlement.state !== 'waiting') return;
  const key = provisionalKey(settlement);
  if ((await outboxMessage(deps.db, settlement, key)) === null) {
    const tooMuch = await expectedDifference(deps, settlement, draft);
    if (tooMuch >= 0n) return;
    const item = await correctionItem(deps, settlement, draft, tooMuch);
    await transaction(deps.db, (trx) => enqueueCorrection(trx, settlement, item, key));
  }
  const { lane, customerId } = settlement;
  await relayOutbox(deps, { limit: 20, only: { lane, customerId, queue: 'documents' } });
  const message = await outboxMessage(deps.db, settlement, key);
  if (message?.state === 'done' || message?.state === 'refused') return;
  throw new Error(`the provisional correction of ${draft.invoiceId} is ${message?.state}: ${message?.outcome}`);
}

/** As if Stripe counted already all that was used: what is on its way to the meter arrives without us. */
async function expectedDifference(deps: Deps, settlement: Settlement, draft: InvoiceDraft): Promise<bigint> {
  const { db } = deps;
  const period = (await periodNeeds(db, settlement, settlement.poolId)).find(
    ({ billingPeriodId }) => billingPeriodId === settlement.billingPeriodId,
  );
  if (period === undefined) return 0n;
  const { currency, pricePerCredit, meterUnitMicro } = await termsOf(db, settlement.planVersionId);
  const units = dividedDown(period.paidMicro + period.overageMicro, meterUnitMicro);
  const usage = await readDraftUsage(deps, settlement, draft);
  const { agreed, meteredPriceId } = usage;
  const grants = await eligibleGrants(deps, settlement, draft, meteredPriceId);
  const countedMicro = units * meterUnitMicro;
  return decideAtDeadline({
    price: creditPrice(currency, pricePerCredit),
    meterUnitMicro,
    countedUnits: units,
    emittedUnits: units,
    paidMicro: period.paidMicro,
    discountsMinor: sum(agreed.map(({ discountsMinor }) => discountsMinor)),
    eligibleMinor: sum(grants.map(({ leftMinor }) => leftMinor)),
    irregular: irregularUsage(usage, {
      meteredPriceId,
      startsAt: settlement.startsAt,
      currency: draft.currency,
      countedMicro,
    }),
  });
}
