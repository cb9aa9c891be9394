// Usage by window as meter events: whole meter units, the floor of a period's running total less what was emitted; the
// rest is carried inside the period. A late, reversed or negative amount is a new delta with the next sequence.
import { dividedDown } from './amount.ts';

export interface MeterBucket {
  readonly windowStart: Date;
  /** Micro-credits that lots and overage consumed in the window so far. */
  readonly metered: bigint;
  readonly rolled: bigint;
  readonly lastAt: Date;
  readonly sequence: number;
}

export interface MeterPeriod {
  readonly lane: number;
  readonly billingPeriodId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly rolledMicro: bigint;
  readonly emittedUnits: bigint;
}

export interface MeterDelta {
  readonly windowStart: Date;
  readonly identifier: string;
  /** Whole meter units, may be negative, never 0. */
  readonly value: bigint;
  readonly stampedAt: Date;
  readonly sequence: number;
}

export interface RolledUp {
  readonly deltas: readonly MeterDelta[];
  readonly rolledMicro: bigint;
  readonly emittedUnits: bigint;
}

const MINUTE_MS = 60_000;
/** Stripe refuses stamps older than 35 calendar days; an hour is kept for the way there. */
const STAMP_AGE_MS_MAX = 35 * 86_400_000 - 3_600_000;

/** End of a window, cut at the period's end. */
export function windowEnd(start: Date, periodEnd: Date, windowMinutes: number): Date {
  const width = windowMinutes * MINUTE_MS;
  const end = new Date((Math.floor(start.getTime() / width) + 1) * width);
  return end > periodEnd ? periodEnd : end;
}

/** The whole minutes inside a period: Stripe sums by them, so no event may be stamped outside. */
export function meteredSpan({ startsAt, endsAt }: Pick<MeterPeriod, 'startsAt' | 'endsAt'>): { from: Date; to: Date } {
  return {
    from: new Date(Math.ceil(startsAt.getTime() / MINUTE_MS) * MINUTE_MS),
    to: new Date(Math.floor(endsAt.getTime() / MINUTE_MS) * MINUTE_MS),
  };
}

/** Stripe refuses a value of more than 15 digits, and one that is refused would hold up all later ones. */
const VALUE_MAX = 999_999_999_999_999n;

function sendable(value: bigint): bigint {
  if (value > VALUE_MAX) return VALUE_MAX;
  return value < -VALUE_MAX ? -VALUE_MAX : value;
}

/** Rolls buckets up in the order of their windows. */
export function rolledUp(
  period: MeterPeriod,
  buckets: readonly MeterBucket[],
  { meterUnitMicro, now }: { readonly meterUnitMicro: bigint; readonly now: Date },
): RolledUp {
  const deltas: MeterDelta[] = [];
  let { rolledMicro, emittedUnits } = period;
  for (const bucket of buckets) {
    rolledMicro += bucket.metered - bucket.rolled;
    const units = dividedDown(rolledMicro, meterUnitMicro);
    let { sequence } = bucket;
    while (units !== emittedUnits) {
      const value = sendable(units - emittedUnits);
      sequence += 1;
      deltas.push({
        windowStart: bucket.windowStart,
        identifier: meterIdentifier(period, bucket.windowStart, sequence),
        value,
        stampedAt: stampOf(period, bucket.lastAt, now),
        sequence,
      });
      emittedUnits += value;
    }
  }
  return { deltas, rolledMicro, emittedUnits };
}

/** At most 100 characters; the same usage always gets the same name, so that Stripe counts it once. */
export function meterIdentifier(
  { lane, billingPeriodId }: Pick<MeterPeriod, 'lane' | 'billingPeriodId'>,
  start: Date,
  sequence: number,
): string {
  return `cp/${lane}/${billingPeriodId}/${start.toISOString().slice(0, 16)}Z/${sequence}`;
}

/** When the usage happened, moved inside the period that bills it and, if the period allows, inside Stripe's 35 days. */
function stampOf(period: MeterPeriod, lastAt: Date, now: Date): Date {
  const { from, to } = meteredSpan(period);
  const earliest = new Date(now.getTime() - STAMP_AGE_MS_MAX);
  const at = lastAt < earliest ? earliest : lastAt;
  // Not its first second: whether a summary that ends there counts it is not settled.
  const first = new Date(from.getTime() + 1000);
  if (at < first) return first;
  const last = new Date(to.getTime() - 1000);
  return at > last ? last : new Date(Math.floor(at.getTime() / 1000) * 1000);
}

/** The lanes that our identifiers name; those of other hands name none. */
export function lanesOfIdentifiers(identifiers: readonly string[]): readonly number[] {
  const lanes = identifiers.map((identifier) => /^cp\/(\d{1,2})\//.exec(identifier)?.[1]);
  return [...new Set(lanes.flatMap((lane) => (lane === undefined ? [] : [Number(lane)])))].toSorted((a, b) => a - b);
}
