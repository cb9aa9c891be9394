import { poolAccount } from './account.ts';
// The accounting manual's pages on revenue: what was earned up to the end of a day. All targets are cumulative, so that
// a second run finds nothing to post, rounding never adds up, and the last day takes the remainder.
import { dividedDown, dividedHalfUp } from './amount.ts';
import type { Draft } from './entries-invoice.ts';
import { moved } from './money-postings.ts';

const RECOGNITION = 'recognition';

export interface EarningLine {
  readonly invoiceId: string;
  readonly lineId: string;
  readonly currency: string;
  /** After discounts, credits and inclusive tax, less the credit notes on it. */
  readonly netMinor: bigint;
  readonly recognisedMinor: bigint;
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/** What of a fee is earned by an instant: its share of the time gone, rounded down, all of it at the end. */
export function earnedFee(line: EarningLine, through: Date): bigint {
  const { netMinor, periodStart, periodEnd } = line;
  if (through >= periodEnd) return netMinor;
  if (through <= periodStart) return 0n;
  const gone = BigInt(through.getTime() - periodStart.getTime());
  return dividedDown(netMinor * gone, BigInt(periodEnd.getTime() - periodStart.getTime()));
}

/** A fee is earned evenly over the line's period. A credit note lowers what was earned too: then it goes back. */
export function feeEarned(line: EarningLine, through: Date, occasion = dayOf(through)): Draft | null {
  const delta = earnedFee(line, through) - line.recognisedMinor;
  return earnedEntry('revenue.fee_earned', through, `${line.lineId}/${occasion}`, {
    sourceType: 'invoice_line',
    stripe: { invoice: line.invoiceId, line: line.lineId },
    postings: moved('revenue.subscription', 'deferred.subscription', delta, line.currency),
  });
}

export interface EarningLot {
  readonly lotId: string;
  readonly currency: string;
  readonly grantedMicro: bigint;
  readonly drawnMicro: bigint;
  readonly expiredMicro: bigint;
  /** What was paid for it, and the credit notes on that line. */
  readonly paidMinor: bigint;
  readonly notedMinor: bigint;
  readonly creditsRecognisedMinor: bigint;
  readonly breakageRecognisedMinor: bigint;
}

/** What of a lot's price is earned: by use, and by expiry. The last credit takes the remainder; a refund is not earned. */
export function earnedLot(lot: EarningLot): { readonly credits: bigint; readonly breakage: bigint } {
  const most = lot.paidMinor - lot.notedMinor;
  const share = (micro: bigint): bigint => {
    const earned = dividedHalfUp(lot.paidMinor * micro, lot.grantedMicro);
    return earned < most ? earned : most;
  };
  const credits = share(lot.drawnMicro);
  return { credits, breakage: share(lot.drawnMicro + lot.expiredMicro) - credits };
}

/** Bought credits are earned as they are drawn, at the cost of their own lot. */
export function creditsEarned(lot: EarningLot, through: Date, occasion = dayOf(through)): Draft | null {
  const delta = earnedLot(lot).credits - lot.creditsRecognisedMinor;
  return earnedEntry('revenue.credits_earned', through, `${lot.lotId}/${occasion}`, {
    sourceType: 'lot',
    postings: moved('revenue.credits', 'deferred.credits', delta, lot.currency),
  });
}

/** Bought credits that ended unused are earned as breakage. */
export function creditsForfeited(lot: EarningLot, through: Date, occasion = dayOf(through)): Draft | null {
  const delta = earnedLot(lot).breakage - lot.breakageRecognisedMinor;
  return earnedEntry('revenue.breakage', through, `${lot.lotId}/${occasion}`, {
    sourceType: 'lot',
    postings: moved('revenue.breakage', 'deferred.credits', delta, lot.currency),
  });
}

export interface UnbilledPeriod {
  readonly billingPeriodId: string;
  readonly planVersionId: string;
  readonly currency: string;
  /** Overage so far at the plan's price, half up, in minor units. */
  readonly worthMinor: bigint;
  readonly accruedMinor: bigint;
}

/** Overage is earned when it is consumed, and billed when its period's invoice is finalized. */
export function usageAccrued(period: UnbilledPeriod, through: Date, occasion = dayOf(through)): Draft | null {
  const delta = period.worthMinor - period.accruedMinor;
  const draft = earnedEntry('usage.accrued', through, `${period.billingPeriodId}/${occasion}`, {
    sourceType: 'billing_period',
    postings: moved('revenue.usage', 'unbilled_receivable', delta, period.currency),
  });
  return draft === null
    ? null
    : { ...draft, billingPeriodId: period.billingPeriodId, planVersionId: period.planVersionId };
}

export interface BilledUsage {
  readonly billingPeriodId: string;
  readonly invoiceId: string;
  readonly currency: string;
  readonly accruedMinor: bigint;
  /** Usage and correction lines after discounts and credits. */
  readonly invoicedMinor: bigint;
  readonly discountsMinor: bigint;
  /** How many lines Stripe rounded. */
  readonly lines: number;
  readonly finalizedAt: Date;
}

/**
 * What was accrued and what was invoiced differ: a discount was given, Stripe rounded each line, or it billed something
 * else than the ledger. The last is no rounding: usage revenue becomes what was invoiced, and the gate has a variance.
 */
export function usageSettled(billed: BilledUsage): Draft | null {
  const { accruedMinor, invoicedMinor, discountsMinor, currency, invoiceId } = billed;
  const short = accruedMinor - invoicedMinor;
  const given = short <= 0n ? 0n : short < discountsMinor ? short : discountsMinor;
  const rest = short - given;
  const isRounding = (rest < 0n ? -rest : rest) <= BigInt(billed.lines);
  const draft = earnedEntry('usage.settled', new Date(billed.finalizedAt.getTime() + 1), billed.billingPeriodId, {
    sourceType: 'billing_period',
    stripe: { invoice: invoiceId },
    postings: [
      ...moved('unbilled_receivable', 'discounts', given, currency),
      ...moved('unbilled_receivable', isRounding ? 'rounding' : 'revenue.usage', rest, currency),
    ],
  });
  return draft === null ? null : { ...draft, billingPeriodId: billed.billingPeriodId };
}

/**
 * Nobody will ever bill the period: what was accrued for it is owed no longer. Nothing was ever asked for, so it is revenue
 * that there was not, and no bad debt. An invoice that comes after all settles the period from nothing.
 */
export function usageWrittenOff({ billingPeriodId, worthMinor, currency }: UnbilledPeriod, at: Date): Draft | null {
  const draft = earnedEntry('usage.written_off', new Date(at.getTime() + 1), billingPeriodId, {
    sourceType: 'billing_period',
    postings: moved('unbilled_receivable', 'revenue.usage', worthMinor, currency),
  });
  return draft === null ? null : { ...draft, billingPeriodId };
}

interface PeriodOverage {
  readonly billingPeriodId: string;
  readonly unit: string;
  /** Each pool's own: under a pool for each member there are several. */
  readonly pools: readonly { readonly poolId: string; readonly overageMicro: bigint }[];
}

export interface BilledOverage extends PeriodOverage {
  readonly invoiceId: string;
  readonly finalizedAt: Date;
  /** Where it stood: after the period was ended as one that nobody bills, it is written off. */
  readonly standing: 'overage' | 'written_off';
}

/** Credits book: the period's overage is on an invoice now, and no later credit pays it. */
export function overageBilled({ invoiceId, finalizedAt, standing, ...overage }: BilledOverage): Draft | null {
  const draft = overageMoved('overage.billed', overage, { from: 'billed', to: standing, at: finalizedAt });
  return draft === null ? null : { ...draft, actor: 'stripe', stripe: { invoice: invoiceId } };
}

/** Credits book: nobody will ever bill the period's overage, and no later credit pays it. */
export function overageWrittenOff({ at, ...overage }: PeriodOverage & { readonly at: Date }): Draft | null {
  return overageMoved('overage.written_off', overage, { from: 'written_off', to: 'overage', at });
}

function overageMoved(
  kind: string,
  { billingPeriodId, unit, pools }: PeriodOverage,
  { from, to, at }: { readonly from: Standing; readonly to: Standing; readonly at: Date },
): Draft | null {
  const standing = pools.filter(({ overageMicro }) => overageMicro > 0n);
  if (standing.length === 0) return null;
  return {
    kind,
    effectiveAt: at,
    actor: RECOGNITION,
    sourceType: 'billing_period',
    sourceId: billingPeriodId,
    billingPeriodId,
    postings: standing.map(({ poolId, overageMicro }) => ({
      from: poolAccount(from, poolId, unit, billingPeriodId),
      to: poolAccount(to, poolId, unit, billingPeriodId),
      amount: overageMicro,
    })),
  };
}

type Standing = 'overage' | 'billed' | 'written_off';

/** The day that ends with `through`. */
export function dayOf(through: Date): string {
  return new Date(through.getTime() - 1).toISOString().slice(0, 10);
}

/** Dated into the day that ends with `through`. */
export function earnedEntry(
  kind: string,
  through: Date,
  sourceId: string,
  { sourceType, stripe, postings }: Pick<Draft, 'sourceType' | 'stripe' | 'postings'>,
): Draft | null {
  if (postings.length === 0) return null;
  return {
    kind,
    effectiveAt: new Date(through.getTime() - 1),
    actor: RECOGNITION,
    sourceType,
    sourceId,
    ...(stripe !== undefined && { stripe }),
    postings,
  };
}
