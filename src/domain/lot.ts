// A lot is the drawable stock that a grant opened. The draw order is total and the same as Stripe's for credit grants
// (docs: billing credits, priority): so both sides empty the same stock first.
import type { LotSource } from './account.ts';

export interface Lot {
  readonly lotId: string;
  readonly poolId: string;
  readonly unit: string;
  readonly source: LotSource;
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
  readonly effectiveAt: Date;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  /** Features this lot may pay for; null means every feature. */
  readonly features: readonly string[] | null;
  /** A carried lot serves one hold only. */
  readonly onlyHoldId: string | null;
  readonly billingPeriodId: string | null;
  readonly granted: bigint;
  readonly drawn: bigint;
  readonly held: bigint;
  readonly frozen: bigint;
  readonly ended: bigint;
}

/** What is neither drawn, held, frozen nor ended, in micro-credits. */
export function remaining(lot: Lot): bigint {
  return lot.granted - lot.drawn - lot.held - lot.frozen - lot.ended;
}

/** Lots live on the half-open interval [effectiveAt, expiresAt). */
export function isOpenAt(lot: Lot, at: Date): boolean {
  return lot.effectiveAt <= at && (lot.expiresAt === null || at < lot.expiresAt);
}

/** Whether the lot still stood when a period ended: what late usage of that period may draw. */
export function stoodAtEnd(lot: Lot, periodEnd: Date): boolean {
  return lot.effectiveAt < periodEnd && (lot.expiresAt === null || lot.expiresAt >= periodEnd);
}

export function mayPayFor(lot: Lot, feature: string): boolean {
  return lot.features === null || lot.features.includes(feature);
}

/** Priority (0 first), earliest expiry (never last), promotional before paid, earliest effective, earliest created, id. */
export function byDrawOrder(a: Lot, b: Lot): number {
  return (
    a.priority - b.priority ||
    expiryOrder(a, b) ||
    Number(a.category === 'paid') - Number(b.category === 'paid') ||
    a.effectiveAt.getTime() - b.effectiveAt.getTime() ||
    a.createdAt.getTime() - b.createdAt.getTime() ||
    (a.lotId < b.lotId ? -1 : Number(a.lotId > b.lotId))
  );
}

function expiryOrder(a: Lot, b: Lot): number {
  if (a.expiresAt === null || b.expiresAt === null) return Number(a.expiresAt === null) - Number(b.expiresAt === null);
  return a.expiresAt.getTime() - b.expiresAt.getTime();
}
