// What a new credit note must wait for, or fails on, because of the notes that were asked for before it.
import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import { finishCreditNoteRequest, requestNamingUsage, waitingRequest } from '../storage/credit-note-requests.ts';
import type { Transaction } from '../storage/database.ts';
import { outboxMessage } from '../storage/outbox.ts';
import { refusedUsage } from './reverse-usage.ts';

/** Names the message to Stripe of a request. */
export function messageKey(requestId: string): string {
  return `credit_note/${requestId}`;
}

/** Whether a note of this invoice has no outcome yet; one that Stripe refused behind its asker's back ends here. */
export async function othersWait(trx: Transaction, customer: CustomerKey, invoiceId: string): Promise<boolean> {
  const waiting = await waitingRequest(trx, customer, invoiceId);
  if (waiting === null) return false;
  const message = await outboxMessage(trx, customer, messageKey(waiting.requestId));
  if (message?.state !== 'refused') return true;
  const end = { state: 'refused', creditNoteId: null, outcome: message.outcome, at: await now(trx) } as const;
  await finishCreditNoteRequest(trx, customer, waiting.requestId, end);
  return false;
}

/** Asked before any money moves: a note whose usage cannot go back, or goes back with another one, is not issued. */
export async function refusedReversal(
  trx: Transaction,
  customer: CustomerKey,
  usageEventIds: readonly string[],
): Promise<Refused | null> {
  if (usageEventIds.length === 0) return null;
  const refusal = await refusedUsage(trx, { customer, usageEventIds });
  if (refusal !== null) return refusal;
  if (!(await requestNamingUsage(trx, customer, usageEventIds))) return null;
  return refuse('already_reversed', 'Another credit note gives some of these usage events back; leave them out.');
}
