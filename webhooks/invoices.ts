import type { Deps } from '../src/operations/deps.ts';
import { mirrorInvoice } from '../src/operations/mirror-invoice.ts';
import type { Handlers, Mirror } from '../src/stripe/events.ts';

/**
 * Every change of an invoice is the same work: fetch it, mirror it, post the transitions that are not in the books yet.
 * Finalized is what is owed, paid is what opens credits, void undoes it; a lost event is made up by the next one.
 */
const invoices: Mirror<Deps> = {
  kind: 'invoice',
  idOf: ({ objectId }) => objectId,
  look: async ({ id }, deps) => {
    const mirrored = await mirrorInvoice(deps, id);
    return mirrored === null
      ? { ignored: 'Stripe has no such invoice' }
      : { applied: `invoice is ${mirrored.invoice.status}` };
  },
};

export const invoiceHandlers: Handlers<Deps> = {
  'invoice.created': invoices,
  'invoice.updated': invoices,
  'invoice.finalized': invoices,
  'invoice.paid': invoices,
  'invoice.payment_failed': invoices,
  'invoice.overpaid': invoices,
  'invoice.voided': invoices,
  'invoice.marked_uncollectible': invoices,
  'invoice.deleted': invoices,

  // Cash arrives by payments; an invoice may be paid in parts.
  'invoice_payment.paid': { ...invoices, idOf: ({ invoiceId }) => invoiceId },
};
