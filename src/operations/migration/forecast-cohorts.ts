import type { CustomerKey } from '../../domain/customer.ts';
// Whom a rollout would take as customers are now: what a plan of one is checked against before anything is kept.
import type { CohortForecast } from '../../domain/migration-forecast.ts';
import { type Cohort, opensAt, packagingDiffers, type PlanMigration } from '../../domain/plan-migration.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { Transaction } from '../../storage/database.ts';
import { eligibleFor } from '../../storage/plan-migration-members.ts';
import { listPlanVersions, type PlanVersion } from '../../storage/plans.ts';

/** What somebody wants to roll out. */
export interface Rollout {
  readonly name: string;
  readonly fromPlan: string;
  readonly toPlan: string;
  /** The segment that moved customers belong to afterwards; null: it stays. */
  readonly toSegment: string | null;
  readonly cohorts: readonly Cohort[];
  readonly everyDays: number;
  readonly holdoutPercent: number;
  readonly reason: string;
}

export interface RolloutTarget {
  readonly to: PlanVersion;
  readonly changesPackaging: boolean;
}

/** The newest version of the plan to move to; refuses plans that cannot be changed, and two changes at once. */
export async function rolloutTarget(trx: Transaction, asked: Rollout): Promise<RolloutTarget | Refused> {
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
  return { to, changesPackaging };
}

export interface ForecastCohorts {
  readonly cohorts: readonly CohortForecast[];
  /** Who would move, in the order of the cohorts. */
  readonly moving: readonly CustomerKey[];
}

const COUNTED_MAX = 100_000;

/** Each customer counts in the first cohort that takes him. */
export async function forecastCohorts(
  trx: Transaction,
  planned: Pick<
    PlanMigration,
    | 'planMigrationId'
    | 'name'
    | 'fromPlan'
    | 'toPlanVersionId'
    | 'holdoutPercent'
    | 'cohorts'
    | 'everyDays'
    | 'plannedAt'
  >,
): Promise<ForecastCohorts> {
  const taken = new Set<string>();
  const cohorts: CohortForecast[] = [];
  const everybodyMoving: CustomerKey[] = [];
  for (const [place, cohort] of planned.cohorts.entries()) {
    const all = await eligibleFor(trx, planned, cohort, { at: planned.plannedAt, limit: COUNTED_MAX });
    const own = all.filter(({ subscriptionId }) => !taken.has(subscriptionId));
    for (const { subscriptionId } of own) taken.add(subscriptionId);
    const moving = own.filter(({ isPinned, isHeldOut }) => !isPinned && !isHeldOut);
    everybodyMoving.push(...moving.map(({ lane, customerId }) => ({ lane, customerId })));
    const opens = opensAt({ startedAt: planned.plannedAt, everyDays: planned.everyDays }, place);
    const renewals = moving.flatMap(({ periodEndsAt }) =>
      periodEndsAt === null || opens === null || periodEndsAt < opens ? [] : [periodEndsAt.getTime()],
    );
    cohorts.push({
      cohort: cohort.name,
      opensAfterDays: place * planned.everyDays,
      moves: moving.length,
      heldOut: own.filter(({ isPinned, isHeldOut }) => isHeldOut && !isPinned).length,
      pinned: own.filter(({ isPinned }) => isPinned).length,
      firstRenewalAt: renewals.length === 0 ? null : new Date(Math.min(...renewals)),
    });
  }
  return { cohorts, moving: everybodyMoving };
}
