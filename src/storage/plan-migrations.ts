// Rollouts to another plan, and what became of each customer in them.
import type { CustomerKey } from '../domain/customer.ts';
import type { Cohort, MemberState, PlanMigration } from '../domain/plan-migration.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

const MIGRATION = `select m.plan_migration_id as "planMigrationId", m.name, m.from_plan as "fromPlan",
    m.to_plan_version_id as "toPlanVersionId", v.plan as "toPlan", v.version as "toVersion", m.to_segment as "toSegment",
    m.cohorts, m.every_days as "everyDays", m.holdout_percent as "holdoutPercent",
    m.changes_packaging as "changesPackaging", m.state, m.reason, m.planned_by as "plannedBy", m.planned_at as "plannedAt",
    m.approval, m.approved_by as "approvedBy", m.started_at as "startedAt", m.paused_by as "pausedBy",
    m.paused_because as "pausedBecause", m.paused_at as "pausedAt", m.ended_at as "endedAt"
  from plan_migrations m join plan_versions v on v.plan_version_id = m.to_plan_version_id`;

export async function readMigration(on: Database | Transaction, name: string): Promise<PlanMigration | null> {
  const [row] = await query<PlanMigration>(on, `${MIGRATION} where m.name = $1`, [name]);
  return row ?? null;
}

/** The same, locked until the transaction ends. */
export async function lockMigration(trx: Transaction, name: string): Promise<PlanMigration | null> {
  await query(trx, `select name from plan_migrations where name = $1 for update`, [name]);
  return readMigration(trx, name);
}

/** The newest first. */
export async function listMigrations(on: Database | Transaction): Promise<readonly PlanMigration[]> {
  return query<PlanMigration>(on, `${MIGRATION} order by m.planned_at desc, m.name`);
}

/** Where the newest rollout that is not over leads, as a model to simulate. */
export async function currentMigrationTarget(
  on: Database | Transaction,
): Promise<{ readonly kind: 'plan'; readonly plan: string; readonly version: number } | null> {
  const [row] = await query<{ plan: string; version: number }>(
    on,
    `select v.plan, v.version from plan_migrations m join plan_versions v on v.plan_version_id = m.to_plan_version_id
     where m.state <> 'done' order by m.planned_at desc limit 1`,
  );
  return row === undefined ? null : { kind: 'plan', ...row };
}

export async function insertMigration(
  trx: Transaction,
  migration: Pick<
    PlanMigration,
    | 'planMigrationId'
    | 'name'
    | 'fromPlan'
    | 'toPlanVersionId'
    | 'toSegment'
    | 'cohorts'
    | 'everyDays'
    | 'holdoutPercent'
    | 'changesPackaging'
    | 'reason'
    | 'plannedBy'
    | 'plannedAt'
  >,
): Promise<boolean> {
  const kept = await execute(
    trx,
    `insert into plan_migrations (plan_migration_id, name, from_plan, to_plan_version_id, to_segment, cohorts, every_days,
       holdout_percent, changes_packaging, state, reason, planned_by, planned_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, 'planned', $10, $11, $12) on conflict (name) do nothing`,
    [
      migration.planMigrationId,
      migration.name,
      migration.fromPlan,
      migration.toPlanVersionId,
      migration.toSegment,
      JSON.stringify(migration.cohorts),
      migration.everyDays,
      migration.holdoutPercent,
      migration.changesPackaging,
      migration.reason,
      migration.plannedBy,
      migration.plannedAt,
    ],
  );
  return kept === 1;
}

/** Writes where a rollout stands. */
export async function saveMigration(
  trx: Database | Transaction,
  { planMigrationId, ...to }: Pick<PlanMigration, 'planMigrationId' | 'state'> & Partial<PlanMigration>,
): Promise<void> {
  await execute(
    trx,
    `update plan_migrations set state = $2, approval = coalesce($3, approval), approved_by = coalesce($4, approved_by),
       started_at = coalesce($5, started_at), paused_by = coalesce($6, paused_by),
       paused_because = coalesce($7, paused_because), paused_at = coalesce($8, paused_at), ended_at = coalesce($9, ended_at)
     where plan_migration_id = $1`,
    [
      planMigrationId,
      to.state,
      to.approval ?? null,
      to.approvedBy ?? null,
      to.startedAt ?? null,
      to.pausedBy ?? null,
      to.pausedBecause ?? null,
      to.pausedAt ?? null,
      to.endedAt ?? null,
    ],
  );
}

export interface MigrationMember extends CustomerKey {
  readonly planMigrationId: string;
  readonly cohort: string;
  readonly subscriptionId: string;
  readonly fromPlanVersionId: string;
  readonly state: MemberState;
}

export interface Eligible extends CustomerKey {
  readonly subscriptionId: string;
  readonly planVersionId: string;
  readonly periodEndsAt: Date | null;
  readonly isPinned: boolean;
  readonly isHeldOut: boolean;
}

/** Customers of the plan that is left whom a cohort takes and who have no place in the rollout yet. */
export async function eligibleFor(
  on: Database | Transaction,
  migration: Pick<PlanMigration, 'planMigrationId' | 'fromPlan' | 'toPlanVersionId' | 'holdoutPercent'>,
  cohort: Cohort,
  { at, limit }: { readonly at: Date; readonly limit: number },
): Promise<readonly Eligible[]> {
  return query<Eligible>(
    on,
    `select s.lane, s.customer_id as "customerId", s.subscription_id as "subscriptionId",
       s.plan_version_id as "planVersionId",
       (select max(b.ends_at) from billing_periods b where b.lane = s.lane and b.customer_id = s.customer_id
         and b.subscription_id = s.subscription_id) as "periodEndsAt",
       exists (select from legacy_terms l where l.lane = s.lane and l.customer_id = s.customer_id
         and (l.until is null or l.until > $6::date)) as "isPinned",
       ('x' || substr(md5(s.customer_id::text || $1::text), 1, 8))::bit(32)::bigint % 100 < $4 as "isHeldOut"
     from subscriptions s join plan_versions v using (plan_version_id)
     where s.lane between 0 and 63 and v.plan = $2 and s.plan_version_id <> $3
       and s.status in ('active', 'trialing', 'past_due') and not s.cancel_at_period_end
       and ($5::timestamptz is null or s.billing_anchor >= $5)
       and ($7::text is null or exists (select from customer_segments g where g.lane = s.lane
         and g.customer_id = s.customer_id and g.segment = $7))
       and not exists (select from plan_migration_members m where m.lane = s.lane and m.customer_id = s.customer_id
         and m.plan_migration_id = $1::uuid)
     order by s.billing_anchor desc, s.subscription_id limit $8`,
    [
      migration.planMigrationId,
      migration.fromPlan,
      migration.toPlanVersionId,
      migration.holdoutPercent,
      'subscribed_since' in cohort ? new Date(`${cohort.subscribed_since}T00:00:00Z`) : null,
      at,
      'segment' in cohort ? cohort.segment : null,
      limit,
    ],
  );
}

export async function insertMember(trx: Transaction, member: MigrationMember, at: Date): Promise<void> {
  await execute(
    trx,
    `insert into plan_migration_members (lane, customer_id, plan_migration_id, cohort, subscription_id,
       from_plan_version_id, state, decided_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      member.lane,
      member.customerId,
      member.planMigrationId,
      member.cohort,
      member.subscriptionId,
      member.fromPlanVersionId,
      member.state,
      at,
    ],
  );
}

/** Members whose change was begun and not asked for yet: a process may have died in between. */
export async function membersToSchedule(
  db: Database,
  planMigrationId: string,
  limit: number,
): Promise<readonly MigrationMember[]> {
  return query<MigrationMember>(
    db,
    `select lane, customer_id as "customerId", plan_migration_id as "planMigrationId", cohort,
       subscription_id as "subscriptionId", from_plan_version_id as "fromPlanVersionId", state
     from plan_migration_members where lane between 0 and 63 and plan_migration_id = $1 and state = 'scheduling'
     order by decided_at, customer_id limit $2`,
    [planMigrationId, limit],
  );
}

export async function saveMember(
  db: Database,
  { lane, customerId, planMigrationId }: MigrationMember,
  to: { readonly state: MemberState; readonly planChangeId: string | null; readonly outcome: string | null },
): Promise<void> {
  await execute(
    db,
    `update plan_migration_members set state = $4, plan_change_id = $5, outcome = $6
     where lane = $1 and customer_id = $2 and plan_migration_id = $3`,
    [lane, customerId, planMigrationId, to.state, to.planChangeId, to.outcome],
  );
}

/** Marks those whose subscription has the new plan by now; returns how many. */
export async function noteMoved(
  db: Database,
  { planMigrationId, toPlanVersionId }: PlanMigration,
  at: Date,
): Promise<number> {
  return execute(
    db,
    `update plan_migration_members m set state = 'moved', moved_at = $3 from subscriptions s
     where m.lane between 0 and 63 and m.plan_migration_id = $1 and m.state in ('scheduling', 'scheduled')
       and s.lane = m.lane and s.customer_id = m.customer_id and s.subscription_id = m.subscription_id
       and s.plan_version_id = $2`,
    [planMigrationId, toPlanVersionId, at],
  );
}

export interface MemberCount {
  readonly cohort: string;
  readonly state: MemberState;
  readonly customers: number;
}

export async function countMembers(
  on: Database | Transaction,
  planMigrationId: string,
): Promise<readonly MemberCount[]> {
  return query<MemberCount>(
    on,
    `select cohort, state, count(*)::int as customers from plan_migration_members
     where lane between 0 and 63 and plan_migration_id = $1 group by cohort, state order by cohort, state`,
    [planMigrationId],
  );
}
