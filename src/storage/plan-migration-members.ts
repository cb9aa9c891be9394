// Whom a rollout takes, and what became of each customer in it.
import type { CustomerKey } from '../domain/customer.ts';
import type { Cohort, MemberState, PlanMigration } from '../domain/plan-migration.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface MigrationMember extends CustomerKey {
  readonly planMigrationId: string;
  readonly cohort: string;
  readonly subscriptionId: string;
  readonly fromPlanVersionId: string;
  readonly state: MemberState;
  /** The change that moves him, named before it is asked for; null where he stays. */
  readonly planChangeId: string | null;
}

export interface Eligible extends CustomerKey {
  readonly subscriptionId: string;
  readonly planVersionId: string;
  readonly periodEndsAt: Date | null;
  readonly isPinned: boolean;
  readonly isHeldOut: boolean;
}

/**
 * Customers of the plan that is left whom a cohort takes and who have no place in the rollout yet. Who is held out follows
 * from the customer and the rollout's name alone, so a dry run names the same ones.
 */
export async function eligibleFor(
  on: Database | Transaction,
  migration: Pick<PlanMigration, 'planMigrationId' | 'name' | 'fromPlan' | 'toPlanVersionId' | 'holdoutPercent'>,
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
       ('x' || substr(md5(s.customer_id::text || $9::text), 1, 8))::bit(32)::bigint % 100 < $4 as "isHeldOut"
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
      migration.name,
    ],
  );
}

export async function insertMember(trx: Transaction, member: MigrationMember, at: Date): Promise<void> {
  await execute(
    trx,
    `insert into plan_migration_members (lane, customer_id, plan_migration_id, cohort, subscription_id,
       from_plan_version_id, state, decided_at, plan_change_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [
      member.lane,
      member.customerId,
      member.planMigrationId,
      member.cohort,
      member.subscriptionId,
      member.fromPlanVersionId,
      member.state,
      at,
      member.planChangeId,
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
       subscription_id as "subscriptionId", from_plan_version_id as "fromPlanVersionId", state,
       plan_change_id as "planChangeId"
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

/** Marks those who were to move and never will: Stripe refused the change later, or the subscription has ended. */
export async function noteNotMoved(db: Database, { planMigrationId }: PlanMigration): Promise<number> {
  return execute(
    db,
    `with refused as (
       select c.lane, c.customer_id, c.plan_change_id, coalesce(c.waits_for, 'Stripe refused the change') as outcome
       from plan_changes c where c.lane between 0 and 63 and c.state = 'refused'),
     gone as (
       select s.lane, s.customer_id, s.subscription_id from subscriptions s
       where s.lane between 0 and 63 and s.status in ('canceled', 'incomplete_expired'))
     update plan_migration_members m set state = 'refused', outcome = coalesce(
       (select r.outcome from refused r where r.lane = m.lane and r.customer_id = m.customer_id
         and r.plan_change_id = m.plan_change_id), 'the subscription has ended')
     where m.lane between 0 and 63 and m.plan_migration_id = $1 and m.state = 'scheduled' and (
       exists (select from refused r where r.lane = m.lane and r.customer_id = m.customer_id
         and r.plan_change_id = m.plan_change_id)
       or exists (select from gone g where g.lane = m.lane and g.customer_id = m.customer_id
         and g.subscription_id = m.subscription_id))`,
    [planMigrationId],
  );
}

export interface ListedMember extends MigrationMember {
  readonly externalId: string | null;
  readonly customerName: string | null;
  readonly outcome: string | null;
  readonly decidedAt: Date;
  readonly movedAt: Date | null;
}

/** Customers of a rollout, in the order in which their turn came; of one state where one is named. */
export async function listMembers(
  on: Database | Transaction,
  planMigrationId: string,
  {
    state,
    limit,
    after = null,
  }: { readonly state: MemberState | null; readonly limit: number; readonly after?: string | null },
): Promise<readonly ListedMember[]> {
  return query<ListedMember>(
    on,
    `select m.lane, m.customer_id as "customerId", m.plan_migration_id as "planMigrationId", m.cohort,
       m.subscription_id as "subscriptionId", m.from_plan_version_id as "fromPlanVersionId", m.state,
       m.plan_change_id as "planChangeId", m.outcome, m.decided_at as "decidedAt", m.moved_at as "movedAt",
       c.external_id as "externalId", c.name as "customerName"
     from plan_migration_members m join customers c on c.lane = m.lane and c.customer_id = m.customer_id
     where m.lane between 0 and 63 and m.plan_migration_id = $1 and ($2::text is null or m.state = $2)
       and ($4::uuid is null or (m.decided_at, m.customer_id) > (select a.decided_at, a.customer_id
         from plan_migration_members a where a.lane between 0 and 63 and a.plan_migration_id = $1 and a.customer_id = $4))
     order by m.decided_at, m.customer_id limit $3`,
    [planMigrationId, state, limit, after],
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
