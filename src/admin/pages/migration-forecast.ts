import { fromWireId, toWireId } from '../../contract/ids.ts';
// A rollout before it is kept: whom it would move, and what it does to bills, worked out as a job.
import { forecastCsv } from '../../contract/migration-forecast-csv.ts';
import type { CohortForecast, ForecastBill } from '../../domain/migration-forecast.ts';
import { refuse, type Refused, type Rejection } from '../../domain/rejection.ts';
import { type FinanceJob, readFinanceJob, requestFinanceJob } from '../../operations/finance/finance-jobs.ts';
import type { BillsForecast } from '../../operations/migration/forecast-bills.ts';
import { forecastOf, rolloutOf } from '../../operations/migration/forecast-job.ts';
import { planMigration } from '../../operations/migration/plan-migration.ts';
import { listPolicies } from '../../operations/read-policy.ts';
import { day as dayOf, money as moneyOf } from '../../reports/numbers.ts';
import { comparisonSentence, customerName } from '../../reports/side-by-side.ts';
import type { ConsoleContext } from '../console-context.ts';
import { day, money } from '../figures.ts';
import { jobProgress } from '../finance/job-progress.ts';
import { mistakes, type Option } from '../forms.ts';
import { customerPath } from '../ids.ts';
import { a, type Children, details, li, p, summary, ul } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, empty, heading, panel, postForm, rows, submit } from '../parts.ts';
import { migrationFields, rolloutFrom } from './migration-form.ts';

export const migrationForecastPages: readonly PageRoute[] = [
  {
    method: 'get',
    path: '/migrations/forecasts/new',
    permission: 'model.change',
    answer: async (context, request) => ask(context, request, null),
  },
  { method: 'post', path: '/migrations/forecasts', permission: 'model.change', answer: forecast },
  {
    method: 'get',
    path: '/migrations/forecasts/:id',
    permission: 'close.read',
    answer: async (context, request) => show(context, request, null),
  },
  { method: 'get', path: '/migrations/forecasts/:id/bills.csv', permission: 'close.read', answer: file },
  { method: 'post', path: '/migrations/forecasts/:id/keep', permission: 'model.change', answer: keep },
];

const TRAIL = [
  ['Plans', '/plans'],
  ['Moves between plans', '/migrations'],
] as const;

function forecastPath(job: FinanceJob): string {
  return `/migrations/forecasts/${toWireId('job', job.financeJobId)}`;
}

async function ask({ deps }: ConsoleContext, request: PageRequest, rejected: Rejection | null): Promise<PageAnswer> {
  const sold = (await listPolicies(deps)).filter(({ offered }) => offered);
  const plans = sold.map(({ plan, name }): Option => [plan, name]);
  const typed = { values: rejected === null ? request.query : request.form, rejected };
  return {
    title: 'Plan a rollout',
    at: '/plans',
    ...(rejected !== null && { status: 422 }),
    body: [
      crumbs(request.base, ...TRAIL),
      heading('Plan a rollout'),
      p(
        { class: 'lead' },
        'First its forecast: whom it would move, and who would pay more. Nothing is kept before that.',
      ),
      mistakes(typed),
      plans.length < 2
        ? empty('There is one plan only, and nothing to move to. Push another one: creditpool plan push.')
        : postForm(request, '/migrations/forecasts', migrationFields(typed, plans)),
    ],
  };
}

async function forecast(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const rollout = rolloutFrom(request.form);
  if ('rejected' in rollout) return ask(context, request, rollout.rejected);
  // What is refused at once is said at once: the job is for the bills.
  const planned = await planMigration(context.deps, request.acting, { ...rollout, dryRun: true });
  if ('rejected' in planned) return ask(context, request, planned.rejected);
  const asked = { kind: 'migration_forecast', everybody: false, rollout } as const;
  const job = await requestFinanceJob(context.deps, request.acting, asked);
  if ('rejected' in job) return job;
  context.wake('finance jobs');
  return { to: forecastPath(job) };
}

async function jobOf({ deps }: ConsoleContext, { params, acting }: PageRequest): Promise<FinanceJob | Refused> {
  const id = fromWireId('job', params['id'] ?? '');
  const job = id === null ? null : await readFinanceJob(deps, acting, id);
  if (job !== null && 'rejected' in job) return job;
  return job?.kind === 'migration_forecast' ? job : refuse('unknown_job', 'there is no forecast of this id');
}

async function show(context: ConsoleContext, request: PageRequest, rejected: Rejection | null): Promise<PageAnswer> {
  const job = await jobOf(context, request);
  if ('rejected' in job) return job;
  const [found, rollout] = [forecastOf(job), rolloutOf(job)];
  if (rollout === null) throw new Error(`the forecast ${job.financeJobId} says nothing of a rollout`);
  const { base, form } = request;
  return {
    title: `Forecast of ${rollout.name}`,
    at: '/plans',
    ...(rejected !== null && { status: 409 }),
    body: [
      crumbs(base, ...TRAIL),
      heading(`Forecast of ${rollout.name}`),
      rejected === null ? null : mistakes({ values: form, rejected }),
      p({ class: 'lead' }, `From ${rollout.fromPlan} to ${rollout.toPlan}, ${rollout.holdoutPercent} % held out.`),
      ...(found === null
        ? [panel('Progress', jobProgress(base, job))]
        : [
            panel('Whom it moves', rows('Cohorts in their order', COHORT_COLUMNS, found.cohorts)),
            panel('What it does to bills', ...billsOf(base, job, found)),
            postForm(
              request,
              `${forecastPath(job)}/keep`,
              p({ class: 'hint' }, 'Kept, it waits for a second person; until then nobody is moved.'),
              p({ class: 'pager' }, submit(`Keep ${rollout.name} for a second person to start`)),
            ),
          ]),
    ],
  };
}

const COHORT_COLUMNS: readonly Column<CohortForecast>[] = [
  { name: 'Cohort', show: ({ cohort }) => cohort },
  { name: 'Opens after', numeric: true, show: ({ opensAfterDays }) => `${opensAfterDays} days` },
  { name: 'Move', numeric: true, show: ({ moves }) => String(moves) },
  { name: 'Held out', numeric: true, show: ({ heldOut }) => String(heldOut) },
  { name: 'Pinned', numeric: true, show: ({ pinned }) => String(pinned) },
  { name: 'First renewal', show: ({ firstRenewalAt }) => (firstRenewalAt === null ? '–' : day(firstRenewalAt)) },
];

const BILLS_SHOWN = 50;

function billsOf(base: string, job: FinanceJob, found: BillsForecast): readonly Children[] {
  const { sums, bills, leftOut, from, to, assumptions } = found;
  const more = bills.filter(({ beforeMinor, afterMinor }) => afterMinor > beforeMinor);
  if (bills.length === 0) {
    return [empty('Not enough data: nobody whom it would move has a whole billing period in the last three months.')];
  }
  return [
    ...sums.map((sum) => p(null, comparisonSentence(sum))),
    more.length === 0
      ? null
      : rows('Who would pay more, the most first', billColumns(base), more.slice(0, BILLS_SHOWN)),
    more.length > BILLS_SHOWN ? p({ class: 'hint' }, `The first ${BILLS_SHOWN} of ${more.length} are shown.`) : null,
    p(null, a({ class: 'button', href: `${base}${forecastPath(job)}/bills.csv` }, 'All bills as CSV')),
    details(
      null,
      summary(null, 'What this assumes'),
      ul(
        null,
        li(null, `Whole billing periods from ${dayOf(from)} to ${dayOf(to)}; ${leftOut.length} customers have none.`),
        ...assumptions.map((each) => li(null, each)),
      ),
    ),
  ];
}

function billColumns(base: string): readonly Column<ForecastBill>[] {
  return [
    {
      name: 'Customer',
      show: (bill) => a({ href: base + customerPath(bill.customerId) }, customerName(bill)),
    },
    { name: 'Now', numeric: true, show: ({ beforeMinor, currency }) => money(beforeMinor, currency) },
    { name: 'Then', numeric: true, show: ({ afterMinor, currency }) => money(afterMinor, currency) },
    {
      name: 'Difference',
      numeric: true,
      show: ({ beforeMinor, afterMinor, currency }) => `+${moneyOf(afterMinor - beforeMinor, currency)}`,
    },
  ];
}

async function file(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const job = await jobOf(context, request);
  if ('rejected' in job) return job;
  const content = forecastCsv(forecastOf(job)?.bills ?? []);
  return {
    file: { type: 'text/csv; charset=utf-8; header=present', content, name: `${rolloutOf(job)?.name ?? ''}-bills.csv` },
  };
}

async function keep(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const job = await jobOf(context, request);
  if ('rejected' in job) return job;
  const rollout = rolloutOf(job);
  if (rollout === null) throw new Error(`the forecast ${job.financeJobId} says nothing of a rollout`);
  const kept = await planMigration(context.deps, request.acting, { ...rollout, dryRun: false });
  return 'rejected' in kept ? show(context, request, kept.rejected) : { to: `/migrations/${rollout.name}` };
}
