// A balance as the API and the command show it.
import { formatCredits } from '../domain/amount.ts';
import { type NotEnforced, watchedNotice } from '../domain/ladder.ts';
import type { PoolSums } from '../domain/ledger-line.ts';
import type { LotState, PeriodState } from '../domain/pool-book.ts';
import { toWireId } from './ids.ts';
import type { ReadPolicy } from './policies.ts';
import { shownSums } from './statements.ts';

type Lot = LotState & { readonly left: bigint; readonly open: boolean; readonly member: string | null };

interface PoolBalance {
  readonly available: bigint;
  readonly held: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly unfunded: bigint;
}

interface Balance extends PoolBalance {
  readonly customerId: string;
  readonly unit: string | null;
  readonly plan: string | null;
  readonly policy: ReadPolicy | null;
  readonly poolState: string | null;
  readonly notEnforced: NotEnforced;
  readonly spendingLimit: bigint | null;
  readonly period: PeriodState | null;
  readonly lots: readonly Lot[];
  readonly members: readonly (PoolBalance & { readonly member: string })[];
  readonly asOf: Date;
}

export function shownBalance(balance: Balance) {
  const { period, spendingLimit } = balance;
  return {
    object: 'balance',
    customer: toWireId('customer', balance.customerId),
    unit: balance.unit,
    plan: balance.plan,
    pool_state: balance.poolState,
    not_enforced: { observe: balance.notEnforced.observe, shadow: balance.notEnforced.shadow },
    notice: watchedNotice(balance.notEnforced, (action) => action),
    ...shownPool(balance),
    spending_limit: spendingLimit === null ? null : formatCredits(spendingLimit),
    lots: balance.lots.map((lot) => shownLot(lot)),
    policy: balance.policy === null ? null : { version: balance.policy.version, rules: balance.policy.rules },
    members: balance.members.map((pool) => ({ member: pool.member, ...shownPool(pool) })),
    period:
      period === null
        ? null
        : {
            id: toWireId('period', period.billingPeriodId),
            starts_at: period.startsAt,
            ends_at: period.endsAt,
            cut_off_at: period.cutOffAt,
          },
    as_of: balance.asOf,
  };
}

function shownPool({ available, held, overage, debt, unfunded }: PoolBalance) {
  return {
    available: formatCredits(available),
    held: formatCredits(held),
    overage: formatCredits(overage),
    debt: formatCredits(debt),
    unfunded: formatCredits(unfunded),
  };
}

export function shownLot(lot: Lot) {
  return {
    id: toWireId('grant', lot.lotId),
    source: lot.source,
    category: lot.category,
    member: lot.member,
    granted: formatCredits(lot.granted),
    used: formatCredits(lot.drawn),
    held: formatCredits(lot.held),
    frozen: formatCredits(lot.frozen),
    remaining: formatCredits(lot.left),
    spendable: lot.open,
    features: lot.features,
    effective_at: lot.effectiveAt,
    expires_at: lot.expiresAt,
  };
}

interface BalanceAt {
  readonly customerId: string;
  readonly unit: string | null;
  readonly at: Date;
  readonly available: bigint;
  readonly sums: PoolSums;
  readonly overage: bigint;
}

export function shownBalanceAt({ customerId, unit, at, available, sums, overage }: BalanceAt) {
  const { held, frozen, debt } = shownSums(sums);
  return {
    object: 'balance',
    customer: toWireId('customer', customerId),
    unit,
    available: formatCredits(available),
    held,
    frozen,
    overage: formatCredits(overage),
    debt,
    // On lots that had ended, or that serve one hold only.
    not_spendable: formatCredits(sums.available - available),
    as_of: at,
  };
}
