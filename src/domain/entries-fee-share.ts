// The accounting manual's page on the share of a fee that its plan allocates to the included credits. It waits with the
// money of bought credits and is earned as they are: by use, and by expiry. Targets are cumulative, as all of revenue.
import { dividedHalfUp, lesser } from './amount.ts';
import type { Draft } from './entries-invoice.ts';
import { dayOf, earnedEntry } from './entries-revenue.ts';
import { moved, STRIPE } from './money-postings.ts';

/** A fee's line that has a share, with the credits that came for it: its period's own, and what became of them. */
export interface SharedFee {
  readonly invoiceId: string;
  readonly lineId: string;
  readonly currency: string;
  /** Of the line after its credit notes. */
  readonly shareMinor: bigint;
  /** What of it is in `deferred.credits`, or was. */
  readonly allocatedMinor: bigint;
  readonly periodEnd: Date;
  /** Less what was clawed back. */
  readonly grantedMicro: bigint;
  readonly drawnMicro: bigint;
  readonly expiredMicro: bigint;
  readonly creditsRecognisedMinor: bigint;
  readonly breakageRecognisedMinor: bigint;
}

/** The share of what a fee's line asks (minor units, without tax), rounded half up once; a line that gives back has none. */
export function includedShare(netMinor: bigint, percent: number): bigint {
  return netMinor <= 0n ? 0n : dividedHalfUp(netMinor * BigInt(percent), 100n);
}

/** What of a share is earned: by use and by expiry. Where no credits came for the line, all of it when its period ends. */
export function earnedShare(
  { shareMinor, grantedMicro, drawnMicro, expiredMicro, periodEnd }: SharedFee,
  through: Date,
): { readonly credits: bigint; readonly breakage: bigint } {
  if (grantedMicro <= 0n) return { credits: 0n, breakage: through >= periodEnd ? shareMinor : 0n };
  const part = (micro: bigint): bigint => dividedHalfUp(shareMinor * lesser(micro, grantedMicro), grantedMicro);
  const credits = part(drawnMicro);
  return { credits, breakage: part(drawnMicro + expiredMicro) - credits };
}

/** With its invoice the share moves to the money of credits; a credit note takes its part of it back. */
export function feeAllocated(fee: SharedFee, at: Date, occasion: string): Draft | null {
  const postings = moved(
    'deferred.credits',
    'deferred.subscription',
    fee.shareMinor - fee.allocatedMinor,
    fee.currency,
  );
  if (postings.length === 0) return null;
  const { sourceType, sourceId, stripe } = sourceOf(fee, occasion);
  return { kind: 'fee.allocated', effectiveAt: at, actor: STRIPE, sourceType, sourceId, stripe, postings };
}

/** The share is earned as the included credits are drawn; the last credit takes the remainder. */
export function shareEarned(fee: SharedFee, through: Date, occasion = dayOf(through)): Draft | null {
  const delta = earnedShare(fee, through).credits - fee.creditsRecognisedMinor;
  return entry('revenue.credits_earned', fee, {
    through,
    occasion,
    postings: moved('revenue.credits', 'deferred.credits', delta, fee.currency),
  });
}

/** Included credits that ended unused are earned as breakage. */
export function shareForfeited(fee: SharedFee, through: Date, occasion = dayOf(through)): Draft | null {
  const delta = earnedShare(fee, through).breakage - fee.breakageRecognisedMinor;
  return entry('revenue.breakage', fee, {
    through,
    occasion,
    postings: moved('revenue.breakage', 'deferred.credits', delta, fee.currency),
  });
}

function entry(
  kind: string,
  fee: SharedFee,
  { through, occasion, postings }: Pick<Draft, 'postings'> & { readonly through: Date; readonly occasion: string },
): Draft | null {
  const { sourceId, ...source } = sourceOf(fee, occasion);
  return earnedEntry(kind, through, sourceId, { ...source, postings });
}

function sourceOf({ invoiceId, lineId }: SharedFee, occasion: string) {
  const stripe = { invoice: invoiceId, line: lineId };
  return { sourceType: 'invoice_line', sourceId: `${lineId}/${occasion}`, stripe } as const;
}
