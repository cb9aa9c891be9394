// The chart of accounts. Every account belongs to one customer; company totals are sums.
// Credits book: the pool's view. Money book: the company's view. A balance is what came in less what went out, so stocks
// (available, held, receivable, cash) are positive and sources (issued, overage, debt, revenue, deferred) are negative.

/** Stands where a pool or a billing period does not apply. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

export const LOT_SOURCES = [
  'included',
  'purchased',
  'promotional',
  'goodwill',
  'rollover',
  'carried',
  'restored',
  'opening',
  'transferred',
] as const;
export type LotSource = (typeof LOT_SOURCES)[number];

export type CreditAccountKind =
  | `issued.${LotSource}`
  | 'available'
  | 'held'
  | 'frozen'
  | 'consumed'
  | 'consumed_unpaid'
  | 'consumed_reversed'
  | 'overage'
  | 'billed'
  | 'written_off'
  | 'debt'
  | 'expired'
  | 'rolled'
  | 'carried_out'
  | 'transferred_out'
  | 'clawed_back'
  | 'overage_allowance'
  | 'overage_reserved'
  | 'debt_allowance'
  | 'debt_reserved';

export const MONEY_ACCOUNTS = [
  'receivable',
  'cash',
  'customer_balance',
  'unbilled_receivable',
  'deferred.subscription',
  'deferred.credits',
  'revenue.subscription',
  'revenue.usage',
  'revenue.credits',
  'revenue.breakage',
  'revenue.other',
  'tax_payable',
  'refund_clearing',
  'out_of_band_clearing',
  'rounding',
  'bad_debt',
  'disputed',
  'bank',
  'balance_adjustments',
  'dispute_losses',
  'dispute_fees',
  'discounts',
] as const;
export type MoneyAccountKind = (typeof MONEY_ACCOUNTS)[number];

export type AccountKind = CreditAccountKind | MoneyAccountKind;

/** One account of one customer; unit is a credit unit's name or an ISO currency in lower case. */
export interface AccountKey {
  readonly poolId: string;
  readonly billingPeriodId: string;
  readonly kind: AccountKind;
  readonly unit: string;
}

/** An account of a pool; give the period only to accounts that are kept per billing period. */
export function poolAccount(
  kind: CreditAccountKind,
  poolId: string,
  unit: string,
  billingPeriodId = NIL_ID,
): AccountKey {
  return { poolId, billingPeriodId, kind, unit };
}

/** An account of the money book. */
export function moneyAccount(kind: MoneyAccountKind, currency: string, billingPeriodId = NIL_ID): AccountKey {
  return { poolId: NIL_ID, billingPeriodId, kind, unit: currency };
}

/** Text that names an account inside one customer. */
export function accountName(key: AccountKey): string {
  return `${key.poolId}/${key.billingPeriodId}/${key.kind}/${key.unit}`;
}
