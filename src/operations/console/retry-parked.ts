import { refuse, type Refused } from '../../domain/rejection.ts';
import { transaction } from '../../storage/database.ts';
import { findParkedMessage, replayParkedStripeEvent, retryParkedMessage } from '../../storage/parked.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

export type Parked = { readonly outboxId: bigint } | { readonly eventId: string };

/** Gives a parked message to or from Stripe a new life, with a row in the audit log. Null: it is under way again. */
export async function retryParked(deps: Deps, acting: Acting, parked: Parked): Promise<Refused | null> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'message.retry');
    if ('rejected' in actor) return actor;
    const gone = refuse('invalid_request', 'this message is not parked any more: somebody else tried it again');
    if ('eventId' in parked) {
      if (!(await replayParkedStripeEvent(trx, parked.eventId))) return gone;
      const event = { objectType: 'stripe_event', objectId: parked.eventId };
      await audit(deps, trx, actor, { action: 'stripe_event.replayed', ...event });
      return null;
    }
    const message = await findParkedMessage(trx, parked.outboxId);
    if (message === null || !(await retryParkedMessage(trx, message, parked.outboxId))) return gone;
    await audit(deps, trx, actor, {
      action: 'message.retried',
      objectType: 'message',
      objectId: parked.outboxId.toString(),
      customerId: message.customerId,
    });
    return null;
  });
}
