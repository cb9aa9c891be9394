// Starting, pausing and resuming a rollout, and where it stands. Each step has a name under it.
import { type MemberState, opensAt, type PlanMigration } from '../../domain/plan-migration.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { now as clock } from '../../storage/clock.ts';
import { errorCode, transaction, type Transaction } from '../../storage/database.ts';
import {
  countMembers,
  type ListedMember,
  listMembers,
  type MemberCount,
} from '../../storage/plan-migration-members.ts';
import { listMigrations, lockMigration, readMigration, saveMigration } from '../../storage/plan-migrations.ts';
import type { Deps } from '../deps.ts';
import { type Acting, type Actor, audit, permitted } from '../operators/acting.ts';

export interface MigrationStatus {
  readonly migration: PlanMigration;
  readonly cohorts: readonly {
    readonly name: string;
    readonly opensAt: Date | null;
    readonly members: readonly MemberCount[];
  }[];
}

/** Starts a planned rollout; somebody else than who planned it, unless one person works here alone. */
export async function startMigration(deps: Deps, acting: Acting, name: string): Promise<MigrationStatus | Refused> {
  return change(
    deps,
    acting,
    { name, permission: 'model.approve', action: 'migration.started', reason: null },
    async (trx, actor, migration) => {
      if (migration.state !== 'planned') return wrongState(migration, 'planned');
      const isAlone = migration.plannedBy === actor.subject;
      const { approvals } = await readApprovalRules(trx);
      if (isAlone && approvals === 'two_people') {
        return refuse('migration_needs_second_person', `${actor.name} planned ${name}; somebody else has to start it.`);
      }
      return {
        state: 'running',
        approval: isAlone ? 'single_operator' : 'two_people',
        approvedBy: actor.subject,
        startedAt: await clock(trx),
      };
    },
  );
}

/** Nobody else is moved until it is resumed; who is scheduled already still moves at his renewal. */
export async function pauseMigration(
  deps: Deps,
  acting: Acting,
  { name, reason }: { readonly name: string; readonly reason: string },
): Promise<MigrationStatus | Refused> {
  return change(
    deps,
    acting,
    { name, permission: 'model.change', action: 'migration.paused', reason },
    async (trx, actor, migration) => {
      if (migration.state !== 'running') return wrongState(migration, 'running');
      return { state: 'paused', pausedBy: actor.subject, pausedBecause: reason, pausedAt: await clock(trx) };
    },
  );
}

export async function resumeMigration(deps: Deps, acting: Acting, name: string): Promise<MigrationStatus | Refused> {
  return change(
    deps,
    acting,
    { name, permission: 'model.approve', action: 'migration.resumed', reason: null },
    async (_trx, _actor, migration) =>
      migration.state === 'paused' ? { state: 'running' } : wrongState(migration, 'paused'),
  );
}

/** One rollout with its cohorts, or all of them. */
export async function readMigrations({ db }: Deps, name: string | null): Promise<readonly MigrationStatus[] | Refused> {
  const found = name === null ? await listMigrations(db) : [await readMigration(db, name)];
  const known = found.filter((migration) => migration !== null);
  if (name !== null && known.length === 0) return unknown(name);
  return Promise.all(
    known.map(async (migration) => statusOf(migration, await countMembers(db, migration.planMigrationId))),
  );
}

/** Customers of a rollout and what became of each. */
export async function listMigrationMembers(
  { db }: Deps,
  name: string,
  asked: { readonly state: MemberState | null; readonly limit: number; readonly after?: string | null },
): Promise<readonly ListedMember[] | Refused> {
  const migration = await readMigration(db, name);
  return migration === null ? unknown(name) : listMembers(db, migration.planMigrationId, asked);
}

function statusOf(migration: PlanMigration, members: readonly MemberCount[]): MigrationStatus {
  return {
    migration,
    cohorts: migration.cohorts.map(({ name }, place) => ({
      name,
      opensAt: opensAt(migration, place),
      members: members.filter(({ cohort }) => cohort === name),
    })),
  };
}

type Step = Pick<PlanMigration, 'state'> & Partial<PlanMigration>;

async function change(
  deps: Deps,
  acting: Acting,
  what: {
    readonly name: string;
    readonly permission: 'model.change' | 'model.approve';
    readonly action: string;
    readonly reason: string | null;
  },
  step: (trx: Transaction, actor: Actor, migration: PlanMigration) => Promise<Step | Refused>,
): Promise<MigrationStatus | Refused> {
  const { name, permission, action, reason } = what;
  const done = await transaction(deps.db, async (trx) => {
    const migration = await lockMigration(trx, name);
    if (migration === null) return unknown(name);
    const actor = await permitted(trx, acting, permission);
    if ('rejected' in actor) return actor;
    const to = await step(trx, actor, migration);
    if ('rejected' in to) return to;
    await saveMigration(trx, { planMigrationId: migration.planMigrationId, ...to });
    await audit(deps, trx, actor, {
      action,
      objectType: 'plan_migration',
      objectId: migration.planMigrationId,
      before: { state: migration.state },
      after: { name, state: to.state },
      reason,
    });
    return null;
  }).catch((error: unknown) => {
    if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
    return refuse('migration_exists', `Another migration from the same plan is under way; end it before ${name}.`);
  });
  if (done !== null) return done;
  const migration = await readMigration(deps.db, name);
  if (migration === null) throw new Error(`migration ${name} is gone`);
  return statusOf(migration, await countMembers(deps.db, migration.planMigrationId));
}

const UNIQUE_VIOLATION = '23505';

function wrongState({ name, state }: PlanMigration, wanted: string): Refused {
  return refuse('migration_state', `Migration ${name} is ${state}, not ${wanted}.`, { details: { state } });
}

function unknown(name: string): Refused {
  return refuse('unknown_migration', `There is no migration ${name}.`, { param: 'name' });
}
