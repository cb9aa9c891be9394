import { type CustomerKey, EVERY_LANE } from '../domain/customer.ts';
import type { HoldReason } from '../domain/settlement.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { execute, query } from './query.ts';

export type SettlementState = 'waiting' | 'held' | 'corrected' | 'finalized' | 'settled';

export interface Settlement extends CustomerKey {
  readonly billingPeriodId: string;
  readonly invoiceId: string;
  readonly poolId: string;
  readonly planVersionId: string;
  readonly unit: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly cutOffAt: Date;
  readonly periodState: 'open' | 'cut_off' | 'final';
  readonly emittedUnits: bigint;
  readonly stripeCustomerId: string;
  readonly state: SettlementState;
  readonly correctionMinor: bigint;
  readonly guardedAt: Date | null;
}

/** A settlement with its period, to be narrowed by a `where`. */
export const SETTLEMENT = `select s.lane, s.customer_id as "customerId", s.billing_period_id as "billingPeriodId",
    s.invoice_id as "invoiceId", p.pool_id as "poolId", p.plan_version_id as "planVersionId", p.unit,
    p.starts_at as "startsAt", p.ends_at as "endsAt", p.cut_off_at as "cutOffAt", p.state as "periodState",
    p.emitted_units as "emittedUnits", c.stripe_customer_id as "stripeCustomerId", s.state,
    s.correction_minor as "correctionMinor", s.guarded_at as "guardedAt"
  from settlements s
  join billing_periods p using (lane, customer_id, billing_period_id)
  join customers c using (lane, customer_id)`;

/** Settlements with something to do, the cycle that ended first in front: an invoice finalized earlier takes first. */
export async function openSettlements(
  db: Database,
  { limit }: { readonly limit: number },
): Promise<readonly Settlement[]> {
  return query<Settlement>(
    db,
    `${SETTLEMENT}
     where s.lane = any($1::smallint[]) and ((s.state in ('waiting', 'held', 'corrected') and p.state <> 'open')
       or (s.state = 'finalized' and p.state = 'final'))
     order by p.ends_at, s.billing_period_id limit $2`,
    [EVERY_LANE, limit],
  );
}

export async function readSettlement(
  db: Database | Transaction,
  key: CustomerKey,
  billingPeriodId: string,
): Promise<Settlement | null> {
  const [row] = await query<Settlement>(
    db,
    `${SETTLEMENT} where s.lane = $1 and s.customer_id = $2 and s.billing_period_id = $3`,
    [key.lane, key.customerId, billingPeriodId],
  );
  return row ?? null;
}

/** Whether an older cycle of the same pool still waits for its invoice, or this one's change of price for its correction. */
export async function waitsForEarlierCycle(db: Database, settlement: Settlement): Promise<boolean> {
  const rows = await query(
    db,
    `select billing_period_id from billing_periods
     where lane = $1 and customer_id = $2 and pool_id = $3 and ends_at < $4 and state <> 'final'
       and (invoice_id <> $5 or (superseded_by is not null and change_settled_at is null))
     limit 1`,
    [settlement.lane, settlement.customerId, settlement.poolId, settlement.endsAt, settlement.invoiceId],
  );
  return rows.length > 0;
}

export interface CyclePeriod extends CustomerKey {
  readonly billingPeriodId: string;
}

/** The billing period that a cycle invoice of a subscription bills; the one that ends a trial bills none. */
export async function periodOfCycle(
  db: Database,
  subscriptionId: string,
  endsAt: Date,
): Promise<(CyclePeriod & { readonly planVersionId: string }) | null> {
  const [row] = await query<CyclePeriod & { readonly planVersionId: string }>(
    db,
    `select lane, customer_id as "customerId", billing_period_id as "billingPeriodId", plan_version_id as "planVersionId"
     from billing_periods
     where lane = any($1::smallint[]) and subscription_id = $2 and ends_at = $3 and not is_trial`,
    [EVERY_LANE, subscriptionId, endsAt],
  );
  return row ?? null;
}

/** Notes that a draft is guarded, and which period it bills; the first draft of a period stays its invoice. */
export async function noteGuarded(
  trx: Transaction,
  period: CyclePeriod,
  { invoiceId, guardedAt }: { readonly invoiceId: string; readonly guardedAt: Date },
): Promise<void> {
  await execute(
    trx,
    `insert into settlements (lane, customer_id, billing_period_id, invoice_id, lots_paid_micro, overage_micro, owed_minor,
       eligible_minor, expected_minor, state, guarded_at)
     values ($1, $2, $3, $4, 0, 0, 0, 0, 0, 'waiting', $5)
     on conflict (lane, customer_id, billing_period_id) do nothing`,
    [period.lane, period.customerId, period.billingPeriodId, invoiceId, guardedAt],
  );
  await execute(
    trx,
    `update billing_periods set invoice_id = $4
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and invoice_id is null`,
    [period.lane, period.customerId, period.billingPeriodId, invoiceId],
  );
}

/** Notes that a period's invoice is final, also when no draft was ever seen: Stripe finalized it while we were away. */
export const noteFinal = inStep(
  async (
    trx: Transaction,
    asks: readonly (readonly [CyclePeriod, { readonly invoiceId: string; readonly finalizedAt: Date }])[],
  ) => {
    await execute(
      trx,
      `insert into settlements (lane, customer_id, billing_period_id, invoice_id, lots_paid_micro, overage_micro, owed_minor,
         eligible_minor, expected_minor, state, finalized_at)
       select lane, customer_id, billing_period_id, invoice_id, 0, 0, 0, 0, 0, 'finalized', finalized_at
       from unnest($1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
         as f (lane, customer_id, billing_period_id, invoice_id, finalized_at)
       on conflict (lane, customer_id, billing_period_id) do nothing`,
      [
        asks.map(([{ lane }]) => lane),
        asks.map(([{ customerId }]) => customerId),
        asks.map(([{ billingPeriodId }]) => billingPeriodId),
        asks.map(([, { invoiceId }]) => invoiceId),
        asks.map(([, { finalizedAt }]) => finalizedAt),
      ],
    );
    return asks.map(() => undefined);
  },
);

/**
 * Subscriptions with an ended period that no draft was found for yet. After four days none is left to be found: Stripe
 * has finalized it, or there never was one, and asking for ever would eat up the reads that Stripe allots.
 */
export async function unguardedSubscriptions(
  db: Database,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly { readonly subscriptionId: string }[]> {
  return query<{ subscriptionId: string }>(
    db,
    `select p.subscription_id as "subscriptionId"
     from billing_periods p
     join plan_versions v on v.plan_version_id = p.plan_version_id and v.stripe_metered_price_id is not null
     where p.lane = any($1::smallint[]) and p.state <> 'final' and p.ends_at <= $2 and p.superseded_by is null
       and not p.is_trial
       and p.ends_at > $2::timestamptz - interval '4 days' and not exists (
       select from settlements s
       where s.lane = p.lane and s.customer_id = p.customer_id and s.billing_period_id = p.billing_period_id)
     group by p.subscription_id order by min(p.ends_at) limit $3`,
    [EVERY_LANE, now, limit],
  );
}

export interface SettlementNumbers {
  readonly paidMicro: bigint;
  readonly overageMicro: bigint;
  readonly owedMinor: bigint;
  readonly eligibleMinor: bigint;
  readonly expectedMinor: bigint;
  readonly correctionMinor: bigint;
}

/** Records what was compared and decided; false when a person has decided meanwhile. */
export async function saveDecision(
  trx: Transaction,
  { lane, customerId, billingPeriodId }: CyclePeriod,
  state: SettlementState,
  numbers: SettlementNumbers,
  {
    holdReason,
    heldBecause,
    decidedAt,
  }: { readonly holdReason: HoldReason | null; readonly heldBecause: string | null; readonly decidedAt: Date },
): Promise<boolean> {
  const saved = await execute(
    trx,
    `update settlements set state = $4, lots_paid_micro = $5, overage_micro = $6, owed_minor = $7, eligible_minor = $8,
       expected_minor = $9, correction_minor = $10, held_because = $11, decided_at = $12, hold_reason = $13
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and decision is null`,
    [
      lane,
      customerId,
      billingPeriodId,
      state,
      numbers.paidMicro,
      numbers.overageMicro,
      numbers.owedMinor,
      numbers.eligibleMinor,
      numbers.expectedMinor,
      numbers.correctionMinor,
      heldBecause,
      decidedAt,
      holdReason,
    ],
  );
  return saved === 1;
}

/** Moves a settlement on; what is not given stays. */
export async function moveSettlement(
  on: Database | Transaction,
  { lane, customerId, billingPeriodId }: CyclePeriod,
  to: {
    readonly state: SettlementState;
    readonly holdReason?: HoldReason;
    readonly heldBecause?: string | null;
    readonly correctionItemId?: string;
    readonly finalizedAt?: Date;
    readonly settledAt?: Date;
  },
): Promise<void> {
  await execute(
    on,
    `update settlements set state = $4, held_because = $5, correction_item_id = coalesce($6, correction_item_id),
       finalized_at = coalesce(finalized_at, $7), settled_at = coalesce(settled_at, $8), hold_reason = $9
     where lane = $1 and customer_id = $2 and billing_period_id = $3`,
    [
      lane,
      customerId,
      billingPeriodId,
      to.state,
      to.heldBecause ?? null,
      to.correctionItemId ?? null,
      to.finalizedAt ?? null,
      to.settledAt ?? null,
      to.holdReason ?? null,
    ],
  );
}
