// What a pool could not pay for, and the limits that decide it. Debt is owed and bounded; unfunded usage is past every
// limit: it is stored, nothing new starts, and the next credits pay it, the oldest first.
import type { PlanTerms } from './terms.ts';

export interface UnfundedUsage {
  readonly usageEventId: string;
  readonly action: string;
  readonly feature: string;
  readonly credits: bigint;
  readonly occurredAt: Date;
  readonly burnRateId: string;
}

export interface Shortfall {
  /** What stands in each billing period's consumed account, micro-credits. */
  readonly consumed: Map<string, bigint>;
  /** Debt that open holds may still become. */
  debtReserved: bigint;
  /** Part of the debt that came of a lost dispute: its use was metered long ago, and paying it meters nothing. */
  clawedDebt: bigint;
  /** Usage that waits for credits, oldest first; of very much of it only the beginning. */
  readonly unfunded: UnfundedUsage[];
  /** Credits of all of it. */
  unfundedSum: bigint;
  /** Most overage in a billing period that the customer itself allows; null: what the plan allows. */
  readonly spendingLimit: bigint | null;
  readonly changes: {
    readonly recorded: UnfundedUsage[];
    /** What waits no longer, with the entry that paid it; null: it was undone. */
    readonly funded: { readonly usageEventId: string; readonly entryId: string | null }[];
  };
}

export function noShortfall(spendingLimit: bigint | null = null, unfundedSum = 0n): Shortfall {
  return {
    consumed: new Map(),
    debtReserved: 0n,
    clawedDebt: 0n,
    unfunded: [],
    unfundedSum,
    spendingLimit,
    changes: { recorded: [], funded: [] },
  };
}

/** What happens at zero, for this action. */
export function zeroBalanceOf({ policy }: PlanTerms, action: string): 'block' | 'overage' | 'grace' | 'top_up' {
  return policy.zeroBalanceByAction[action] ?? policy.zeroBalance;
}
