// What a backfill burned, or would burn: by customer, by the period that pays, by the month in which it was used.
import { monthOf } from './billing-period.ts';
import type { Refused } from './rejection.ts';

/** What is known of one event after it was decided. */
export interface BackfilledUsage {
  readonly status: 'applied' | 'unfunded' | 'duplicate' | 'observed' | 'shadowed';
  readonly billingPeriodId: string | null;
  readonly credits: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
}

export interface BackfillLine {
  readonly customer: string;
  readonly billingPeriodId: string;
  /** First day of the month of use. */
  readonly month: string;
  events: number;
  /** Micro-credits, of lots, overage and debt together. */
  credits: bigint;
  overage: bigint;
  debt: bigint;
  unfundedEvents: number;
  unfundedCredits: bigint;
}

export interface BackfillTally {
  readonly lines: Map<string, BackfillLine>;
  duplicates: number;
  /** Stored beside the balances: their action is not enforced. */
  observed: number;
  readonly refused: { readonly index: number; readonly eventId: string; readonly refusal: Refused }[];
}

export function newTally(): BackfillTally {
  return { lines: new Map(), duplicates: 0, observed: 0, refused: [] };
}

/** Adds one event's answer. */
export function countAnswer(
  tally: BackfillTally,
  index: number,
  event: { readonly eventId: string; readonly customer: string; readonly occurredAt: Date },
  answer: BackfilledUsage | Refused,
): void {
  if ('rejected' in answer) {
    tally.refused.push({ index, eventId: event.eventId, refusal: answer });
  } else if (answer.status === 'duplicate' || answer.billingPeriodId === null) {
    tally.duplicates += 1;
  } else if (answer.status === 'observed' || answer.status === 'shadowed') {
    tally.observed += 1;
  } else {
    const line = lineOf(tally, event.customer, answer.billingPeriodId, monthOf(event.occurredAt));
    if (answer.status === 'unfunded') {
      line.unfundedEvents += 1;
      line.unfundedCredits += answer.credits;
    } else {
      line.events += 1;
      line.credits += answer.credits;
      line.overage += answer.overage;
      line.debt += answer.debt;
    }
  }
}

function lineOf(tally: BackfillTally, customer: string, billingPeriodId: string, month: string): BackfillLine {
  const key = `${customer}/${billingPeriodId}/${month}`;
  const known = tally.lines.get(key);
  if (known !== undefined) return known;
  const line = {
    customer,
    billingPeriodId,
    month,
    events: 0,
    credits: 0n,
    overage: 0n,
    debt: 0n,
    unfundedEvents: 0,
    unfundedCredits: 0n,
  };
  tally.lines.set(key, line);
  return line;
}
