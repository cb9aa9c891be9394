import { createHash } from 'node:crypto';

import { canonicalJson } from '../domain/canonical-json.ts';
import type { CreditNoteOrder } from '../domain/credit-note-order.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import {
  finishCreditNoteRequest,
  insertCreditNoteRequest,
  noteUsageReversed,
  readCreditNoteRequest,
  requestOfKey,
} from '../storage/credit-note-requests.ts';
import { creditNotesOfInvoice } from '../storage/credit-notes.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { customerOfInvoice } from '../storage/invoices.ts';
import { enqueue, outboxMessage } from '../storage/outbox.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditNote } from './mirror-credit-note.ts';
import { messageKey, othersWait, refusedReversal } from './pending-credit-notes.ts';
import { type CreditNotePreview, previewCreditNote } from './preview-credit-note.ts';
import { relayOutbox } from './relay-outbox.ts';
import { reverseUsage } from './reverse-usage.ts';
import { stripeRefusal } from './stripe-refusal.ts';

export type CreditNoteReason =
  | 'duplicate_usage'
  | 'failed_output'
  | 'billing_error'
  | 'product_unsatisfactory'
  | 'order_change'
  | 'fraudulent'
  | 'goodwill';

export interface CreditNoteCommand extends CreditNoteOrder {
  readonly reason: CreditNoteReason;
  readonly ticket: string;
  /** Who asked. */
  readonly actor: string;
  /** Printed on the note. */
  readonly memo?: string;
  /** Of the preview that was decided on; another state of things is refused. */
  readonly previewHash?: string;
  /** Whether Stripe mails the note; it would by default, we do not. */
  readonly emailCustomer?: boolean;
  readonly idempotencyKey: string;
  /** Usage that goes back with the note: what of it was billed is the money, the rest returns as credits. */
  readonly reverseUsageEventIds?: readonly string[];
}

export interface IssuedCreditNote {
  readonly requestId: string;
  readonly customer: CustomerKey;
  readonly invoiceId: string;
  /** waiting: Stripe could not be asked yet; it is sent by itself. */
  readonly state: 'issued' | 'waiting';
  readonly creditNoteId: string | null;
  readonly totalMinor: bigint;
  readonly currency: string;
  readonly settlement: string;
}

/** Our reasons in Stripe's four words. */
const STRIPE_REASON: Readonly<Record<CreditNoteReason, string>> = {
  duplicate_usage: 'duplicate',
  failed_output: 'product_unsatisfactory',
  billing_error: 'order_change',
  product_unsatisfactory: 'product_unsatisfactory',
  order_change: 'order_change',
  fraudulent: 'fraudulent',
  goodwill: 'product_unsatisfactory',
};

/**
 * Issues a credit note that is worth exactly the money named. The request is stored with its message to Stripe in one
 * transaction, then sent while the caller waits; the same key never issues a second one.
 */
export async function issueCreditNote(deps: Deps, command: CreditNoteCommand): Promise<IssuedCreditNote | Refused> {
  if (command.ticket.trim() === '')
    return refuse('invalid_request', 'a credit note needs a ticket', { param: 'ticket' });
  const fingerprint = fingerprintOf(command);
  const owner = await customerOfInvoice(deps.db, command.invoiceId);
  const earlier = owner === null ? null : await requestOfKey(deps.db, owner, command.idempotencyKey);
  if (owner !== null && earlier !== null) {
    return earlier.fingerprint === fingerprint ? conclude(deps, owner, earlier.requestId, command) : reused(command);
  }
  const preview = await previewCreditNote(deps, command);
  if ('rejected' in preview) return preview;
  if (command.previewHash !== undefined && command.previewHash !== preview.previewHash) {
    return stale('what the preview showed has changed since; look at it again', preview);
  }
  const requested = await transaction(deps.db, (trx) => request(deps, trx, { command, fingerprint, preview }));
  if ('rejected' in requested) return requested;
  return conclude(deps, preview.customer, requested.requestId, command);
}

interface Decided {
  readonly command: CreditNoteCommand;
  readonly fingerprint: string;
  readonly preview: CreditNotePreview;
}

async function request(
  deps: Deps,
  trx: Transaction,
  { command, fingerprint, preview }: Decided,
): Promise<{ readonly requestId: string } | Refused> {
  const { customer, invoiceId } = preview;
  await lockCustomer(trx, customer);
  const earlier = await requestOfKey(trx, customer, command.idempotencyKey);
  if (earlier !== null) return earlier.fingerprint === fingerprint ? earlier : reused(command);
  // Two notes decided at the same time would give the same money back twice.
  if (await othersWait(trx, customer, invoiceId)) {
    return stale(`another credit note on ${invoiceId} is on its way; preview again when it is issued`, preview);
  }
  const notes = await creditNotesOfInvoice(trx, customer, invoiceId);
  if (notes.length !== preview.basedOn.length) {
    return stale(`another credit note on ${invoiceId} was issued meanwhile; look at the preview again`, preview);
  }
  const usage = await refusedReversal(trx, customer, command.reverseUsageEventIds ?? []);
  if (usage !== null) return usage;
  const requestId = deps.newId();
  await insertCreditNoteRequest(
    trx,
    customer,
    {
      requestId,
      invoiceId,
      reason: command.reason,
      ticket: command.ticket,
      requestedBy: command.actor,
      request: plainOf(command),
      preview: {
        total_minor: preview.money.totalMinor.toString(),
        currency: preview.currency,
        settlement: command.settlement,
        preview_hash: preview.previewHash,
      },
      createdAt: await now(trx),
    },
    { idempotencyKey: command.idempotencyKey, fingerprint },
  );
  await enqueue(trx, customer, {
    queue: 'documents',
    call: 'credit_note.create',
    subjectId: invoiceId,
    request: creditNoteParams(command, preview, requestId),
    key: messageKey(requestId),
  });
  return { requestId };
}

function creditNoteParams(command: CreditNoteCommand, { params }: CreditNotePreview, requestId: string) {
  return {
    ...params,
    reason: STRIPE_REASON[command.reason],
    ...(command.memo !== undefined && { memo: command.memo }),
    email_type: command.emailCustomer === true ? 'credit_note' : 'none',
    metadata: { creditpool_request: requestId, reason: command.reason, ticket: command.ticket },
  };
}

/** Sends what is not sent, and tells what became of the request; also for one that an earlier call left waiting. */
async function conclude(
  deps: Deps,
  customer: CustomerKey,
  requestId: string,
  command: CreditNoteCommand,
): Promise<IssuedCreditNote | Refused> {
  const key = messageKey(requestId);
  if ((await outboxMessage(deps.db, customer, key))?.state !== 'done') {
    await relayOutbox(deps, { limit: 20, only: { ...customer, queue: 'documents' } });
  }
  const message = await outboxMessage(deps.db, customer, key);
  if (message?.state === 'refused') {
    const outcome = message.outcome ?? 'Stripe gave no reason';
    const end = { state: 'refused', creditNoteId: null, outcome, at: await now(deps.db) } as const;
    await finishCreditNoteRequest(deps.db, customer, requestId, end);
    return refuse('stripe_refused', `Stripe refuses this credit note: ${outcome}`);
  }
  const creditNoteId = message?.state === 'done' ? message.stripeId : null;
  if (creditNoteId !== null) {
    const mirrored = await mirrorIssued(deps, creditNoteId);
    if (mirrored !== null) return mirrored;
    const reversal = await reverse(deps, customer, command);
    if (reversal !== null) return reversal;
    await noteUsageReversed(deps.db, customer, requestId, await now(deps.db));
  }
  const stored = await readCreditNoteRequest(deps.db, customer, requestId);
  if (stored === null) throw new Error(`credit note request ${requestId} has vanished`);
  const { invoiceId, preview } = stored;
  return {
    requestId,
    customer,
    invoiceId,
    state: creditNoteId === null ? 'waiting' : 'issued',
    creditNoteId,
    totalMinor: BigInt(preview.total_minor),
    currency: preview.currency,
    settlement: preview.settlement,
  };
}

/** It is issued, whatever happens to reading it back: then its event brings it, and the same key asks again. */
async function mirrorIssued(deps: Deps, creditNoteId: string): Promise<Refused | null> {
  try {
    await mirrorCreditNote(deps, creditNoteId);
    return null;
  } catch (error) {
    return stripeRefusal(error);
  }
}

async function reverse(deps: Deps, customer: CustomerKey, command: CreditNoteCommand): Promise<Refused | null> {
  const { reverseUsageEventIds: usageEventIds = [], reason, ticket, actor } = command;
  if (usageEventIds.length === 0) return null;
  const answer = await reverseUsage(deps, { customer, usageEventIds, reason, ticket, actor });
  // An earlier call with this key did it.
  return 'rejected' in answer && answer.rejected.code !== 'already_reversed' ? answer : null;
}

function stale(message: string, { previewHash }: CreditNotePreview): Refused {
  return refuse('preview_stale', message, { param: 'preview_hash', details: { preview_hash: previewHash } });
}

function reused({ idempotencyKey }: CreditNoteCommand): Refused {
  const sentence = `the idempotency key ${idempotencyKey} was used for another credit note; use a new key for a new one`;
  return refuse('idempotency_key_reused', sentence);
}

/** The preview hash is not part of what was asked: a retry may carry another. */
function fingerprintOf({
  idempotencyKey: _key,
  previewHash: _hash,
  actor: _actor,
  ...asked
}: CreditNoteCommand): string {
  return createHash('sha256')
    .update(canonicalJson(plainOf(asked)))
    .digest('hex');
}

function plainOf(value: object): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}
