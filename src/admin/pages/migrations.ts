import { may } from '../../domain/operator.ts';
// Rollouts to another plan: which there are, how far each is, and the steps that take a second person.
import type { MemberState } from '../../domain/plan-migration.ts';
import { MEMBER_STATES } from '../../domain/plan-migration.ts';
import { refuse, type Refused, type Rejection } from '../../domain/rejection.ts';
import { readFrame } from '../../operations/console/read-frame.ts';
import { type Names, readNames } from '../../operations/finance/read-runs.ts';
import {
  listMigrationMembers,
  type MigrationStatus,
  pauseMigration,
  readMigrations,
  resumeMigration,
  startMigration,
} from '../../operations/migration/run-migration.ts';
import type { ConsoleContext } from '../console-context.ts';
import { countText, instant } from '../figures.ts';
import { mistakes, textField } from '../forms.ts';
import { a, type Children, div, type Markup, p, progress, small } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, empty, heading, panel, postForm, problem, rows, submit, tag } from '../parts.ts';
import { sentence } from '../words.ts';
import { countMembers, memberFilters, MEMBERS_SHOWN, memberTable, migrationPath } from './migration-members.ts';

export const migrationPages: readonly PageRoute[] = [
  { method: 'get', path: '/migrations', permission: 'case.read', answer: list },
  {
    method: 'get',
    path: '/migrations/:name',
    permission: 'case.read',
    answer: async (context, request) => show(context, request, null),
  },
  {
    method: 'post',
    path: '/migrations/:name/start',
    permission: 'model.approve',
    stepUp: here,
    answer: step(async ({ deps }, { acting }, name) => startMigration(deps, acting, name)),
  },
  {
    method: 'post',
    path: '/migrations/:name/resume',
    permission: 'model.approve',
    stepUp: here,
    answer: step(async ({ deps }, { acting }, name) => resumeMigration(deps, acting, name)),
  },
  {
    method: 'post',
    path: '/migrations/:name/pause',
    permission: 'model.change',
    answer: step(async ({ deps }, { acting, form }, name) => {
      const reason = form.get('reason')?.trim() ?? '';
      if (reason === '') return refuse('invalid_request', 'say why it stops', { param: 'reason' });
      return pauseMigration(deps, acting, { name, reason });
    }),
  },
];

function here({ params }: Pick<PageRequest, 'params'>): string {
  return migrationPath(params['name'] ?? '');
}

async function list({ deps }: ConsoleContext, { base, session }: PageRequest): Promise<PageAnswer> {
  const found = await readMigrations(deps, null);
  if ('rejected' in found) return found;
  const names = await readNames(deps);
  const mayPlan = may(session.operator.roles, 'model.change');
  return {
    title: 'Moves between plans',
    at: '/plans',
    body: [
      crumbs(base, ['Plans', '/plans']),
      heading(
        'Moves between plans',
        mayPlan ? a({ class: 'button primary', href: `${base}/migrations/forecasts/new` }, 'Plan a rollout') : null,
      ),
      p(
        { class: 'lead' },
        'Customers are moved cohort by cohort, new ones first, each with his renewal. A running period is never touched, and who is pinned keeps what he has.',
      ),
      found.length === 0
        ? empty(
            'No rollout was planned yet.',
            p(null, mayPlan ? 'Plan one to see whom it would move, and who would pay more.' : WHO_PLANS),
          )
        : panel('Rollouts', rows('Rollouts, the newest first', listColumns(base, names), found)),
    ],
  };
}

const WHO_PLANS = 'Somebody with the role finance or owner plans one.';

function listColumns(base: string, names: Names): readonly Column<MigrationStatus>[] {
  return [
    {
      name: 'Rollout',
      show: ({ migration: { name } }) => a({ href: base + migrationPath(name) }, name),
    },
    {
      name: 'From and to',
      show: ({ migration: { fromPlan, toPlan, toVersion } }) => `${fromPlan} → ${toPlan}, version ${toVersion}`,
    },
    { name: 'State', show: stateTag },
    { name: 'Moved', numeric: true, show: (status) => `${countMembers(status, 'moved')} of ${taken(status)}` },
    { name: 'Held out', numeric: true, show: (status) => String(countMembers(status, 'held_out')) },
    {
      name: 'Planned',
      show: ({ migration: { plannedAt, plannedBy } }) =>
        div(null, instant(plannedAt), small(null, `by ${names.get(plannedBy) ?? plannedBy}`)),
    },
  ];
}

const STATES = { planned: 'warn', running: 'good', paused: 'bad', done: 'plain' } as const;

function stateTag({ migration: { state } }: MigrationStatus): Markup {
  return tag(state === 'planned' ? 'waits for a second person' : state, STATES[state]);
}

/** Those whose turn has come and who move: not who stays. */
function taken(status: MigrationStatus): number {
  return countMembers(status, 'scheduling', 'scheduled', 'moved');
}

async function show({ deps }: ConsoleContext, request: PageRequest, rejected: Rejection | null): Promise<PageAnswer> {
  const name = request.params['name'] ?? '';
  const found = await readMigrations(deps, name);
  if ('rejected' in found) return found;
  const [status] = found;
  if (status === undefined) throw new Error('a rollout that was found is gone');
  const state = MEMBER_STATES.find((each) => each === request.query.get('state')) ?? null;
  const members = await listMigrationMembers(deps, name, { state, limit: MEMBERS_SHOWN });
  if ('rejected' in members) return members;
  const [names, { singleOperator }] = [await readNames(deps), await readFrame(deps)];
  const { migration } = status;
  const called = (subject: string | null): string => names.get(subject ?? '') ?? subject ?? 'nobody yet';
  return {
    title: `Rollout ${name}`,
    at: '/plans',
    ...(rejected !== null && { status: 409 }),
    body: [
      crumbs(request.base, ['Plans', '/plans'], ['Moves between plans', '/migrations']),
      heading(`Rollout ${name}`, stateTag(status)),
      rejected === null ? null : mistakes({ values: request.form, rejected }),
      migration.state === 'paused'
        ? problem(sentence(`Paused by ${called(migration.pausedBy)}: ${migration.pausedBecause ?? ''}`))
        : null,
      p(
        { class: 'lead' },
        sentence(
          `From ${migration.fromPlan} to ${migration.toPlan}, version ${migration.toVersion}: ${migration.reason}`,
        ),
      ),
      p(
        { class: 'hint' },
        `Planned by ${called(migration.plannedBy)}, approved by ${called(migration.approvedBy)}${
          migration.approval === 'single_operator' ? ' (one person works here alone)' : ''
        }. ${migration.toSegment === null ? 'Segments stay.' : `Moved customers become ${migration.toSegment}.`}`,
      ),
      panel('Progress', progressOf(status), rows('Cohorts in their order', COHORT_COLUMNS, status.cohorts)),
      steps(request, status, singleOperator),
      panel('Customers', memberFilters(request.base, name, state, status), memberTable(request.base, members)),
    ],
  };
}

function progressOf(status: MigrationStatus): Children {
  const [moved, all, stay] = [countMembers(status, 'moved'), taken(status), countMembers(status, 'held_out')];
  if (status.migration.startedAt === null) return p(null, 'Nobody is moved before somebody else starts it.');
  return [
    progress({ 'aria-label': 'Customers moved', max: Math.max(1, all), value: moved }),
    p(
      null,
      `${moved} of ${countText(all, 'customer')} whose turn has come moved; the others move with their renewal. `,
      stay === 0 ? 'Nobody is held out.' : `${countText(stay, 'customer')} held out: they stay, to be compared with.`,
    ),
  ];
}

type Cohort = MigrationStatus['cohorts'][number];

const of = (state: MemberState) => (cohort: Cohort) =>
  String(cohort.members.find((each) => each.state === state)?.customers ?? 0);

const COHORT_COLUMNS: readonly Column<Cohort>[] = [
  { name: 'Cohort', show: ({ name }) => name },
  { name: 'Opens', show: ({ opensAt }) => (opensAt === null ? 'not started' : instant(opensAt)) },
  { name: 'Waits for renewal', numeric: true, show: of('scheduled') },
  { name: 'Moved', numeric: true, show: of('moved') },
  { name: 'Held out', numeric: true, show: of('held_out') },
  { name: 'Pinned', numeric: true, show: of('pinned') },
  { name: 'Refused', numeric: true, show: of('refused') },
];

/** The next step for whoever looks, or why it is not his. */
function steps(request: PageRequest, { migration }: MigrationStatus, singleOperator: boolean): Markup {
  const { roles, subject } = request.session.operator;
  const { state, name, plannedBy, toPlan } = migration;
  if (state === 'running') {
    if (!may(roles, 'model.change')) return p({ class: 'hint' }, 'Somebody with the role finance or owner pauses it.');
    const typed = { values: request.form, rejected: null };
    const reason = textField({ name: 'reason', label: 'Why it stops', required: true }, typed);
    const form = postForm(
      request,
      `${migrationPath(name)}/pause`,
      div({ class: 'fields' }, reason, submit('Pause', 'danger')),
    );
    return panel(
      'Stop it',
      p({ class: 'hint' }, 'Who is planned already still moves at his renewal; nobody else is.'),
      form,
    );
  }
  if (state === 'done') return null;
  if (!may(roles, 'model.approve'))
    return p({ class: 'hint' }, 'Somebody with the role approver or owner goes on from here.');
  if (state === 'planned' && plannedBy === subject && !singleOperator) {
    return p({ class: 'hint' }, 'You planned it, so somebody else with the role approver or owner has to start it.');
  }
  const [path, words] = state === 'planned' ? ['start', `Start moving customers to ${toPlan}`] : ['resume', 'Go on'];
  return postForm(request, `${migrationPath(name)}/${path}`, p({ class: 'pager' }, submit(words)));
}

type Step = (context: ConsoleContext, request: PageRequest, name: string) => Promise<MigrationStatus | Refused>;

function step(take: Step): PageRoute['answer'] {
  return async (context, request) => {
    const name = request.params['name'] ?? '';
    const done = await take(context, request, name);
    if ('rejected' in done) return show(context, request, done.rejected);
    return { to: migrationPath(name) };
  };
}
