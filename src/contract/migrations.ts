import { z } from 'zod';

// Rollouts to another plan as the API takes and shows them.
import type { CohortForecast, ForecastBill } from '../domain/migration-forecast.ts';
import {
  type Cohort,
  MEMBER_STATES,
  type MemberState,
  MIGRATION_NAME,
  type PlanMigration,
  readCohorts,
} from '../domain/plan-migration.ts';
import type { Comparison } from '../domain/simulation/bill-comparison.ts';
import { toWireId } from './ids.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';
import { text } from './text.ts';

const migrationName = z
  .string()
  .regex(MIGRATION_NAME, 'must be a name such as spring-2027: small letters, digits and hyphens, at most 60');

const COHORTS_MAX = 20;
const cohorts = z
  .array(z.string().max(100))
  .min(1)
  .max(COHORTS_MAX)
  .transform((parts, context): readonly Cohort[] => {
    const read = readCohorts(parts.join(','));
    if (typeof read !== 'string') return read;
    context.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  });

const segment = z
  .string()
  .regex(/^[\w-]{1,60}$/, 'must be a segment such as smb: letters, digits, hyphens, at most 60');

/** Plan a rollout, or with dry_run only say what it would do. */
export const migrationBody = z.strictObject({
  name: migrationName,
  from: text(100),
  to: text(100),
  to_segment: segment.optional(),
  /** In their order: ["new:2026-06-01", "segment:smb", "rest"]. */
  cohorts,
  every_days: z.int().min(0).max(366).default(30),
  holdout_percent: z.int().min(0).max(50).default(0),
  reason: text(500),
  dry_run: z.boolean().default(false),
  /** Months of past bills that a dry run puts under the new plan; 0: none. */
  compare_months: z.int().min(0).max(12).default(3),
});

export function toRollout(body: z.output<typeof migrationBody>) {
  return {
    name: body.name,
    fromPlan: body.from,
    toPlan: body.to,
    toSegment: body.to_segment ?? null,
    cohorts: body.cohorts,
    everyDays: body.every_days,
    holdoutPercent: body.holdout_percent,
    reason: body.reason,
  };
}

export const migrationReason = z.strictObject({ reason: text(500) });
export const membersQuery = z.strictObject({
  state: z.enum(MEMBER_STATES).optional(),
  limit: LIST_LIMIT,
  ...startingAfter('customer'),
});
export const segmentBody = z.strictObject({ segment });

/** Keep a customer on what he has; until a last day, or with null for good. */
export const legacyTermsBody = z.strictObject({
  until: z.iso.date('must be a day such as 2027-06-30').nullable(),
  reason: text(500),
});

interface StatusFacts {
  readonly migration: PlanMigration;
  readonly cohorts: readonly {
    readonly name: string;
    readonly opensAt: Date | null;
    readonly members: readonly { readonly state: MemberState; readonly customers: number }[];
  }[];
}

export function shownMigration({ migration, cohorts: all }: StatusFacts) {
  return {
    object: 'migration',
    name: migration.name,
    state: migration.state,
    from: migration.fromPlan,
    to: migration.toPlan,
    to_version: migration.toVersion,
    to_segment: migration.toSegment,
    changes_packaging: migration.changesPackaging,
    every_days: migration.everyDays,
    holdout_percent: migration.holdoutPercent,
    reason: migration.reason,
    planned_by: migration.plannedBy,
    planned_at: migration.plannedAt,
    approval: migration.approval,
    approved_by: migration.approvedBy,
    started_at: migration.startedAt,
    paused_by: migration.state === 'paused' ? migration.pausedBy : null,
    paused_because: migration.state === 'paused' ? migration.pausedBecause : null,
    ended_at: migration.endedAt,
    cohorts: all.map(({ name, opensAt, members }) => ({
      cohort: name,
      opens_at: opensAt,
      customers: countsOf(members),
    })),
  };
}

/** Each state with its count, also those that nobody is in. */
function countsOf(members: StatusFacts['cohorts'][number]['members']): Record<MemberState, number> {
  const count = (state: MemberState): number => members.find((one) => one.state === state)?.customers ?? 0;
  return {
    scheduling: count('scheduling'),
    scheduled: count('scheduled'),
    moved: count('moved'),
    held_out: count('held_out'),
    pinned: count('pinned'),
    refused: count('refused'),
  };
}

interface ForecastFacts {
  readonly toPlan: string;
  readonly toVersion: number;
  readonly changesPackaging: boolean;
  readonly cohorts: readonly CohortForecast[];
}

interface BillFacts {
  readonly from: Date;
  readonly to: Date;
  readonly assumptions: readonly string[];
  readonly sums: readonly Comparison[];
  readonly bills: readonly ForecastBill[];
  readonly leftOut: readonly { readonly customerId: string; readonly reason: string }[];
}

export function shownForecast({ cohorts: all, ...to }: ForecastFacts, bills: BillFacts | null) {
  return {
    object: 'migration_forecast',
    to: to.toPlan,
    to_version: to.toVersion,
    changes_packaging: to.changesPackaging,
    cohorts: all.map((one) => ({
      cohort: one.cohort,
      opens_after_days: one.opensAfterDays,
      moves: one.moves,
      held_out: one.heldOut,
      pinned: one.pinned,
      first_renewal_at: one.firstRenewalAt,
    })),
    bills: bills === null ? null : shownBills(bills),
  };
}

function shownBills({ from, to, assumptions, sums, bills, leftOut }: BillFacts) {
  return {
    from,
    to,
    assumptions,
    summary: sums.map((sum) => ({
      currency: sum.currency,
      customers: sum.customers,
      pay_more: sum.payMore,
      pay_less: sum.payLess,
      same: sum.same,
      before_minor: Number(sum.beforeMinor),
      after_minor: Number(sum.afterMinor),
    })),
    data: bills.map(({ customerId, externalId, name, currency, beforeMinor, afterMinor }) => ({
      customer: toWireId('customer', customerId),
      external_id: externalId,
      name,
      currency,
      before_minor: Number(beforeMinor),
      after_minor: Number(afterMinor),
      difference_minor: Number(afterMinor - beforeMinor),
    })),
    left_out: leftOut.map(({ customerId, reason }) => ({ customer: toWireId('customer', customerId), reason })),
  };
}

export function shownMember(member: {
  readonly customerId: string;
  readonly externalId: string | null;
  readonly customerName: string | null;
  readonly cohort: string;
  readonly subscriptionId: string;
  readonly state: MemberState;
  readonly outcome: string | null;
  readonly decidedAt: Date;
  readonly movedAt: Date | null;
}) {
  return {
    object: 'migration_member',
    customer: toWireId('customer', member.customerId),
    external_id: member.externalId,
    name: member.customerName,
    cohort: member.cohort,
    stripe: { subscription: member.subscriptionId },
    state: member.state,
    outcome: member.outcome,
    decided_at: member.decidedAt,
    moved_at: member.movedAt,
  };
}
