// What a rollout would do, as customers are now.

/** What a cohort comes to. */
export interface CohortForecast {
  readonly cohort: string;
  /** Days after the start. */
  readonly opensAfterDays: number;
  readonly moves: number;
  readonly heldOut: number;
  readonly pinned: number;
  /** The earliest renewal at which one of them would move. */
  readonly firstRenewalAt: Date | null;
}

/** A customer's bills for the same use, under his plan and under the one to come. */
export interface ForecastBill {
  readonly customerId: string;
  readonly externalId: string | null;
  readonly name: string | null;
  readonly currency: string;
  readonly beforeMinor: bigint;
  readonly afterMinor: bigint;
}
