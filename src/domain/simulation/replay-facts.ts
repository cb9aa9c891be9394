// What a customer did over a span of time, without what it cost: the input of a simulation. Every amount of credits that
// a plan decides (its allowance, what rolled over, what a use drew) is left out, since the replay works it out again.
import type { LotSource } from '../account.ts';
import type { MemberCap } from '../cap-book.ts';
import type { BurnRate } from '../catalogue.ts';
import type { CustomerKey } from '../customer.ts';
import type { LotState } from '../pool-book.ts';
import type { Dimensions } from '../rating.ts';
import type { PlanTerms } from '../terms.ts';
import type { UsageCause } from '../usage.ts';

/** A row of the burn table that usage is rated by. */
export interface ReplayRate {
  readonly burnRateId: string;
  readonly action: string;
  readonly feature: string;
  readonly effectiveFrom: Date;
  readonly rate: BurnRate;
}

/** The model of a replay: what is offered, and what use costs. */
export interface ReplayModel {
  readonly terms: PlanTerms;
  readonly rates: readonly ReplayRate[];
}

/** When something was recorded, and what orders it among others of the same instant. */
interface Placed {
  readonly at: Date;
  readonly order: string;
}

export interface UsageInput extends Placed {
  readonly kind: 'usage';
  readonly usageEventId: string;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly quantities: Readonly<Record<string, bigint>>;
  readonly dimensions: Dimensions;
  readonly occurredAt: Date;
  readonly cause: UsageCause | null;
}

export interface HoldInput extends Placed {
  readonly kind: 'hold';
  readonly holdId: string;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  /** Empty where the hold named credits. */
  readonly quantities: Readonly<Record<string, bigint>>;
  readonly dimensions: Dimensions;
  readonly amount: bigint;
  readonly ttlSeconds: number;
}

export interface CaptureInput extends Placed {
  readonly kind: 'capture';
  readonly holdId: string;
  readonly captureKey: string;
  readonly amount: bigint;
  readonly final: boolean;
}

export interface ReleaseInput extends Placed {
  readonly kind: 'release';
  readonly holdId: string;
}

/** Credits that no plan gave: bought, promised, given. */
export interface GrantInput extends Placed {
  readonly kind: 'grant';
  readonly lotId: string;
  readonly member: string | null;
  readonly source: Extract<LotSource, 'purchased' | 'promotional' | 'goodwill' | 'opening'>;
  readonly lot: Pick<LotState, 'category' | 'priority' | 'effectiveAt' | 'expiresAt' | 'features' | 'granted'>;
  readonly paidMinor: bigint;
}

/** Credits of such a grant that went back with their money. */
export interface ClawbackInput extends Placed {
  readonly kind: 'clawback';
  readonly lotId: string;
  readonly amount: bigint;
}

export interface ReversalInput extends Placed {
  readonly kind: 'reversal';
  readonly usageEventId: string;
}

export interface TransferInput extends Placed {
  readonly kind: 'transfer';
  readonly from: string | null;
  readonly to: string | null;
  readonly amount: bigint;
}

export interface FeePaidInput extends Placed {
  readonly kind: 'fee paid';
  /** Start of the period whose fee it was. */
  readonly startsAt: Date;
}

export type ReplayInput =
  | UsageInput
  | HoldInput
  | CaptureInput
  | ReleaseInput
  | GrantInput
  | ClawbackInput
  | ReversalInput
  | TransferInput
  | FeePaidInput;

/** From an instant on, so many seats; Stripe prorates a change in the middle of a period where it was told to. */
export interface SeatsFrom {
  readonly at: Date;
  readonly quantity: number;
}

export interface ReplayFacts {
  readonly customer: CustomerKey;
  readonly unit: string;
  readonly settings: { readonly cutOffMinutes: number; readonly meterWindowMinutes: number };
  readonly subscriptionId: string;
  readonly anchor: Date;
  /** Start of the first whole billing period, and end of the last one. */
  readonly startsAt: Date;
  readonly until: Date;
  /** When the subscription ended, if it did before `until`. */
  readonly endedAt: Date | null;
  /** The first one says how many there were at the start. */
  readonly seats: readonly SeatsFrom[];
  /** The first period is the subscription's first one. */
  readonly isSignUp: boolean;
  /** When the first period's fee was paid, which opens a sign-up's allowance; the start where it was there before. */
  readonly firstAllowanceAt: Date;
  /** What stood on lots at the start that no plan's allowance of these periods gave, and whose it was. */
  readonly opening: readonly (Pick<
    LotState,
    'source' | 'category' | 'priority' | 'effectiveAt' | 'expiresAt' | 'features' | 'granted' | 'lotId' | 'createdAt'
  > & { readonly member: string | null })[];
  readonly openingDebt: bigint;
  /** Members who had a pool of their own before the start. */
  readonly members: readonly string[];
  readonly memberCaps: ReadonlyMap<string, MemberCap>;
  readonly spendingLimit: bigint | null;
  /** In the order in which they were recorded. */
  readonly inputs: readonly ReplayInput[];
}
