import { chargeStepMinor } from '../domain/currency.ts';
import { sum } from '../domain/money-postings.ts';
import { transaction } from '../storage/database.ts';
import { enqueue, outboxMessage } from '../storage/outbox.ts';
import { planVersion } from '../storage/plans.ts';
import { findSettlement } from '../storage/settlement-decisions.ts';
import type { Settlement } from '../storage/settlements.ts';
import { type InvoiceDraft, readInvoiceDraft } from '../stripe/invoice-drafts.ts';
import type { Deps } from './deps.ts';
import { relayOutbox } from './relay-outbox.ts';

const RELAYED_MAX = 100;

/**
 * Puts an item on a settled draft that rounds its total down to what Stripe can charge: tens in three-decimal currencies
 * (docs: supported currencies), after tax. Answers what it waits for; null when the total can be charged.
 */
export async function roundDraft(deps: Deps, settlement: Settlement): Promise<string | null> {
  const draft = await readInvoiceDraft(deps.stripe, settlement.invoiceId);
  const step = BigInt(chargeStepMinor(draft.currency));
  if (step === 1n) return null;
  const key = `rounding/${settlement.billingPeriodId}`;
  if ((await outboxMessage(deps.db, settlement, key)) === null) {
    const total = await totalWhenFinal(deps, settlement, draft);
    if (total <= 0n || total % step === 0n) return null;
    const { invoiceId, billingPeriodId, stripeCustomerId } = settlement;
    await transaction(deps.db, async (trx) =>
      enqueue(trx, settlement, {
        queue: 'documents',
        call: 'invoice_item.create',
        subjectId: invoiceId,
        request: {
          customer: stripeCustomerId,
          invoice: invoiceId,
          amount: -Number(total % step),
          currency: draft.currency,
          discountable: false,
          description: 'Rounding',
          metadata: { creditpool: 'rounding' },
        },
        key,
        billingPeriodId,
      }),
    );
  }
  const { lane, customerId } = settlement;
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const item = await outboxMessage(deps.db, settlement, key);
  return item?.state === 'done' ? null : `the rounding item is ${item?.state}: ${item?.outcome ?? 'not sent yet'}`;
}

/** A draft may show the credits that it will take, or not yet: what it will take is what leaves our charge. */
async function totalWhenFinal({ db }: Deps, settlement: Settlement, draft: InvoiceDraft): Promise<bigint> {
  const { stripeMeteredPriceId } = await planVersion(db, settlement.planVersionId);
  const usage = draft.lines.filter(({ priceId }) => priceId === stripeMeteredPriceId);
  const asked = sum(usage.map(({ amountMinor, discountsMinor }) => amountMinor - discountsMinor));
  const charge = (await findSettlement(db, settlement.billingPeriodId))?.expectedMinor ?? asked;
  const credits = asked > charge ? asked - charge : 0n;
  return draft.totalMinor + draft.creditsShownMinor - credits;
}
