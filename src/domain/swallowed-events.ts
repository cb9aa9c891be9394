// Which meter events Stripe lost for good: those in hours of which it counts less than was reported. Their identifier
// stays taken, so they are sent again under another name; the old one is cancelled while Stripe still can (24 hours).

export interface SentMeterEvent {
  readonly identifier: string;
  readonly value: bigint;
  readonly stampedAt: Date;
  /** Seconds since Stripe received it. */
  readonly ageSeconds: number;
}

export interface Repair<Event extends SentMeterEvent> {
  readonly event: Event;
  readonly identifier: string;
  readonly cancels: boolean;
}

export const HOUR_MS = 3_600_000;
const CANCEL_SECONDS_MAX = 23 * 3600;
const REPAIRED = /\/r1$/;

/** Events to send again, once each; an hour where Stripe counts more is nobody's to repair by itself. */
export function repairs<Event extends SentMeterEvent>(
  events: readonly Event[],
  countedByHour: ReadonlyMap<number, bigint>,
): readonly Repair<Event>[] {
  const byHour = Map.groupBy(events, ({ stampedAt }) => Math.floor(stampedAt.getTime() / HOUR_MS) * HOUR_MS);
  return [...byHour].flatMap(([hour, inHour]) => {
    const missing = inHour.reduce((sum, { value }) => sum + value, 0n) - (countedByHour.get(hour) ?? 0n);
    const again = missing === 0n ? [] : lost(inHour, missing);
    return again.map((event) => ({
      event,
      identifier: `${event.identifier}/r1`,
      cancels: event.ageSeconds < CANCEL_SECONDS_MAX,
    }));
  });
}

/**
 * The one event that accounts for the difference, if there is one; else, where something lacks, all that can still be
 * cancelled. What is counted beyond that is another sender's: sent again, ours would be counted twice.
 */
function lost<Event extends SentMeterEvent>(events: readonly Event[], missing: bigint): readonly Event[] {
  const candidates = events.filter(({ identifier }) => !REPAIRED.test(identifier));
  const exact = candidates.filter(({ value }) => value === missing);
  if (exact.length === 1) return exact;
  if (missing < 0n) return [];
  return candidates.filter(({ ageSeconds }) => ageSeconds < CANCEL_SECONDS_MAX);
}
