// Messages that are not sent any more: given up, or stopped until a person has looked.
import { now } from '../storage/clock.ts';
import { isDeletedCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { finishMessage, holdsLease, type LeasedMessage, returnMessage } from '../storage/outbox-lease.ts';
import type { Deps } from './deps.ts';
import type { OutgoingCall } from './outgoing-call.ts';

/** Ends a message that nobody is to send any more. */
export async function cancel<Request extends object>(
  deps: Deps,
  message: LeasedMessage,
  call: OutgoingCall<Request>,
  reason: string,
): Promise<'cancelled' | 'lease lost'> {
  return transaction(deps.db, async (trx) => {
    if (!(await holdsLease(trx, message))) return 'lease lost';
    await call.cancelled?.(trx, message, await now(trx));
    await finishMessage(trx, message, { state: 'cancelled', outcome: reason });
    return 'cancelled';
  });
}

/** Stops a message, and what waits behind it, until a person has looked. */
export async function park(
  deps: Deps,
  message: LeasedMessage,
  reason: string,
  epoch = message.epoch,
): Promise<'parked'> {
  await returnMessage(deps.db, message, { state: 'parked', outcome: reason, afterSeconds: 0, epoch });
  const { outboxId, call } = message;
  deps.log.error({ outboxId: outboxId.toString(), call, reason }, 'a message for Stripe is parked');
  return 'parked';
}

/** Parks what Stripe refuses; about a customer who was deleted there nobody can put anything right, so that it ends. */
export async function parkRefused<Request extends object>(
  deps: Deps,
  message: LeasedMessage,
  call: OutgoingCall<Request>,
  reason: string,
): Promise<'parked' | 'cancelled' | 'lease lost'> {
  if (await isDeletedCustomer(deps.db, message)) {
    return cancel(deps, message, call, `the customer was deleted at Stripe: ${reason}`);
  }
  // Stripe may have stored its refusal under this key: a retry, once the cause is gone, needs another.
  return park(deps, message, reason, message.epoch + 1);
}
