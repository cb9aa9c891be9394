import { canonicalJson } from '../domain/canonical-json.ts';
import { transaction } from '../storage/database.ts';
import {
  finishMessage,
  holdsLease,
  type LeasedMessage,
  returnMessage,
  storeRendered,
} from '../storage/outbox-lease.ts';
import { stripeFailure, type StripeFailure } from '../stripe/failures.ts';
import type { Deps } from './deps.ts';
import {
  cancelCall,
  changePlanCall,
  creditNoteCall,
  finalizeCall,
  invoiceItemCall,
  schedulePlanCall,
} from './document-calls.ts';
import { createGrantCall, expireGrantCall, moveGrantCall } from './grant-calls.ts';
import { cancelMeterEventCall, meterEventCall } from './meter-event-call.ts';
import type { OutgoingCall, Sent } from './outgoing-call.ts';
import { cancel, park, parkRefused } from './park-message.ts';
import { setSeatsCall, startSubscriptionCall, subscriptionOrderCall } from './subscription-order-calls.ts';
import { topUpCall } from './top-up-call.ts';
import { trueUpGrants } from './true-up-grants.ts';

export type MessageOutcome = 'sent' | 'refused' | 'parked' | 'waiting' | 'cancelled' | 'lease lost';

const ATTEMPTS_MAX = 30;
const PAUSE_SECONDS_MAX = 600;
/** Stripe keeps what it answered to a key for 24 hours at least; the rest is for the way there. */
const KEY_KEPT_SECONDS = 20 * 3600;
const MISCONFIGURED_PAUSE_SECONDS = 60;

/** Brings one leased message to its end, or back into the queue. */
export async function sendMessage(deps: Deps, message: LeasedMessage): Promise<MessageOutcome> {
  const order = subscriptionOrderCall(message.call);
  if (order !== null) return send(deps, message, order);
  switch (message.call) {
    case 'true_up':
      return trueUp(deps, message);
    case 'meter_event':
      return send(deps, message, meterEventCall);
    case 'meter_event.cancel':
      return send(deps, message, cancelMeterEventCall);
    case 'credit_grant.create':
      return send(deps, message, createGrantCall);
    case 'credit_grant.expire':
      return send(deps, message, expireGrantCall);
    case 'credit_grant.update':
      return send(deps, message, moveGrantCall);
    case 'invoice_item.create':
      return send(deps, message, invoiceItemCall);
    case 'subscription.cancel':
      return send(deps, message, cancelCall);
    case 'subscription.change_plan':
      return send(deps, message, changePlanCall);
    case 'subscription.schedule_plan':
      return send(deps, message, schedulePlanCall);
    case 'subscription.start':
      return send(deps, message, startSubscriptionCall);
    case 'subscription.set_seats':
      return send(deps, message, setSeatsCall);
    case 'invoice.finalize':
      return send(deps, message, finalizeCall);
    case 'top_up':
      return send(deps, message, topUpCall);
    case 'credit_note.create':
      return send(deps, message, creditNoteCall);
    default:
      return park(deps, message, `nobody sends ${message.call}`);
  }
}

async function trueUp(deps: Deps, message: LeasedMessage): Promise<MessageOutcome> {
  try {
    const outcome = await trueUpGrants(deps, message);
    if (outcome === 'again') {
      return await giveBack(deps, message, { state: 'pending', reason: 'an invoice became final', failure: null });
    }
    return outcome === 'done' ? 'sent' : outcome;
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    return giveBack(deps, message, { state: 'pending', reason: failure.reason, failure });
  }
}

async function send<Request extends object>(
  deps: Deps,
  message: LeasedMessage,
  call: OutgoingCall<Request>,
): Promise<MessageOutcome> {
  let { epoch } = message;
  if (message.isUncertain) {
    const found = await lookUp(deps, message, call, message.request as Request);
    if (found !== 'absent') return found;
    // Below that age Stripe would answer a second send with what it did on the first, should it still be at it.
    if (message.ageSeconds >= KEY_KEPT_SECONDS) epoch += 1;
  }
  const rendered = await call.render(deps, message);
  if ('cancelled' in rendered) return cancel(deps, message, call, rendered.cancelled);
  const { request } = rendered;
  // Stripe refuses a known key with another body; nothing is known to have come of the first.
  if (
    message.firstSentAt !== null &&
    epoch === message.epoch &&
    canonicalJson(request) !== canonicalJson(message.request)
  )
    epoch += 1;
  if (!(await storeRendered(deps.db, message, { request: request as Record<string, unknown>, epoch })))
    return 'lease lost';
  const sending = { ...message, epoch };
  try {
    return await finish(deps, sending, call, await call.send(deps, sending, request, idempotencyKey(sending)));
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    return afterFailure(deps, sending, call, request, failure);
  }
}

/** One key per message and epoch: at most 255 characters. */
function idempotencyKey({ customerId, key, epoch }: Pick<LeasedMessage, 'customerId' | 'key' | 'epoch'>): string {
  return `creditpool/${customerId}/${key}/${epoch}`;
}

async function lookUp<Request extends object>(
  deps: Deps,
  message: LeasedMessage,
  call: OutgoingCall<Request>,
  request: Request,
): Promise<MessageOutcome | 'absent'> {
  try {
    const found = await call.look(deps, message, request);
    if (found === 'absent') return 'absent';
    if ('unclear' in found) {
      return await giveBack(deps, message, { state: 'unknown', reason: found.unclear, failure: null });
    }
    return await finish(deps, message, call, found);
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    return giveBack(deps, message, { state: 'unknown', reason: failure.reason, failure });
  }
}

async function afterFailure<Request extends object>(
  deps: Deps,
  message: LeasedMessage,
  call: OutgoingCall<Request>,
  request: Request,
  failure: StripeFailure,
): Promise<MessageOutcome> {
  const { reason } = failure;
  switch (failure.kind) {
    case 'retry':
    case 'misconfigured':
      return giveBack(deps, message, { state: 'pending', reason, failure });
    case 'unknown': {
      if (!failure.stored) return giveBack(deps, message, { state: 'unknown', reason, failure });
      const found = await lookUp(deps, message, call, request);
      if (found !== 'absent') return found;
      return giveBack(deps, message, { state: 'pending', reason, failure, epoch: message.epoch + 1 });
    }
    case 'refused':
      if (call.isDoneAlready?.(failure, request) === true) return finish(deps, message, call, { stripeId: null });
      if (call.isTooEarly?.(failure) === true) {
        return giveBack(deps, message, { state: 'pending', reason, failure, epoch: message.epoch + 1 });
      }
      if (call.mayBeRefused !== true) return parkRefused(deps, message, call, failure.reason);
      await finishMessage(deps.db, message, { state: 'refused', outcome: failure.reason });
      return 'refused';
  }
}

async function finish<Request extends object>(
  deps: Deps,
  message: LeasedMessage,
  call: OutgoingCall<Request>,
  sent: Sent,
): Promise<MessageOutcome> {
  const { done } = call;
  const end = { state: 'done', stripeId: sent.stripeId } as const;
  if (done === undefined) return (await finishMessage(deps.db, message, end)) ? 'sent' : 'lease lost';
  return transaction(deps.db, async (trx) => {
    if (!(await holdsLease(trx, message))) return 'lease lost';
    await done(trx, message, sent);
    await finishMessage(trx, message, end);
    return 'sent';
  });
}

interface Return {
  readonly state: 'pending' | 'unknown';
  readonly reason: string;
  readonly failure: StripeFailure | null;
  readonly epoch?: number;
}

/** Puts a message back into its queue, or parks it after its last attempt. */
export async function giveBack(
  deps: Deps,
  message: LeasedMessage,
  { state, reason, failure, epoch = message.epoch }: Return,
): Promise<MessageOutcome> {
  const unsent = failure?.kind === 'retry' && failure.unsent === true;
  // A wrong key and an outage are nobody's message's fault: none is parked for it.
  const isItsOwn = failure?.kind !== 'misconfigured' && !unsent;
  if (isItsOwn && message.attempts >= ATTEMPTS_MAX) return park(deps, message, reason);
  const afterSeconds = pauseAfter(message, failure);
  await returnMessage(deps.db, message, { state, outcome: reason, afterSeconds, epoch, uncounted: unsent });
  return 'waiting';
}

/** Doubles with each attempt, up to ten minutes. */
function pauseAfter({ attempts }: LeasedMessage, failure: StripeFailure | null): number {
  if (failure?.kind === 'misconfigured') return MISCONFIGURED_PAUSE_SECONDS;
  const named = failure?.kind === 'retry' ? failure.afterSeconds : null;
  return named ?? Math.min(PAUSE_SECONDS_MAX, 0.25 * 2 ** Math.min(attempts, 20));
}
