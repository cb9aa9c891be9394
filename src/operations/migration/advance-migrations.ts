// Taking running rollouts further: whoever's cohort is open gets his move planned with his renewal. Stopped anywhere, the
// next round goes on: a member is noted, with the number of his change, before the change is asked for, so that asking
// twice is the same change.
import { openCohorts, type PlanMigration } from '../../domain/plan-migration.ts';
import { now as clock } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import {
  countMembers,
  eligibleFor,
  insertMember,
  type MigrationMember,
  membersToSchedule,
  noteMoved,
  noteNotMoved,
  saveMember,
} from '../../storage/plan-migration-members.ts';
import { listMigrations, saveMigration } from '../../storage/plan-migrations.ts';
import { listPlanVersions } from '../../storage/plans.ts';
import { saveSegment } from '../../storage/segments.ts';
import { changePlan } from '../change-plan.ts';
import type { Deps } from '../deps.ts';

/** Moves at most so many customers of each running rollout; returns how many steps were taken. */
export async function advanceMigrations(deps: Deps, { limit }: { readonly limit: number }): Promise<number> {
  let steps = 0;
  for (const migration of await listMigrations(deps.db)) {
    if (migration.state === 'running' || migration.state === 'paused') {
      steps += await noteMoved(deps.db, migration, await clock(deps.db));
      steps += await noteNotMoved(deps.db, migration);
    }
    if (migration.state === 'running') steps += await advance(deps, migration, limit);
  }
  return steps;
}

async function advance(deps: Deps, migration: PlanMigration, limit: number): Promise<number> {
  const newest = (await listPlanVersions(deps.db)).find(({ plan }) => plan === migration.toPlan);
  if (newest?.planVersionId !== migration.toPlanVersionId) {
    return pause(deps, migration, `plan ${migration.toPlan} has another version than the one that was approved`);
  }
  const noted = await noteMembers(deps, migration, limit);
  const waiting = await membersToSchedule(deps.db, migration.planMigrationId, limit);
  for (const member of waiting) await schedule(deps, migration, member);
  if (noted + waiting.length === 0) await endWhenAllMoved(deps, migration);
  return noted + waiting.length;
}

/** Over when the last cohort is open and nobody waits for his renewal. */
async function endWhenAllMoved(deps: Deps, migration: PlanMigration): Promise<void> {
  const at = await clock(deps.db);
  if (openCohorts(migration, at).length < migration.cohorts.length) return;
  const members = await countMembers(deps.db, migration.planMigrationId);
  if (members.length === 0 || members.some(({ state }) => state === 'scheduling' || state === 'scheduled')) return;
  await saveMigration(deps.db, { planMigrationId: migration.planMigrationId, state: 'done', endedAt: at });
}

/** Each customer has his place in the first open cohort that takes him. */
async function noteMembers(deps: Deps, migration: PlanMigration, limit: number): Promise<number> {
  return transaction(deps.db, async (trx) => {
    const at = await clock(trx);
    let noted = 0;
    for (const cohort of openCohorts(migration, at)) {
      for (const eligible of await eligibleFor(trx, migration, cohort, { at, limit: limit - noted })) {
        const { lane, customerId, subscriptionId, planVersionId, isPinned, isHeldOut } = eligible;
        const stays = isHeldOut ? ('held_out' as const) : ('scheduling' as const);
        const state = isPinned ? ('pinned' as const) : stays;
        const member = {
          lane,
          customerId,
          subscriptionId,
          state,
          cohort: cohort.name,
          fromPlanVersionId: planVersionId,
          planChangeId: state === 'scheduling' ? deps.newId() : null,
        };
        await insertMember(trx, { ...member, planMigrationId: migration.planMigrationId }, at);
        if (state === 'scheduling' && migration.toSegment !== null) {
          await saveSegment(trx, eligible, { segment: migration.toSegment, by: migrationActor(migration), at });
        }
        noted += 1;
      }
      if (noted >= limit) break;
    }
    return noted;
  });
}

async function schedule(deps: Deps, migration: PlanMigration, member: MigrationMember): Promise<void> {
  const change = await changePlan(deps, {
    subscriptionId: member.subscriptionId,
    plan: migration.toPlan,
    quantity: null,
    starts: 'period_end',
    reason: `migration ${migration.name}: ${migration.reason}`,
    actor: migrationActor(migration),
    ...(member.planChangeId !== null && { planChangeId: member.planChangeId }),
  });
  if ('rejected' in change) {
    await saveMember(deps.db, member, { state: 'refused', planChangeId: null, outcome: change.rejected.message });
    return;
  }
  const { planChangeId, state } = change;
  const outcome = state === 'refused' ? 'Stripe refused the change' : null;
  await saveMember(deps.db, member, { state: state === 'refused' ? 'refused' : 'scheduled', planChangeId, outcome });
}

async function pause(deps: Deps, { planMigrationId, name }: PlanMigration, because: string): Promise<number> {
  const pausedAt = await clock(deps.db);
  await saveMigration(deps.db, {
    planMigrationId,
    state: 'paused',
    pausedBy: 'system:migration',
    pausedBecause: because,
    pausedAt,
  });
  deps.log.warn({ migration: name, because }, 'a migration paused itself');
  return 1;
}

/** Who stands under the changes: who approved them. */
function migrationActor({ approvedBy, name }: PlanMigration): string {
  return approvedBy ?? `system:migration ${name}`;
}
