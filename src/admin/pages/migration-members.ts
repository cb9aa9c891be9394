// What became of each customer of a rollout.
import { MEMBER_STATES, type MemberState } from '../../domain/plan-migration.ts';
import type { Refused } from '../../domain/rejection.ts';
import type { listMigrationMembers, MigrationStatus } from '../../operations/migration/run-migration.ts';
import { customerName } from '../../reports/side-by-side.ts';
import { instant } from '../figures.ts';
import { customerPath } from '../ids.ts';
import { a, type Children, code, li, type Markup, nav, p, ul } from '../markup.ts';
import { type Column, empty, rows, tag } from '../parts.ts';

/** At most so many are shown. */
export const MEMBERS_SHOWN = 50;

export function migrationPath(name: string): string {
  return `/migrations/${encodeURIComponent(name)}`;
}

/** Customers of a rollout who are in one of these states. */
export function countMembers({ cohorts }: MigrationStatus, ...states: readonly MemberState[]): number {
  return cohorts
    .flatMap(({ members }) => members)
    .reduce((sum, { state, customers }) => sum + (states.includes(state) ? customers : 0), 0);
}

const MEMBER_WORDS: Readonly<Record<MemberState, readonly [words: string, kind: 'plain' | 'good' | 'warn' | 'bad']>> = {
  scheduling: ['is being planned', 'warn'],
  scheduled: ['waits for his renewal', 'warn'],
  moved: ['moved', 'good'],
  held_out: ['held out', 'plain'],
  pinned: ['pinned', 'plain'],
  refused: ['refused', 'bad'],
};

/** Links to the customers of one state. */
export function memberFilters(base: string, name: string, state: MemberState | null, status: MigrationStatus): Markup {
  const link = (to: MemberState | null, words: string): Markup => {
    const href = `${base}${migrationPath(name)}${to === null ? '' : `?state=${to}`}`;
    return li(null, a({ href, ...(to === state && { 'aria-current': 'page' as const }) }, words));
  };
  const each = MEMBER_STATES.map((to) => link(to, `${MEMBER_WORDS[to][0]} (${countMembers(status, to)})`));
  return nav({ class: 'filters', 'aria-label': 'Customers by state' }, ul(null, link(null, 'all'), ...each));
}

type Member = Exclude<Awaited<ReturnType<typeof listMigrationMembers>>, Refused>[number];

export function memberTable(base: string, members: readonly Member[]): Children {
  if (members.length === 0) return empty('Nobody: no cohort is open yet, or nobody of it is in this state.');
  const columns: readonly Column<Member>[] = [
    {
      name: 'Customer',
      show: ({ customerName: name, ...member }) =>
        a({ href: base + customerPath(member.customerId) }, customerName({ ...member, name })),
    },
    { name: 'Cohort', show: ({ cohort }) => cohort },
    { name: 'State', show: ({ state }) => tag(...MEMBER_WORDS[state]) },
    { name: 'Subscription', show: ({ subscriptionId }) => code(null, subscriptionId) },
    { name: 'Decided', show: ({ decidedAt }) => instant(decidedAt) },
    { name: 'Moved', show: ({ movedAt }) => (movedAt === null ? '–' : instant(movedAt)) },
    { name: 'Why not', show: ({ outcome }) => outcome ?? '–' },
  ];
  return [
    rows('Customers of the rollout', columns, members),
    members.length === MEMBERS_SHOWN ? p({ class: 'hint' }, `The first ${MEMBERS_SHOWN} are shown.`) : null,
  ];
}
