// Planning a rollout: whom it would move, in which order and from when on, before anything is decided.
import type { CohortForecast } from '../../domain/migration-forecast.ts';
import type { PlanMigration } from '../../domain/plan-migration.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now as clock } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import { insertMigration, readMigration } from '../../storage/plan-migrations.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';
import { forecastCohorts, type Rollout, rolloutTarget } from './forecast-cohorts.ts';

export type { Rollout } from './forecast-cohorts.ts';

export interface PlanAMigration extends Rollout {
  /** Says what it would do, and keeps nothing. */
  readonly dryRun: boolean;
}

export interface PlannedMigration {
  readonly toPlan: string;
  readonly toVersion: number;
  readonly changesPackaging: boolean;
  readonly cohorts: readonly CohortForecast[];
  /** Null after a dry run. */
  readonly migration: PlanMigration | null;
}

/** Forecasts a rollout and keeps its plan; it moves nobody before somebody else starts it. */
export async function planMigration(
  deps: Deps,
  acting: Acting,
  { dryRun, ...asked }: PlanAMigration,
): Promise<PlannedMigration | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'model.change');
    if ('rejected' in actor) return actor;
    const target = await rolloutTarget(trx, asked);
    if ('rejected' in target) return target;
    const { to, changesPackaging } = target;
    if ((await readMigration(trx, asked.name)) !== null) return nameIsTaken(asked.name);
    const planned = {
      ...asked,
      planMigrationId: deps.newId(),
      toPlanVersionId: to.planVersionId,
      changesPackaging,
      plannedBy: actor.subject,
      plannedAt: await clock(trx),
    };
    const { cohorts } = await forecastCohorts(trx, planned);
    const answer = { toPlan: to.plan, toVersion: to.version, changesPackaging, cohorts };
    if (dryRun) return { ...answer, migration: null };
    if (!(await insertMigration(trx, planned))) return nameIsTaken(asked.name);
    await audit(deps, trx, actor, {
      action: 'migration.planned',
      objectType: 'plan_migration',
      objectId: planned.planMigrationId,
      after: { name: asked.name, from: asked.fromPlan, to: `${to.plan}@${to.version}`, cohorts: asked.cohorts },
      reason: asked.reason,
    });
    return { ...answer, migration: await readMigration(trx, asked.name) };
  });
}

function nameIsTaken(name: string): Refused {
  const message = `There is a migration ${name} already. Choose another name.`;
  return refuse('migration_exists', message, { param: 'name' });
}
