import { referenceIn, type StripeEvent } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorInvoice } from '../src/operations/mirror-invoice.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/**
 * Every change of an invoice is the same work: fetch it, mirror it, post the transitions that are not in the books yet.
 * Finalized is what is owed, paid is what opens credits, void undoes it; a lost event is made up by the next one.
 */
async function mirror({ objectId }: StripeEvent, deps: Deps): Promise<Outcome> {
  return mirrorById(objectId, deps);
}

async function mirrorById(invoiceId: string | null, deps: Deps): Promise<Outcome> {
  if (invoiceId === null) return { ignored: 'the event names no invoice' };
  const mirrored = await mirrorInvoice(deps, invoiceId);
  return mirrored === null
    ? { ignored: 'Stripe has no such invoice' }
    : { applied: `invoice is ${mirrored.invoice.status}` };
}

export const invoiceHandlers: Handlers<Deps> = {
  'invoice.created': mirror,
  'invoice.updated': mirror,
  'invoice.finalized': mirror,
  'invoice.paid': mirror,
  'invoice.payment_failed': mirror,
  'invoice.overpaid': mirror,
  'invoice.voided': mirror,
  'invoice.marked_uncollectible': mirror,
  'invoice.deleted': mirror,

  // Cash arrives by payments; an invoice may be paid in parts.
  'invoice_payment.paid': async (event, deps) => mirrorById(referenceIn(event, 'invoice'), deps),
};
