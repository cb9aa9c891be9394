// Planning a rollout: whom it would move, in which order and from when on, before anything is decided.
import { type Cohort, opensAt, packagingDiffers, type PlanMigration } from '../../domain/plan-migration.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now as clock } from '../../storage/clock.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { eligibleFor, insertMigration, readMigration } from '../../storage/plan-migrations.ts';
import { listPlanVersions } from '../../storage/plans.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

export interface PlanAMigration {
  readonly name: string;
  readonly fromPlan: string;
  readonly toPlan: string;
  /** The segment that moved customers belong to afterwards; null: it stays. */
  readonly toSegment: string | null;
  readonly cohorts: readonly Cohort[];
  readonly everyDays: number;
  readonly holdoutPercent: number;
  readonly reason: string;
  /** Says what it would do, and keeps nothing. */
  readonly dryRun: boolean;
}

/** What a cohort comes to as customers are now. */
export interface CohortForecast {
  readonly cohort: string;
  /** Days after the start. */
  readonly opensAfterDays: number;
  readonly moves: number;
  readonly heldOut: number;
  readonly pinned: number;
  /** The earliest renewal at which one of them would move. */
  readonly firstRenewalAt: Date | null;
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
  asked: PlanAMigration,
): Promise<PlannedMigration | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'model.change');
    if ('rejected' in actor) return actor;
    const versions = await listPlanVersions(trx);
    const from = versions.find(({ plan }) => plan === asked.fromPlan);
    const to = versions.find(({ plan }) => plan === asked.toPlan);
    if (from === undefined) return refuse('unknown_plan', `There is no plan ${asked.fromPlan}.`, { param: 'from' });
    if (to === undefined) return refuse('unknown_plan', `There is no plan ${asked.toPlan}.`, { param: 'to' });
    if (from.currency !== to.currency || from.unit !== to.unit) {
      return refuse(
        'plan_not_changeable',
        `Plan ${to.plan} is sold in ${to.currency} for ${to.unit}, ${from.plan} in ${from.currency} for ${from.unit}.`,
        { param: 'to' },
      );
    }
    // Another plan sells something else when its content does; a newer version of the same plan always does.
    const changesPackaging = from.plan === to.plan ? true : packagingDiffers(from.content, to.content);
    if (changesPackaging && asked.toSegment !== null) {
      return refuse(
        'migration_changes_both',
        `${to.plan}@${to.version} sells something else than ${from.plan}, and the customers would become segment ${asked.toSegment}: change one of them, then the other.`,
        { param: 'to_segment' },
      );
    }
    const planned = {
      ...asked,
      planMigrationId: deps.newId(),
      toPlanVersionId: to.planVersionId,
      changesPackaging,
      plannedBy: actor.subject,
      plannedAt: await clock(trx),
    };
    const cohorts = await forecast(trx, planned);
    const answer = { toPlan: to.plan, toVersion: to.version, changesPackaging, cohorts };
    if (asked.dryRun) return { ...answer, migration: null };
    if (!(await insertMigration(trx, planned))) {
      return refuse('migration_exists', `There is a migration ${asked.name} already. Choose another name.`, {
        param: 'name',
      });
    }
    await audit(deps, trx, actor, {
      action: 'migration.planned',
      objectType: 'plan_migration',
      objectId: planned.planMigrationId,
      after: { name: asked.name, from: from.plan, to: `${to.plan}@${to.version}`, cohorts: asked.cohorts },
      reason: asked.reason,
    });
    return { ...answer, migration: await readMigration(trx, asked.name) };
  });
}

const COUNTED_MAX = 100_000;

/** Each customer counts in the first cohort that takes him. */
async function forecast(
  trx: Transaction,
  planned: Pick<
    PlanMigration,
    'planMigrationId' | 'fromPlan' | 'toPlanVersionId' | 'holdoutPercent' | 'cohorts' | 'everyDays' | 'plannedAt'
  >,
): Promise<readonly CohortForecast[]> {
  const taken = new Set<string>();
  const forecasts: CohortForecast[] = [];
  for (const [place, cohort] of planned.cohorts.entries()) {
    const all = await eligibleFor(trx, planned, cohort, { at: planned.plannedAt, limit: COUNTED_MAX });
    const own = all.filter(({ subscriptionId }) => !taken.has(subscriptionId));
    for (const { subscriptionId } of own) taken.add(subscriptionId);
    const moving = own.filter(({ isPinned, isHeldOut }) => !isPinned && !isHeldOut);
    const opens = opensAt({ startedAt: planned.plannedAt, everyDays: planned.everyDays }, place);
    const renewals = moving.flatMap(({ periodEndsAt }) =>
      periodEndsAt === null || opens === null || periodEndsAt < opens ? [] : [periodEndsAt.getTime()],
    );
    forecasts.push({
      cohort: cohort.name,
      opensAfterDays: place * planned.everyDays,
      moves: moving.length,
      heldOut: own.filter(({ isPinned, isHeldOut }) => isHeldOut && !isPinned).length,
      pinned: own.filter(({ isPinned }) => isPinned).length,
      firstRenewalAt: renewals.length === 0 ? null : new Date(Math.min(...renewals)),
    });
  }
  return forecasts;
}
