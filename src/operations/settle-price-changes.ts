// A price that changed in the middle of a cycle: Stripe asks for what was used until then by an item that no credit grant
// reaches. What lots had paid of it is taken back by another item, beside it, long before the cycle's invoice is made.
import { creditPrice } from '../domain/credit-price.ts';
import { sum } from '../domain/money-postings.ts';
import { owedMinor } from '../domain/settlement.ts';
import { markPeriodFinal } from '../storage/billed-periods.ts';
import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { enqueue, unfinishedMessages } from '../storage/outbox.ts';
import { termsOf } from '../storage/pool-books.ts';
import { noteChangeSettled, type SupersededPeriod, supersededPeriods } from '../storage/superseded-periods.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { readInvoiceDraft } from '../stripe/invoice-drafts.ts';
import { type UsageItem, usageItemsUntil } from '../stripe/pending-usage.ts';
import { taxOfUsageItems } from '../stripe/usage-tax.ts';
import { correctionKey } from './correct-draft.ts';
import type { Deps } from './deps.ts';
import { relayOutbox } from './relay-outbox.ts';
import { rollUpUsage } from './roll-up-usage.ts';

const RELAYED_MAX = 1_000;
/** So near to the cycle's end a pending item might miss its invoice: the draft is waited for. */
const DRAFT_SOON_MS = 10 * 60_000;

/** Compares what Stripe asks for periods that a change of price ended with what is owed; returns how many were settled. */
export async function settlePriceChanges(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let settled = 0;
  for (const period of await supersededPeriods(deps.db, { limit })) if (await attempt(deps, period)) settled += 1;
  return settled;
}

/** Stripe being out of reach for one does not hold up the others. */
async function attempt(deps: Deps, period: SupersededPeriod): Promise<boolean> {
  try {
    return await settle(deps, period);
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    const { subscriptionId } = period;
    deps.log.warn({ subscriptionId, reason: failure.reason }, 'a change of price could not be settled yet');
    return false;
  }
}

async function settle(deps: Deps, found: SupersededPeriod): Promise<boolean> {
  const { lane, customerId, billingPeriodId, stripeCustomerId: customer, meteredPriceId: priceId } = found;
  const key = { lane, customerId };
  await rollUpUsage(deps, { limit: 1, flush: true, only: found });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { ...key, queue: 'meter' } });
  const unsent = await unfinishedMessages(deps.db, found, { queue: 'meter', billingPeriodId });
  if (unsent.length > 0) return false;
  const [period] = await supersededPeriods(deps.db, { limit: 1, only: found });
  if (period === undefined) return false;
  const items = await usageItemsUntil(deps.stripe, { customer, priceId, until: period.endsAt });
  const invoiceId = items.find((item) => item.invoiceId !== null)?.invoiceId ?? null;
  const at = await now(deps.db);
  if (invoiceId === null && period.cycleEndsAt.getTime() - at.getTime() < DRAFT_SOON_MS && items.length > 0)
    return false;
  // One that was invoiced at once is put right by a credit note when it is final in our books.
  const isOpen = invoiceId === null || (await readInvoiceDraft(deps.stripe, invoiceId)).status === 'draft';
  const owed = await owedOf(deps, period);
  const tooMuch = sum(items.map(({ amountMinor }) => amountMinor)) - owed;
  const item = isOpen && tooMuch > 0n ? await correction(deps, period, { items, invoiceId, tooMuch }) : null;
  await transaction(deps.db, async (trx) => {
    if (item !== null) await enqueue(trx, period, item);
    // Nothing is asked, and nothing is owed: no invoice will ever bill it.
    if (items.length === 0 && owed === 0n) await markPeriodFinal(trx, period, billingPeriodId);
    await noteChangeSettled(trx, period, at);
  });
  await relayOutbox(deps, { limit: RELAYED_MAX, only: { ...key, queue: 'documents' } });
  return true;
}

async function owedOf(deps: Deps, { planVersionId, emittedUnits, paidMicro }: SupersededPeriod): Promise<bigint> {
  const { currency, pricePerCredit, meterUnitMicro } = await termsOf(deps.db, planVersionId);
  return owedMinor({ price: creditPrice(currency, pricePerCredit), meterUnitMicro, emittedUnits, paidMicro });
}

async function correction(
  deps: Deps,
  period: SupersededPeriod,
  {
    items,
    invoiceId,
    tooMuch,
  }: Pick<UsageItem, 'invoiceId'> & { readonly items: readonly UsageItem[]; readonly tooMuch: bigint },
) {
  const { subscriptionId, billingPeriodId, stripeCustomerId: customer, startsAt, endsAt, meteredPriceId } = period;
  const { currency } = await termsOf(deps.db, period.planVersionId);
  return {
    queue: 'documents',
    call: 'invoice_item.create',
    subjectId: invoiceId ?? subscriptionId,
    request: {
      customer,
      ...(invoiceId === null ? { subscription: subscriptionId } : { invoice: invoiceId }),
      amount: Number(-tooMuch),
      currency,
      discountable: false,
      description: 'Credits applied to usage until the price changed',
      period: { start: Math.floor(startsAt.getTime() / 1000), end: Math.floor(endsAt.getTime() / 1000) },
      metadata: { creditpool: 'correction' },
      ...(await taxOfUsageItems(deps.stripe, items, { subscriptionId, priceId: meteredPriceId })),
    },
    key: correctionKey(period),
    billingPeriodId,
  } as const;
}
