// One cycle of one metered subscription item, half-open [startsAt, endsAt). For a while after its end, until the
// cut-off, late usage still belongs to it.

export type Interval = 'month' | 'year';

export interface BillingPeriod {
  readonly billingPeriodId: string;
  readonly subscriptionId: string;
  readonly planVersionId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly cutOffAt: Date;
  readonly state: 'open' | 'cut_off' | 'final';
  /** Nobody bills what is used in it. */
  readonly isTrial: boolean;
}

/** The n-th boundary after the anchor: same day and time of day in UTC, clamped to the month's last day (Stripe's rule). */
export function boundary(anchor: Date, interval: Interval, n: number): Date {
  const months = interval === 'year' ? 12 * n : n;
  const year = anchor.getUTCFullYear();
  const month = anchor.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(anchor.getUTCDate(), lastDay);
  const timeOfDayMs = anchor.getTime() - Date.UTC(year, anchor.getUTCMonth(), anchor.getUTCDate());
  return new Date(Date.UTC(year, month, day) + timeOfDayMs);
}

/** The first boundary later than the given instant. */
export function nextBoundary(anchor: Date, interval: Interval, after: Date): Date {
  const monthsApart =
    12 * (after.getUTCFullYear() - anchor.getUTCFullYear()) + after.getUTCMonth() - anchor.getUTCMonth();
  let n = Math.max(0, Math.floor(monthsApart / (interval === 'year' ? 12 : 1)) - 1);
  while (boundary(anchor, interval, n) <= after) n += 1;
  return boundary(anchor, interval, n);
}

export function isWithin(period: BillingPeriod, at: Date): boolean {
  return period.startsAt <= at && at < period.endsAt;
}

/** Ended, but late usage still belongs to it. */
export function awaitsCutOff(period: BillingPeriod, now: Date): boolean {
  return period.state === 'open' && period.endsAt <= now;
}

/** First day of the UTC month of an instant, `YYYY-MM-01`. */
export function monthOf(at: Date): string {
  return `${at.toISOString().slice(0, 7)}-01`;
}

interface InCycle {
  readonly billingPeriodId: string;
  readonly startsAt: Date;
  readonly supersededBy: string | null;
}

/** The period with those before it in the same cycle, the earliest first. */
export function cycleOf<Period extends InCycle>(periods: readonly Period[], period: Period): readonly Period[] {
  const before = periods.find(({ supersededBy }) => supersededBy === period.billingPeriodId);
  return before === undefined ? [period] : [...cycleOf(periods, before), period];
}

/** When the cycle began that a period belongs to. */
export function cycleStart(periods: readonly InCycle[], period: InCycle): Date {
  return cycleOf(periods, period)[0]?.startsAt ?? period.startsAt;
}
