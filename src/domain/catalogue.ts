// What a deployment sells: one credit unit, the burn table, plans with their policy, packs. The catalogue file and the
// stored content have this shape; amounts of credits and prices are decimal strings there, instants RFC 3339.

export interface Catalogue {
  readonly unit: CreditUnit;
  readonly burnTable: readonly BurnRow[];
  readonly plans: readonly Plan[];
  readonly packs: readonly Pack[];
  /** What customers call actions and quantities: { 'report.generate': 'a report', input_tokens: 'input tokens' }. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface CreditUnit {
  /** lower-case name, also the unit of the credits book: 'credit' */
  readonly name: string;
  readonly displayName: string;
  /** What one unit of the Stripe meter counts; immutable once pushed. */
  readonly meterUnit: 'credit' | 'milli' | 'micro';
}

export interface BurnRow {
  readonly action: string;
  readonly feature: string;
  readonly effectiveFrom: string;
  readonly rate: BurnRate;
}

/**
 * What one event costs. Without rules the plain rate does; with rules the first one that matches the event's dimensions,
 * and `otherwise` says what an event that matches none costs: the plain rate, nothing, or a refusal.
 */
export interface BurnRate extends PlainRate {
  readonly rules?: readonly RateRule[];
  readonly otherwise?: 'rate' | 'free' | 'refuse';
}

/**
 * Credits of one event = flat + Σ quantity ÷ each × credits + what the tiers say, at least minimum; rounded up once, to
 * the micro-credit.
 */
export interface PlainRate {
  readonly flat?: string;
  readonly per?: readonly { readonly quantity: string; readonly credits: string; readonly each: number }[];
  /** Graduated inside one event: each step prices the part of the quantity that lies in it. */
  readonly tiers?: readonly RateTier[];
  readonly minimum?: string;
}

export interface RateTier {
  readonly quantity: string;
  readonly each: number;
  /** Rising; the last one reaches up to null, which is without end. */
  readonly steps: readonly { readonly upTo: number | null; readonly credits: string }[];
}

export interface RateRule {
  /** Every dimension named here has the value, or one of the values. */
  readonly when: Readonly<Record<string, string | readonly string[]>>;
  readonly rate: PlainRate;
}

export interface Plan {
  /** stable key: 'hybrid' */
  readonly plan: string;
  readonly name: string;
  readonly currency: string;
  readonly interval: 'month' | 'year';
  /** How often the included credits come and usage is metered: 'month' under a yearly fee makes monthly credits. */
  readonly creditsEvery: 'month' | 'year';
  /** Fee per seat and interval in minor units; 0 makes a plan without a licensed item. */
  readonly baseAmountMinor: number;
  /** Credits per seat and billing period; '0' for none. */
  readonly includedCredits: string;
  /** Of the fee, what its included credits are worth to the books: earned as they are used. None where it is absent. */
  readonly includedSharePercent?: number;
  /** Major units of currency per credit, a plain decimal: '0.01'. Also what a drawn credit is worth at Stripe. */
  readonly pricePerCredit: string;
  /** Features whose actions may draw from the pool. */
  readonly features: readonly string[];
  readonly policy: Policy;
}

export type ZeroBalance = 'block' | 'overage' | 'grace' | 'top_up';

/** A pack bought by itself, when the balance falls below an amount of credits. */
export interface TopUpRule {
  readonly pack: string;
  /** credits */
  readonly below: string;
  /** Most that is bought by itself in a calendar month, in minor units of the pack's currency. */
  readonly monthlyCapMinor: number;
  readonly coolDownMinutes: number;
}

/** What of an allowance outlives its period; a cap that is null does not limit, of two the lower one does. */
export interface RolloverRule {
  readonly capPercent: number | null;
  /** credits */
  readonly capCredits: string | null;
  readonly periods: number;
  /** Draw priority of what rolled over; null keeps the one it had. */
  readonly priority: number | null;
}

/** Most credits that one member, or one agent, may use in a window. */
export interface UsageCap {
  readonly credits: string;
  readonly window: 'day' | 'month' | 'period';
}

/** When somebody is told; an empty list or null: not at all. */
export interface AlertRules {
  /** Of the period's allowance, used. */
  readonly thresholdsPercent: readonly number[];
  /** Days before credits expire, the most first: [30, 7, 1]. */
  readonly expiringDays: readonly number[];
  /** An hour's use of this many times the usual one. */
  readonly runawayFactor: number | null;
  /** Hours without any use, where there used to be some. */
  readonly silenceHours: number | null;
  /** Days that the balance will last at the present pace. */
  readonly daysLeft: number | null;
}

/** What becomes of credits when their money goes back. Bought ones always end as far as they are unspent. */
export interface ReversalRules {
  /** A credit note on the fee that included them. */
  readonly creditedFee: 'keep' | 'claw_back';
  /** Credits that were spent before their payment was lost to a dispute. */
  readonly lostDispute: 'write_off' | 'debt';
  /** Use of the period that a voided invoice billed. */
  readonly voidedInvoice: 'keep_consumed' | 'return_credits';
}

/** A time for trying before the first fee. Nobody bills what is used in it, so there is no overage. */
export interface TrialRule {
  readonly days: number;
  /** Credits per seat, which end with the trial. */
  readonly credits: string;
}

/** Every rule is written down; the linter refuses silence. */
export interface Policy {
  readonly zeroBalance: ZeroBalance;
  /** Actions that follow another rule than zeroBalance; {} for none. */
  readonly zeroBalanceByAction: Readonly<Record<string, ZeroBalance>>;
  readonly topUp: 'none' | TopUpRule;
  /** Most credits of overage in one billing period; null: no cap. Only where something may go into overage. */
  readonly overageCap: string | null;
  /** Most credits of unpaid debt (shortfall that nobody bills). */
  readonly debtLimit: string;
  readonly includedExpiry: 'period_end' | 'never';
  readonly purchasedExpiryDays: number | null;
  readonly rollover: 'none' | RolloverRule;
  readonly pooling: 'customer' | 'member';
  /** Whose work may be checked and held for: anybody's, or only that of members who are named. */
  readonly whoMayDraw: 'anyone' | 'named_members';
  /** What a seat that comes in mid-period brings: its share of the period's credits, or nothing until the renewal. */
  readonly seats: { readonly add: 'prorated' | 'at_renewal' };
  readonly caps: { readonly member: UsageCap | null; readonly agent: UsageCap | null };
  readonly transfers: 'none' | 'within_customer';
  readonly paydown: boolean;
  readonly hold: { readonly ttlSeconds: number; readonly excess: 'allow' | 'clip' | 'refuse' };
  /** Usage reported after the cut-off of the period it happened in. */
  readonly lateUsage: 'next_period' | 'refuse';
  /** Most credits that one usage event may cost; more is taken for a mistake and refused. null: whatever it says. */
  readonly eventCreditsMax: string | null;
  /** When a customer that moves to this plan in the middle of a period gets its included credits. */
  readonly planChange: 'at_once' | 'at_renewal';
  readonly unpaid: 'continue' | 'on_paid' | { readonly freezeAfterDays: number };
  readonly cancel: { readonly purchased: 'keep' | 'end' };
  readonly reversals: ReversalRules;
  readonly gate: 'hold' | 'release';
  readonly alerts: AlertRules;
  readonly trial: 'none' | TrialRule;
}

export interface Pack {
  readonly pack: string;
  readonly name: string;
  readonly currency: string;
  readonly credits: string;
  readonly amountMinor: number;
  readonly expiresAfterDays: number | null;
}

/** Typed identity for catalogue files: `export default defineCatalogue({ … })`. */
export function defineCatalogue(catalogue: Catalogue): Catalogue {
  return catalogue;
}

/** Micro-credits in one meter unit. */
export const METER_UNIT_MICRO = { credit: 1_000_000n, milli: 1_000n, micro: 1n } as const;
