// Calls that write Stripe's documents: invoice items, finalization, credit notes. A refusal is the asker's to read.
import { planVersion } from '../storage/plans.ts';
import { readSubscription } from '../storage/subscriptions.ts';
import { type CreditNoteRequest, findSentCreditNote, sendCreditNote } from '../stripe/credit-note-sends.ts';
import {
  createInvoiceItem,
  finalizeInvoice,
  findInvoiceItem,
  type InvoiceItemRequest,
  readInvoiceDraft,
} from '../stripe/invoice-drafts.ts';
import { findScheduledPrices, schedulePrices } from '../stripe/subscription-schedules.ts';
import { cancelWithInvoice, changePrices, fetchSubscription, type PlanItems } from '../stripe/subscriptions.ts';
import type { OutgoingCall } from './outgoing-call.ts';

export const invoiceItemCall: OutgoingCall<InvoiceItemRequest> = {
  render: async (_deps, { request, key }) => ({ request: withKey(request as InvoiceItemRequest, key) }),
  send: async ({ stripe }, _message, request, idempotencyKey) => ({
    stripeId: await createInvoiceItem(stripe, request, idempotencyKey),
  }),
  look: async ({ stripe }, { key }, { invoice, customer = '' }) =>
    foundOrAbsent(await findInvoiceItem(stripe, invoice === undefined ? { customer } : { invoice }, key)),
  mayBeRefused: true,
};

export const creditNoteCall: OutgoingCall<CreditNoteRequest> = {
  render: async (_deps, { request, key }) => ({ request: withKey(request as unknown as CreditNoteRequest, key) }),
  send: async ({ stripe }, _message, request, idempotencyKey) => ({
    stripeId: await sendCreditNote(stripe, request, idempotencyKey),
  }),
  look: async ({ stripe }, { key }, { invoice }) => foundOrAbsent(await findSentCreditNote(stripe, invoice, key)),
  mayBeRefused: true,
};

export const finalizeCall: OutgoingCall<{ readonly invoice: string }> = {
  render: async (_deps, { subjectId }) => ({ request: { invoice: subjectId } }),
  send: async ({ stripe }, _message, { invoice }, idempotencyKey) => {
    await finalizeInvoice(stripe, invoice, idempotencyKey);
    return { stripeId: invoice };
  },
  look: async ({ stripe }, _message, { invoice }) =>
    (await readInvoiceDraft(stripe, invoice)).status === 'draft' ? 'absent' : { stripeId: invoice },
  isDoneAlready: ({ reason }) => /already finalized/i.test(reason),
  mayBeRefused: true,
};

/** Ends a subscription at once and bills its usage: without invoice_now Stripe would drop it. */
export const cancelCall: OutgoingCall<{ readonly subscription: string }> = {
  render: async (_deps, { subjectId }) => ({ request: { subscription: subjectId } }),
  send: async ({ stripe }, _message, { subscription }, idempotencyKey) => {
    await cancelWithInvoice(stripe, subscription, idempotencyKey);
    return { stripeId: subscription };
  },
  look: async ({ stripe }, _message, { subscription }) => {
    const found = await fetchSubscription(stripe, subscription);
    return found === null || found.status === 'canceled' ? { stripeId: subscription } : 'absent';
  },
  isDoneAlready: ({ code }) => code === 'resource_missing',
  mayBeRefused: true,
};

/** Moves a subscription to another plan's prices. */
export const changePlanCall: OutgoingCall<PlanItems & { readonly [field: string]: unknown }> = {
  render: async ({ db }, message) => {
    const { planVersionId, quantity } = message.request as { planVersionId: string; quantity: number };
    const stored = await readSubscription(db, message, message.subjectId);
    if (stored === null) return { cancelled: 'the subscription is not known any more' };
    const { stripeBasePriceId: basePriceId, stripeMeteredPriceId: meteredPriceId } = await planVersion(
      db,
      planVersionId,
    );
    const { baseItemId, meteredItemId } = stored;
    const items = { basePriceId, meteredPriceId, quantity, baseItemId, meteredItemId };
    return { request: { subscription: message.subjectId, ...items, planVersionId } };
  },
  send: async ({ stripe }, _message, request, idempotencyKey) => {
    await changePrices(stripe, request, idempotencyKey);
    return { stripeId: request.subscription };
  },
  look: async ({ stripe }, _message, { subscription, meteredPriceId, basePriceId }) => {
    const found = await fetchSubscription(stripe, subscription);
    const prices = found?.items.map(({ priceId }) => priceId) ?? [];
    return prices.includes(meteredPriceId ?? basePriceId ?? '') ? { stripeId: subscription } : 'absent';
  },
  mayBeRefused: true,
};

/** Moves a subscription to another plan's prices with its renewal. */
export const schedulePlanCall: OutgoingCall<PlanItems & { readonly [field: string]: unknown }> = {
  ...changePlanCall,
  send: async ({ stripe }, _message, request, idempotencyKey) => ({
    stripeId: await schedulePrices(stripe, request, idempotencyKey),
  }),
  look: async ({ stripe }, _message, request) => foundOrAbsent(await findScheduledPrices(stripe, request)),
};

/** Our key goes into the object, so that it can be found if the answer gets lost. */
function withKey<Request extends { metadata?: unknown }>(request: Request, key: string): Request {
  const metadata = typeof request.metadata === 'object' ? request.metadata : {};
  return { ...request, metadata: { ...metadata, creditpool_key: key } };
}

function foundOrAbsent(id: string | null): 'absent' | { stripeId: string } {
  return id === null ? 'absent' : { stripeId: id };
}
