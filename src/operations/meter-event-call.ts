import { meteredSpan } from '../domain/meter.ts';
import { sentMeterUnits } from '../storage/meter-sums.ts';
import { isIdentifierTaken } from '../stripe/failures.ts';
import { cancelMeterEvent, meteredTotal, type MeterEventRequest, sendMeterEvent } from '../stripe/meter-events.ts';
import type { OutgoingCall } from './outgoing-call.ts';

/** Stripe keeps an identifier for 24 hours at least; until this age sending again is harmless, and shows what happened. */
export const IDENTIFIER_KEPT_SECONDS = 20 * 3600;

export const meterEventCall: OutgoingCall<MeterEventRequest> = {
  render: async (_deps, { request }) => ({ request: request as unknown as MeterEventRequest }),
  send: async ({ stripe }, _message, request, idempotencyKey) => {
    await sendMeterEvent(stripe, request, idempotencyKey);
    return { stripeId: null };
  },
  // A meter event cannot be read back. It is the only one of its period in flight, so the sum tells.
  look: async ({ db, stripe }, message, request) => {
    if (message.ageSeconds < IDENTIFIER_KEPT_SECONDS) return 'absent';
    if (message.billingPeriodId === null) return { unclear: 'a meter event without a billing period' };
    const sent = await sentMeterUnits(db, message, message.billingPeriodId);
    if (sent === null) return { unclear: 'the meter is not at Stripe' };
    const { from, to } = meteredSpan(sent);
    const total = await meteredTotal(stripe, { ...sent, from, to });
    if (total === sent.units + BigInt(request.payload.value)) return { stripeId: null };
    return total === sent.units
      ? 'absent'
      : { unclear: `Stripe counts ${total ?? 'no whole number'}, ${sent.units} were sent before this event` };
  },
  isDoneAlready: (refusal, { identifier }) => isIdentifierTaken(refusal, identifier),
};

interface CancelRequest {
  readonly event_name: string;
  readonly identifier: string;
}

/** Takes back an event that Stripe swallowed, before it is sent under another name. */
export const cancelMeterEventCall: OutgoingCall<CancelRequest> = {
  render: async (_deps, { request }) => ({ request: request as unknown as CancelRequest }),
  send: async ({ stripe }, _message, { event_name: eventName, identifier }, idempotencyKey) => {
    await cancelMeterEvent(stripe, { eventName, identifier }, idempotencyKey);
    return { stripeId: null };
  },
  // Cancelling twice is cancelling once.
  look: async () => 'absent',
  // Too old to be cancelled, and not counted either: it never will be.
  mayBeRefused: true,
};
