// How a balance is to be shown: where a customer starts to care, and where work stops.
export type BalanceLevel = 'no_plan' | 'unlimited' | 'fine' | 'low' | 'very_low' | 'empty';

export interface LevelFacts {
  readonly plan: string | null;
  /** Spendable now, micro-credits. */
  readonly available: bigint;
  /** Of the lots that are open: what they were granted. */
  readonly granted: bigint;
  /** Work goes on without credits, and nothing limits it. */
  readonly neverStops: boolean;
}

/** Shares of the granted credits that are left, in percent: 75 % and 90 % used. */
const LOW_PERCENT = 25n;
const VERY_LOW_PERCENT = 10n;

export function balanceLevel({ plan, available, granted, neverStops }: LevelFacts): BalanceLevel {
  if (plan === null && granted === 0n) return 'no_plan';
  if (granted === 0n && neverStops) return 'unlimited';
  if (available <= 0n) return 'empty';
  if (available * 100n <= granted * VERY_LOW_PERCENT) return 'very_low';
  return available * 100n <= granted * LOW_PERCENT ? 'low' : 'fine';
}
