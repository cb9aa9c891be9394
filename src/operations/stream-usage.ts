import { finishMessages, type LeasedMessage, noteSent } from '../storage/outbox-lease.ts';
import { stripeFailure } from '../stripe/failures.ts';
import type { MeterEventRequest } from '../stripe/meter-events.ts';
import { streamMeterEvents } from '../stripe/meter-stream.ts';
import type { Deps } from './deps.ts';
import { IDENTIFIER_KEPT_SECONDS } from './meter-event-call.ts';
import { giveBack, type MessageOutcome, sendMessage } from './send-message.ts';

/** Whether a message may go with others: a report of usage whose identifier Stripe still knows, should it have come. */
export function isStreamable({ call, isUncertain, ageSeconds }: LeasedMessage): boolean {
  return call === 'meter_event' && (!isUncertain || ageSeconds < IDENTIFIER_KEPT_SECONDS);
}

/**
 * Hands reports of usage, at most 100, to the stream in one call. Stripe checks them later and reports what it refuses
 * (`note-meter-errors`); when it takes none of them, each is sent by itself to find the one that is wrong.
 */
export async function streamUsage(deps: Deps, leased: readonly LeasedMessage[]): Promise<readonly MessageOutcome[]> {
  const ours = await noteSent(deps.db, leased);
  const messages = leased.filter(({ outboxId }) => ours.has(outboxId));
  if (messages.length === 0) return leased.map(() => 'lease lost');
  try {
    await streamMeterEvents(
      deps.stripe,
      messages.map(({ request }) => request as unknown as MeterEventRequest),
    );
    const finished = await finishMessages(deps.db, messages);
    return messages.map(({ outboxId }) => (finished.has(outboxId) ? 'sent' : 'lease lost'));
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    if (failure.kind === 'refused') return Promise.all(messages.map(async (message) => sendMessage(deps, message)));
    const state = failure.kind === 'unknown' ? 'unknown' : 'pending';
    return Promise.all(
      messages.map(async (message) => giveBack(deps, message, { state, reason: failure.reason, failure })),
    );
  }
}
