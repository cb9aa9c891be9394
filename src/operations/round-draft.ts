import { chargeStepMinor } from '../domain/currency.ts';
import { type RateMillionths, roundingItem, taxOnTop } from '../domain/line-tax.ts';
import { sum } from '../domain/money-postings.ts';
import { transaction } from '../storage/database.ts';
import { enqueue, outboxMessage } from '../storage/outbox.ts';
import { planVersion } from '../storage/plans.ts';
import { findSettlement } from '../storage/settlement-decisions.ts';
import type { Settlement } from '../storage/settlements.ts';
import { type InvoiceDraft, readInvoiceDraft } from '../stripe/invoice-drafts.ts';
import { ratesOnTop, taxOfDraftUsage } from '../stripe/usage-tax.ts';
import type { Deps } from './deps.ts';
import { readDraftUsage } from './draft-usage.ts';
import { relayOutbox } from './relay-outbox.ts';

const RELAYED_MAX = 100;

/** What keeps a draft from being finalized: something on its way, or what a person has to look at. */
export interface Unrounded {
  readonly state: 'corrected' | 'held';
  readonly because: string;
}

/**
 * Puts an item on a settled draft that rounds its total down to what Stripe can charge: tens in three-decimal currencies
 * (docs: supported currencies), after tax. It is taxed as the usage is. Null when the total can be charged.
 */
export async function roundDraft(deps: Deps, settlement: Settlement): Promise<Unrounded | null> {
  const draft = await readInvoiceDraft(deps.stripe, settlement.invoiceId);
  const stepMinor = BigInt(chargeStepMinor(draft.currency));
  if (stepMinor === 1n) return null;
  const { stripeMeteredPriceId: priceId } = await planVersion(deps.db, settlement.planVersionId);
  const rates = await ratesOnTop(deps.stripe, draft, priceId);
  const total = await totalWhenFinal(deps, settlement, { draft, rates });
  const isRound = total <= 0n || total % stepMinor === 0n;
  const item = await outboxMessage(deps.db, settlement, keyOf(settlement));
  if (item?.state === 'refused') return held(draft, total, `the rounding item was refused: ${item.outcome}`);
  if (isRound) return null;
  if (item?.state === 'done') return held(draft, total, 'the rounding item did not change that');
  if (item === null) {
    const amount = roundingItem(total, { stepMinor, rates });
    if (amount === null) return held(draft, total, 'no small item changes that');
    await enqueueRounding(deps, settlement, { draft, priceId, amount });
  }
  const { lane, customerId } = settlement;
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { lane, customerId, queue: 'documents' } });
  const sent = await outboxMessage(deps.db, settlement, keyOf(settlement));
  if (sent?.state === 'done' || sent?.state === 'refused') return roundDraft(deps, settlement);
  return { state: 'corrected', because: `the rounding item is ${sent?.state}: ${sent?.outcome ?? 'not sent yet'}` };
}

function keyOf({ billingPeriodId }: Settlement): string {
  return `rounding/${billingPeriodId}`;
}

function held({ currency }: InvoiceDraft, total: bigint, why: string): Unrounded {
  return { state: 'held', because: `Stripe cannot charge a total of ${total} ${currency}, and ${why}` };
}

async function enqueueRounding(
  deps: Deps,
  settlement: Settlement,
  {
    draft,
    priceId,
    amount,
  }: { readonly draft: InvoiceDraft; readonly priceId: string | null; readonly amount: bigint },
): Promise<void> {
  const { invoiceId, billingPeriodId, stripeCustomerId } = settlement;
  const tax = await taxOfDraftUsage(deps.stripe, draft, priceId);
  await transaction(deps.db, async (trx) =>
    enqueue(trx, settlement, {
      queue: 'documents',
      call: 'invoice_item.create',
      subjectId: invoiceId,
      request: {
        customer: stripeCustomerId,
        invoice: invoiceId,
        amount: -Number(amount),
        currency: draft.currency,
        discountable: false,
        description: 'Rounding',
        metadata: { creditpool: 'rounding' },
        ...tax,
      },
      key: keyOf(settlement),
      billingPeriodId,
    }),
  );
}

/** A draft may show the credits that it will take, or not yet: what it will take is what leaves our charge, and no tax. */
async function totalWhenFinal(
  deps: Deps,
  settlement: Settlement,
  { draft, rates }: { readonly draft: InvoiceDraft; readonly rates: readonly RateMillionths[] },
): Promise<bigint> {
  const { agreed, others } = await readDraftUsage(deps, settlement, draft);
  const asked = sum([...agreed, ...others].map(({ amountMinor, discountsMinor }) => amountMinor - discountsMinor));
  const charge = (await findSettlement(deps.db, settlement.billingPeriodId))?.expectedMinor ?? asked;
  const final = asked > charge ? charge : asked;
  const shown = asked - draft.creditsShownMinor;
  return draft.totalMinor + final + taxOnTop(final, rates) - shown - taxOnTop(shown, rates);
}
