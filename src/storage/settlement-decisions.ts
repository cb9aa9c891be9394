// Settlements as people see and decide them.
import { EVERY_LANE } from '../domain/customer.ts';
import type { HoldReason } from '../domain/settlement.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';
import { type CyclePeriod, type Settlement, SETTLEMENT, type SettlementState } from './settlements.ts';

export interface ShownSettlement extends Settlement {
  readonly holdReason: HoldReason | null;
  readonly heldBecause: string | null;
  readonly currency: string | null;
  /** What the host calls the customer; its name and the invoice's number are for people. */
  readonly externalId: string | null;
  readonly customerName: string | null;
  readonly plan: string;
  readonly lotsPaidMicro: bigint;
  readonly overageMicro: bigint;
  /** What is left of the grants that reach the invoice. */
  readonly eligibleMinor: bigint;
  /** When it was looked at last. */
  readonly decidedAt: Date | null;
  readonly owedMinor: bigint;
  /** What Stripe would charge for usage before our items. */
  readonly expectedMinor: bigint;
  readonly decision: 'accept' | 'correct' | null;
  readonly decidedBy: string | null;
  readonly decisionReason: string | null;
}

const SHOWN = SETTLEMENT.replace(
  's.guarded_at as "guardedAt"',
  `s.guarded_at as "guardedAt", s.hold_reason as "holdReason",
    s.held_because as "heldBecause", v.currency,
    c.external_id as "externalId", c.name as "customerName", v.plan, s.lots_paid_micro as "lotsPaidMicro",
    s.overage_micro as "overageMicro", s.eligible_minor as "eligibleMinor", s.decided_at as "decidedAt", s.owed_minor as "owedMinor",
    s.expected_minor as "expectedMinor", s.decision, s.decided_by as "decidedBy",
    s.decision_reason as "decisionReason"`,
).concat(' join plan_versions v on v.plan_version_id = p.plan_version_id');

/** One cycle by its billing period; null when it was never settled. */
export async function findSettlement(db: Database, billingPeriodId: string): Promise<ShownSettlement | null> {
  const [row] = await query<ShownSettlement>(
    db,
    `${SHOWN} where s.lane = any($1::smallint[]) and s.billing_period_id = $2`,
    [EVERY_LANE, billingPeriodId],
  );
  return row ?? null;
}

/** Cycles in a state, the one that ended first in front: its deadline is the next. */
export async function listSettlements(
  db: Database,
  {
    state,
    limit,
    after = null,
  }: { readonly state: SettlementState; readonly limit: number; readonly after?: string | null },
): Promise<readonly ShownSettlement[]> {
  return query<ShownSettlement>(
    db,
    `${SHOWN} where s.lane = any($1::smallint[]) and s.state = $2 and ($4::uuid is null or
       (p.ends_at, s.billing_period_id) > (select a.ends_at, a.billing_period_id from billing_periods a
         where a.lane = any($1::smallint[]) and a.billing_period_id = $4))
     order by p.ends_at, s.billing_period_id limit $3`,
    [EVERY_LANE, state, limit, after],
  );
}

export interface HumanDecision {
  readonly decision: 'accept' | 'correct';
  readonly actor: string;
  readonly reason: string;
  readonly owedMinor: bigint;
  readonly expectedMinor: bigint;
  readonly correctionMinor: bigint;
  readonly at: Date;
}

/** Records who lets a held draft go, and how; false when it is not held any more. */
export async function saveHumanDecision(
  trx: Transaction,
  { lane, customerId, billingPeriodId }: CyclePeriod,
  { decision, actor, reason, owedMinor, expectedMinor, correctionMinor, at }: HumanDecision,
): Promise<boolean> {
  const saved = await execute(
    trx,
    `update settlements set state = 'corrected', decision = $4, decided_by = $5, decision_reason = $6, owed_minor = $7,
       expected_minor = $8, correction_minor = $9, decided_at = $10
     where lane = $1 and customer_id = $2 and billing_period_id = $3 and state = 'held'`,
    [lane, customerId, billingPeriodId, decision, actor, reason, owedMinor, expectedMinor, correctionMinor, at],
  );
  return saved === 1;
}
