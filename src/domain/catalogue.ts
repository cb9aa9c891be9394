// What a deployment sells: one credit unit, the burn table, plans with their policy, packs. The catalogue file and the
// stored content have this shape; amounts of credits and prices are decimal strings there, instants RFC 3339.

export interface Catalogue {
  readonly unit: CreditUnit;
  readonly burnTable: readonly BurnRow[];
  readonly plans: readonly Plan[];
  readonly packs: readonly Pack[];
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

/** Credits of one event = flat + Σ quantity ÷ each × credits, at least minimum; rounded up once, to the micro-credit. */
export interface BurnRate {
  readonly flat?: string;
  readonly per?: readonly { readonly quantity: string; readonly credits: string; readonly each: number }[];
  readonly minimum?: string;
}

export interface Plan {
  /** stable key: 'hybrid' */
  readonly plan: string;
  readonly name: string;
  readonly currency: string;
  readonly interval: 'month' | 'year';
  /** Fee per seat and interval in minor units; 0 makes a plan without a licensed item. */
  readonly baseAmountMinor: number;
  /** Credits per seat and billing period; '0' for none. */
  readonly includedCredits: string;
  /** Major units of currency per credit, a plain decimal: '0.01'. Also what a drawn credit is worth at Stripe. */
  readonly pricePerCredit: string;
  /** Features whose actions may draw from the pool. */
  readonly features: readonly string[];
  readonly policy: Policy;
}

/** Every rule is written down; the linter refuses silence. */
export interface Policy {
  readonly zeroBalance: 'block' | 'overage' | 'grace';
  /** Most credits of overage in one billing period; null: no cap. Only with zeroBalance 'overage'. */
  readonly overageCap: string | null;
  /** Most credits of unpaid debt (shortfall that nobody bills). */
  readonly debtLimit: string;
  readonly includedExpiry: 'period_end' | 'never';
  readonly purchasedExpiryDays: number | null;
  readonly rollover: 'none' | { readonly capPercent: number; readonly periods: number };
  readonly pooling: 'customer' | 'member';
  readonly transfers: 'none' | 'within_customer';
  readonly paydown: boolean;
  readonly hold: { readonly ttlSeconds: number; readonly excess: 'allow' | 'clip' | 'refuse' };
  readonly unpaid: 'continue' | 'on_paid' | { readonly freezeAfterDays: number };
  readonly cancel: { readonly purchased: 'keep' | 'end' };
  readonly gate: 'hold' | 'release';
  readonly alerts: { readonly thresholdsPercent: readonly number[] };
  readonly trial: 'none';
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
