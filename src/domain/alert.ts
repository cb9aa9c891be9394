// What somebody should hear of, decided with the debit that caused it, before anything is refused. Each is raised once:
// its key names the threshold and the period, the lot, or the silence.
import { formatCredits } from './amount.ts';
import { overageCapOf } from './burn.ts';
import { heldIn, type Moment, overageIn, type PoolBook, runningPeriod } from './pool-book.ts';
import { availableAt } from './pool-stock.ts';

export const ALERT_KINDS = [
  'balance.low',
  'balance.depleted',
  'overage.near_cap',
  'pool.unfunded',
  'usage.runaway',
  'usage.silent',
  'grant.expiring',
  'balance.days_left',
  'top_up.failed',
  'approval.requested',
  'case.glass_broken',
  'margin.under_water',
  'margin.drifted',
  'provider_bill.gap',
  'shadow.found',
  'grant.created',
  'grant.expired',
  'top_up.completed',
  'credit_note.issued',
  'variance.opened',
  'period.closed',
  'test',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Not for the customer's own ears: these go to the log and to webhooks, and no mail is sent. */
export const INTERNAL_ALERTS: readonly AlertKind[] = [
  'approval.requested',
  'case.glass_broken',
  'margin.under_water',
  'margin.drifted',
  'provider_bill.gap',
  'shadow.found',
];

/** What happened and asks nothing of anybody: told to programs that listen, and kept only while one does. */
export const QUIET_ALERTS: readonly AlertKind[] = [
  'grant.created',
  'grant.expired',
  'top_up.completed',
  'credit_note.issued',
  'variance.opened',
  'period.closed',
];

export interface AlertDraft {
  readonly alertId: string;
  readonly kind: AlertKind;
  /** Unique per customer for ever. */
  readonly key: string;
  /** Credits as decimal strings, as they go over the wire. */
  readonly data: Readonly<Record<string, string | number | null>>;
}

/** How a pool stood before the requests of a batch. */
export interface Standing {
  readonly billingPeriodId: string;
  /** Consumed in the period and held now, micro-credits. */
  readonly used: bigint;
  /** What that is a share of: the period's allowance, or all that was there where a plan includes none. */
  readonly base: bigint;
  readonly available: bigint;
  readonly overage: bigint;
}

/** Share of the overage cap at which somebody is told. */
const NEAR_CAP_PERCENT = 80n;

/** Where the pool stands in its running period; null where none runs. */
export function standingOf(book: PoolBook, now: Date): Standing | null {
  const period = runningPeriod(book, now);
  if (period === null || book.terms === null) return null;
  const { billingPeriodId } = period;
  const available = availableAt(book, now);
  const used = (book.shortfall.consumed.get(billingPeriodId) ?? 0n) + heldIn(book);
  const seats = book.member === null ? BigInt(book.subscription?.quantity ?? 1) : 1n;
  const allowance = book.terms.included * seats;
  return {
    billingPeriodId,
    used,
    base: allowance > 0n ? allowance : used + available,
    available,
    overage: overageIn(book, billingPeriodId),
  };
}

/** Notes what these requests made worth telling. */
export function raiseAlerts(book: PoolBook, before: Standing | null, moment: Moment): void {
  raiseUnfunded(book, moment);
  const thresholdsPercent = book.terms?.policy.alerts.thresholdsPercent ?? [];
  const after = thresholdsPercent.length === 0 ? null : standingOf(book, moment.now);
  if (after === null) return;
  const earlier = before?.billingPeriodId === after.billingPeriodId ? before : null;
  const shown = {
    period: after.billingPeriodId,
    used: formatCredits(after.used),
    available: formatCredits(after.available),
  };
  for (const percent of thresholdsPercent) {
    const reached = ({ used, base }: Standing): boolean => base > 0n && used * 100n >= base * BigInt(percent);
    if (!reached(after) || (earlier !== null && reached(earlier))) continue;
    raise(book, moment, 'balance.low', `${percent}/${after.billingPeriodId}`, {
      percent,
      ...shown,
      of: formatCredits(after.base),
    });
  }
  if (after.available === 0n && after.used > 0n && (earlier === null || earlier.available > 0n)) {
    raise(book, moment, 'balance.depleted', after.billingPeriodId, shown);
  }
  const cap = overageCapOf(book);
  const isNear = (overage: bigint): boolean => cap !== null && overage > 0n && overage * 100n >= cap * NEAR_CAP_PERCENT;
  if (cap !== null && isNear(after.overage) && !isNear(earlier?.overage ?? 0n)) {
    const data = { ...shown, overage: formatCredits(after.overage), cap: formatCredits(cap) };
    raise(book, moment, 'overage.near_cap', after.billingPeriodId, data);
  }
}

/** The oldest of what waits is new: before it, everything was paid. */
function raiseUnfunded(book: PoolBook, moment: Moment): void {
  const { unfunded, unfundedSum, changes } = book.shortfall;
  const [first] = unfunded;
  if (first === undefined || !changes.recorded.includes(first)) return;
  raise(book, moment, 'pool.unfunded', first.usageEventId, { unfunded: formatCredits(unfundedSum) });
}

/** Notes an alert beside the changes that caused it; storage keeps the first one of a key. */
export function raise(
  { changes, poolId }: PoolBook,
  { newId }: Moment,
  kind: AlertKind,
  key: string,
  data: AlertDraft['data'],
): void {
  changes.alerts.push({ alertId: newId(), kind, key: `${kind}/${poolId}/${key}`, data });
}

/** Whether this hour's use is out of all proportion to the usual hour's; an hour is unusual only after a day of use. */
export function isRunaway(
  { thisHour, before, hoursBefore }: { thisHour: bigint; before: bigint; hoursBefore: number },
  factor: number,
): boolean {
  if (before === 0n || hoursBefore < 24) return false;
  return thisHour * BigInt(Math.round(hoursBefore)) > before * BigInt(factor);
}

/** Whole hours since the last use. */
export function silenceOf(lastAt: Date, now: Date): number {
  return Math.floor((now.getTime() - lastAt.getTime()) / 3_600_000);
}
