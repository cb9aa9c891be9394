// Repairs that change nothing anyone owes: fetch again what we missed, send what was never sent.
import type { CustomerKey } from '../../domain/customer.ts';
import { type Difference, kindOf } from '../../domain/reconciliation.ts';
import { wakeUnsent } from '../../storage/reconciliation/ourselves.ts';
import type { ReconciledCustomer } from '../../storage/reconciliation/scope.ts';
import type { Deps } from '../deps.ts';
import { mirrorCreditMovements } from '../mirror-credit-movements.ts';
import { mirrorCreditNote } from '../mirror-credit-note.ts';
import { mirrorCustomer, mirrorCustomerBalance } from '../mirror-customer.ts';
import { mirrorDispute } from '../mirror-dispute.ts';
import { mirrorInvoice } from '../mirror-invoice.ts';
import { mirrorRefund } from '../mirror-refund.ts';
import { relayOutbox } from '../relay-outbox.ts';

/** The operations that a lost event would have called. They are given, so that a run can be asked to repair nothing. */
export interface Repairs {
  readonly mirrorCustomer: (key: CustomerKey, stripeCustomerId: string) => Promise<unknown>;
  readonly mirrorInvoice: (invoiceId: string) => Promise<unknown>;
  readonly mirrorCreditNote: (creditNoteId: string) => Promise<unknown>;
  readonly mirrorRefund: (refundId: string) => Promise<unknown>;
  readonly mirrorDispute: (disputeId: string) => Promise<unknown>;
  readonly mirrorCreditMovements: (key: CustomerKey, stripeCustomerId: string) => Promise<unknown>;
  /** Sends what was never sent. */
  readonly resend: (key: CustomerKey) => Promise<unknown>;
}

/** The same operations that the events call. */
export function safeRepairs(deps: Deps): Repairs {
  return {
    mirrorCustomer: async (key, stripeCustomerId) => {
      await mirrorCustomer(deps, stripeCustomerId);
      await mirrorCustomerBalance(deps, key, stripeCustomerId);
    },
    mirrorInvoice: async (invoiceId) => mirrorInvoice(deps, invoiceId),
    mirrorCreditNote: async (creditNoteId) => mirrorCreditNote(deps, creditNoteId),
    mirrorRefund: async (refundId) => mirrorRefund(deps, refundId),
    mirrorDispute: async (disputeId) => mirrorDispute(deps, disputeId),
    mirrorCreditMovements: async (key, stripeCustomerId) => mirrorCreditMovements(deps, key, stripeCustomerId),
    resend: async (key) => resend(deps, key),
  };
}

const RESENT_MAX = 1_000;

/** Grants first: a meter event waits for the grants of the lots that it draws. */
async function resend(deps: Deps, { lane, customerId }: CustomerKey): Promise<void> {
  if ((await wakeUnsent(deps.db, { lane, customerId })) === 0) return;
  for (const queue of ['grants', 'meter', 'documents'] as const) {
    await relayOutbox(deps, { limit: RESENT_MAX, only: { lane, customerId, queue } });
  }
}

/** Does what is safe about a difference and says what it did; null where a person must decide. */
export async function repair(
  repairs: Repairs,
  customer: ReconciledCustomer,
  difference: Difference,
): Promise<string | null> {
  const { safeRepair } = kindOf(difference);
  const [id = ''] = difference.object.split(' ');
  if (safeRepair === undefined) return null;
  switch (safeRepair) {
    case 'mirror_customer':
      await repairs.mirrorCustomer(customer, customer.stripeCustomerId);
      return 'The run fetched the customer again.';
    case 'mirror_invoice':
      await repairs.mirrorInvoice(id);
      return `The run fetched ${id} again.`;
    case 'mirror_credit_note':
      await repairs.mirrorCreditNote(id);
      return `The run fetched ${id} again.`;
    case 'mirror_refund':
      await repairs.mirrorRefund(id);
      return `The run fetched ${id} again.`;
    case 'mirror_dispute':
      await repairs.mirrorDispute(id);
      return `The run fetched ${id} again.`;
    case 'mirror_credit_movements':
      await repairs.mirrorCreditMovements(customer, customer.stripeCustomerId);
      return 'The run fetched the credit balance transactions again.';
    case 'resend':
      await repairs.resend(customer);
      return 'The run sent what was never sent.';
  }
}
