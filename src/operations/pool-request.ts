// What a caller may ask of a pool. The executor gathers requests of many callers and decides them in one transaction.
import type { CustomerKey } from '../domain/customer.ts';
import type { ModelPrice } from '../domain/model-prices.ts';
import type { ProviderName, ProviderUse } from '../domain/provider-cost.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import type { Refused } from '../domain/rejection.ts';
import type { RegisteredUse } from '../domain/shadow.ts';
import type { CapName } from '../domain/usage-cap.ts';
import type { UsageCause } from '../domain/usage.ts';

export interface UsageRequest {
  readonly kind: 'usage';
  readonly customer: CustomerKey;
  readonly source: string;
  readonly eventId: string;
  readonly eventHash: string;
  /** null: now */
  readonly occurredAt: Date | null;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly quantities: Quantities;
  readonly dimensions: Dimensions;
  /** null: reported as it happened */
  readonly cause: UsageCause | null;
  readonly provider: ProviderUse | null;
  /** What models cost, where that is to be computed. */
  readonly prices: readonly ModelPrice[];
}

/** Kept with its answer for ever, so that a retry gets the first answer. */
export interface Keyed {
  readonly key: string;
  readonly fingerprint: string;
}

export interface HoldPlacement extends Keyed {
  readonly kind: 'hold';
  readonly customer: CustomerKey;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  /** Either what will be used, or how many micro-credits. */
  readonly quantities: Quantities | null;
  readonly amount: bigint | null;
  readonly dimensions: Dimensions;
  readonly ttlSeconds: number | null;
  readonly provider?: ProviderName | null;
  /** Of the registry, what may block it. */
  readonly registry?: readonly RegisteredUse[];
}

export interface HoldCapture extends Keyed {
  readonly kind: 'capture';
  readonly customer: CustomerKey;
  readonly holdId: string;
  /** What was really used, by quantity (rated with the hold's own rate) or in micro-credits; neither: all of it. */
  readonly quantities: Quantities | null;
  readonly amount: bigint | null;
  /** Known only now, over those of the hold: the outcome. */
  readonly dimensions: Dimensions;
  readonly final: boolean;
  /** none: null */
  readonly provider?: ProviderUse | null;
  readonly prices?: readonly ModelPrice[];
}

export interface HoldRelease extends Keyed {
  readonly kind: 'release';
  readonly customer: CustomerKey;
  readonly holdId: string;
}

export interface UsageCheck {
  readonly kind: 'check';
  readonly customer: CustomerKey;
  readonly action: string;
  /** none: null */
  readonly member?: string | null;
  readonly agent?: string | null;
  readonly quantities: Quantities;
  readonly dimensions: Dimensions;
  readonly provider?: ProviderName | null;
  readonly registry?: readonly RegisteredUse[];
}

/** Credits from one member's pool to another's; a null member is the customer's own pool. */
export interface CreditTransfer extends Keyed {
  readonly kind: 'transfer';
  readonly customer: CustomerKey;
  readonly from: string | null;
  readonly to: string | null;
  readonly amount: bigint;
  readonly actor: string;
  readonly reason: string;
}

/** Only brings the pool up to date. */
export interface PoolTouch {
  readonly kind: 'touch';
  readonly customer: CustomerKey;
}

export type PoolRequest =
  | UsageRequest
  | HoldPlacement
  | HoldCapture
  | HoldRelease
  | UsageCheck
  | CreditTransfer
  | PoolTouch;

export interface RecordedUsage {
  readonly usageEventId: string;
  readonly status: 'applied' | 'unfunded' | 'duplicate' | 'observed' | 'shadowed';
  readonly credits: bigint;
  /** Of this answer; nothing and null for a duplicate. */
  readonly overage: bigint;
  readonly debt: bigint;
  readonly billingPeriodId: string | null;
  /** Spendable afterwards. */
  readonly available: bigint;
  /** The cap that its member or agent is past with it. */
  readonly passedCap: CapName | null;
}

/** A hold as its answers show it; amounts are decimal credits, since the answer is stored as it was given. */
export interface HoldAnswer {
  readonly holdId: string;
  readonly state: 'open' | 'captured' | 'released' | 'lapsed';
  readonly action: string;
  readonly amount: string;
  readonly captured: string;
  readonly held: string;
  readonly released: string;
  readonly available: string;
  readonly placedAt: string;
  readonly expiresAt: string;
  /** Only of an action that is not enforced. */
  readonly reserves?: false;
}

/** A transfer as its answers show it; amounts are decimal credits. */
export interface TransferAnswer {
  readonly transferId: string;
  readonly entryId: string;
  readonly credits: string;
  readonly lotIds: readonly string[];
  readonly availableFrom: string;
  readonly availableTo: string;
}

export interface CheckAnswer {
  readonly allowed: boolean;
  readonly cost: bigint;
  readonly available: bigint;
  readonly refusal: Refused | null;
  /** Draws in draw order, then what overage would take. */
  readonly lots: readonly { readonly lotId: string; readonly amount: bigint }[];
  readonly overage: bigint;
  /** The row of the burn table, and when another one takes its place. */
  readonly burnRateId: string;
  readonly rateChangesAt: Date | null;
  /** Of an action that is not enforced: its mode, and what enforcement would have refused it for. */
  readonly unenforced?: { readonly mode: 'observe' | 'shadow'; readonly wouldRefuse: Refused | null };
}

export type PoolAnswer =
  | { readonly kind: 'usage'; readonly usage: RecordedUsage }
  | { readonly kind: 'hold'; readonly hold: HoldAnswer; readonly replayed: boolean }
  | { readonly kind: 'check'; readonly check: CheckAnswer }
  | { readonly kind: 'transfer'; readonly transfer: TransferAnswer; readonly replayed: boolean }
  | { readonly kind: 'touched' }
  | (Refused & { readonly kind: 'refused' });
