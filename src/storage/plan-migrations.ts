// Rollouts to another plan: what was planned, who agreed, and where they stand.
import type { PlanMigration } from '../domain/plan-migration.ts';
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
