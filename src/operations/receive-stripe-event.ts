import type { StripeEvent } from '../domain/stripe-event.ts';
import { readDeployment } from '../storage/deployment.ts';
import { type EventRefusal, refuseForeignEvent, type SignedBody, verifyStripeEvent } from '../stripe/events.ts';
import { storeArrival } from './arrivals.ts';
import type { Deps } from './deps.ts';

export type Received =
  | { readonly eventId: string; readonly type: string; readonly isNew: boolean }
  | { readonly rejected: EventRefusal };

/** Sets the dead man's switch of a cycle's draft; throws when it could not be set. */
export type GuardDraft = (deps: Deps, invoiceId: string) => Promise<unknown>;

/**
 * Verifies a webhook and stores it; it is applied later. What comes back without `rejected` may be answered 2xx.
 * Stripe finalizes a cycle's draft about an hour after this answer, so that one event is answered only when the draft
 * is guarded: what `guardDraft` throws must become a failure that Stripe repeats.
 */
export async function receiveStripeEvent(deps: Deps, signed: SignedBody, guardDraft?: GuardDraft): Promise<Received> {
  const verified = verifyStripeEvent(signed);
  if ('rejected' in verified) return verified;
  const { event } = verified;
  const ours = await readDeployment(deps.db);
  if (ours === null) throw new Error('the database is not stamped with a Stripe account yet');
  const foreign = refuseForeignEvent(event, ours);
  if (foreign !== null) return foreign;

  const isNew = await storeArrival(deps.db, event);
  if (guardDraft !== undefined && event.objectId !== null && startsDraftWindow(event)) {
    await guardDraft(deps, event.objectId);
  }
  return { eventId: event.eventId, type: event.type, isNew };
}

function startsDraftWindow({ type, billingReason }: StripeEvent): boolean {
  // A thin event does not say why the invoice was made; the guard asks.
  return type === 'v1.invoice.created' || (type === 'invoice.created' && billingReason === 'subscription_cycle');
}
