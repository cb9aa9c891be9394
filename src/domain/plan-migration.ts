import { canonicalJson } from './canonical-json.ts';
// A rollout to another plan: cohorts in their order, each from its day on; whom it moves, and what it may change at once.
import type { Plan } from './catalogue.ts';

/** Whom a cohort is of: who subscribed since a day, a segment, or everybody who is left. */
export type Cohort =
  | { readonly name: string; readonly subscribed_since: string }
  | { readonly name: string; readonly segment: string }
  | { readonly name: string };

export type MigrationState = 'planned' | 'running' | 'paused' | 'done';
export const MEMBER_STATES = ['scheduling', 'scheduled', 'moved', 'held_out', 'pinned', 'refused'] as const;
export type MemberState = (typeof MEMBER_STATES)[number];

/** What a rollout may be called: it stands in addresses. */
export const MIGRATION_NAME = /^[a-z0-9][a-z0-9-]{0,59}$/;

export interface PlanMigration {
  readonly planMigrationId: string;
  readonly name: string;
  readonly fromPlan: string;
  readonly toPlanVersionId: string;
  readonly toPlan: string;
  readonly toVersion: number;
  readonly toSegment: string | null;
  readonly cohorts: readonly Cohort[];
  readonly everyDays: number;
  readonly holdoutPercent: number;
  readonly changesPackaging: boolean;
  readonly state: MigrationState;
  readonly reason: string;
  readonly plannedBy: string;
  readonly plannedAt: Date;
  readonly approval: 'two_people' | 'single_operator' | null;
  readonly approvedBy: string | null;
  readonly startedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
  readonly endedAt: Date | null;
}

const DAY_MS = 86_400_000;

/** When a cohort's turn comes: the first with the start, each other one its days after the one before. */
export function opensAt(
  { startedAt, everyDays }: Pick<PlanMigration, 'startedAt' | 'everyDays'>,
  place: number,
): Date | null {
  return startedAt === null ? null : new Date(startedAt.getTime() + place * everyDays * DAY_MS);
}

/** The cohorts whose turn has come. */
export function openCohorts(migration: PlanMigration, now: Date): readonly Cohort[] {
  return migration.cohorts.filter((_, place) => {
    const at = opensAt(migration, place);
    return at !== null && at <= now;
  });
}

/** Whether two plans sell something else: anything but their key and name. */
export function packagingDiffers(from: Plan, to: Plan): boolean {
  const packaging = ({ plan: _plan, name: _name, ...rest }: Plan): string => canonicalJson(rest);
  return packaging(from) !== packaging(to);
}

/** "new:2026-06-01", "segment:smb", "rest": the order in which they are moved. */
export function readCohorts(text: string): readonly Cohort[] | string {
  const cohorts: Cohort[] = [];
  for (const part of text.split(',')) {
    const [kind = '', value = ''] = part.trim().split(':');
    if (kind === 'new' && /^\d{4}-\d{2}-\d{2}$/.test(value))
      cohorts.push({ name: `new since ${value}`, subscribed_since: value });
    else if (kind === 'segment' && /^[\w-]{1,60}$/.test(value)) cohorts.push({ name: value, segment: value });
    else if (kind === 'rest' && value === '') cohorts.push({ name: 'rest' });
    else return `${part.trim()} is no cohort; write new:2026-06-01, segment:smb or rest`;
  }
  const first = cohorts[0];
  if (first === undefined || !('subscribed_since' in first))
    return 'new customers come first: begin with new:2026-06-01';
  const names = cohorts.map(({ name }) => name);
  const rest = names.indexOf('rest');
  if (new Set(names).size !== names.length) return 'a cohort is named twice';
  return rest !== -1 && rest !== names.length - 1 ? 'rest is everybody who is left: it comes last' : cohorts;
}
