import { refuse, type Refused, type Rejection } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import {
  noteFailedAttempt,
  quarantinedEvent,
  type QuarantinedEvent,
  settleQuarantined,
} from '../storage/quarantined-events.ts';
import type { RecordedUsage } from './pool-request.ts';
import { type RealTime, type TrackedEvent, trackUsage } from './track-usage.ts';

export type { QuarantinedEvent };

export interface Release {
  readonly quarantinedEventId: string;
  /** The event as it should have been; null: as it was fixed before, or as it came. */
  readonly fixedBody: object | null;
  /** Reads a body of the wire. */
  readonly read: (
    body: object,
  ) => TrackedEvent | { readonly rejected: Pick<Rejection, 'message'> & { readonly param?: string | undefined } };
  readonly actor: string;
}

/**
 * Takes an event out of quarantine and records it, as of when it happened, or came when it does not say. Another refusal
 * leaves it where it is, with the new reason and one attempt more.
 */
export async function releaseQuarantinedEvent(
  realTime: RealTime,
  { quarantinedEventId, fixedBody, read, actor }: Release,
): Promise<RecordedUsage | Refused> {
  const { db } = realTime.deps;
  const kept = await quarantinedEvent(db, quarantinedEventId);
  if (kept === null) return unknownQuarantined();
  if (kept.state !== 'waiting') return settledBefore(kept);
  const at = await now(db);
  const failed = async ({ rejected }: Refused): Promise<Refused> => {
    const param = ('param' in rejected ? rejected.param : null) ?? null;
    await noteFailedAttempt(db, quarantinedEventId, { ...rejected, param, fixedBody: fixedBody ?? kept.fixedBody, at });
    return { rejected };
  };
  const event = read(fixedBody ?? kept.fixedBody ?? kept.body);
  if ('rejected' in event) {
    const { message, param } = event.rejected;
    return failed(refuse('invalid_request', message, param === undefined ? {} : { param }));
  }
  if (event.eventId !== kept.eventId || event.source !== kept.source) {
    return refuse('invalid_request', `The event is ${kept.eventId} of source ${kept.source} and stays that one.`, {
      param: 'id',
    });
  }
  const cause = { actor, reason: `released from quarantine (${kept.code})` };
  const [answer] = await trackUsage(realTime, {
    events: [{ ...event, occurredAt: event.occurredAt ?? kept.receivedAt, cause }],
  });
  if (answer === undefined) throw new Error('one event went in and no answer came out');
  if ('rejected' in answer) return failed(answer);
  const { usageEventId } = answer;
  await settleQuarantined(db, quarantinedEventId, {
    state: 'released',
    usageEventId,
    fixedBody,
    by: actor,
    reason: null,
    at,
  });
  return answer;
}

/** Throws an event away, with the reason; the row stays. */
export async function discardQuarantinedEvent(
  { deps: { db } }: Pick<RealTime, 'deps'>,
  asked: { readonly quarantinedEventId: string; readonly reason: string; readonly actor: string },
): Promise<QuarantinedEvent | Refused> {
  const { quarantinedEventId, reason, actor } = asked;
  const settled = await settleQuarantined(db, quarantinedEventId, {
    state: 'discarded',
    usageEventId: null,
    fixedBody: null,
    by: actor,
    reason,
    at: await now(db),
  });
  const kept = await quarantinedEvent(db, quarantinedEventId);
  if (kept === null) return unknownQuarantined();
  return settled ? kept : settledBefore(kept);
}

export function unknownQuarantined(): Refused {
  return refuse('unknown_quarantined_event', 'No event in quarantine has this id.', { param: 'id' });
}

function settledBefore({ state, settledBy, settledAt }: QuarantinedEvent): Refused {
  return refuse('quarantine_settled', `This event was ${state} by ${settledBy} at ${settledAt?.toISOString()}.`, {
    details: { state },
  });
}
