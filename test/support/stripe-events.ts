import type { StripeEvent } from '../../src/domain/stripe-event.ts';

/** An event that names nothing but what is said here. */
export function stripeEvent(event: Pick<StripeEvent, 'eventId' | 'type'> & Partial<StripeEvent>): StripeEvent {
  const names = { objectId: null, stripeCustomerId: null, invoiceId: null, account: null, billingReason: null };
  return { ...names, livemode: false, apiVersion: null, createdAt: new Date(0), body: '{}', ...event };
}
