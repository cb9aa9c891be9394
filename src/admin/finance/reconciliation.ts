// Runs of reconciliation: the button that asks for one, how far it is, what it found, and the funnel it saw.
import { fromWireId } from '../../contract/ids.ts';
import { may } from '../../domain/operator.ts';
import { refuse } from '../../domain/rejection.ts';
import { CHECKS } from '../../domain/variance.ts';
import { readFinanceJob, requestFinanceJob } from '../../operations/finance/finance-jobs.ts';
import {
  listReconciliations,
  type Names,
  readNames,
  readReconciliation,
  type ShownRun,
} from '../../operations/finance/read-runs.ts';
import type { ConsoleContext } from '../console-context.ts';
import { instant } from '../figures.ts';
import { radios, type Typed } from '../forms.ts';
import { a, dd, div, dl, dt, type Markup, p, small } from '../markup.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { type Column, crumbs, empty, panel, postForm, rows, submit, tag } from '../parts.ts';
import { financePage, monthText } from './frame.ts';
import { funnelPanel } from './funnel.ts';
import { jobPath, jobProgress, runPath } from './job-progress.ts';

export const reconciliationPages: readonly PageRoute[] = [
  { method: 'get', path: '/finance/reconciliation', permission: 'close.read', answer: showRuns },
  { method: 'post', path: '/finance/reconciliation', permission: 'reconciliation.run', answer: askForRun },
  { method: 'get', path: '/finance/reconciliation/:id', permission: 'close.read', answer: showRun },
  { method: 'get', path: '/finance/jobs/:id', permission: 'close.read', answer: showJob },
];

const SECTION = '/finance/reconciliation';
const SHOWN = 30;

async function showRuns({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, acting } = request;
  const list = await listReconciliations(deps, acting, SHOWN);
  if ('rejected' in list) return list;
  return financePage(
    request,
    { section: SECTION, title: 'Reconciliation' },
    p(
      { class: 'lead' },
      'Every night both sides are compared, customer by customer, down to the line: usage, credits, invoices, credit notes, the catalogue, and our own books.',
    ),
    ...list.jobs.map((job) =>
      panel('Under way', jobProgress(base, job), p(null, a({ href: base + jobPath(job.financeJobId) }, 'Watch it'))),
    ),
    runForm(request),
    panel(
      'Runs',
      list.runs.length === 0
        ? empty('Nothing was compared yet. The first run is at night, or when you start one.')
        : rows('Runs of reconciliation, newest first', runColumns(base, list.names), list.runs),
      list.hasMore ? p(null, `The newest ${SHOWN} are shown.`) : null,
    ),
  );
}

function runForm(request: PageRequest): Markup {
  if (!may(request.session.operator.roles, 'reconciliation.run')) {
    return p({ class: 'hint' }, 'Somebody with the role finance or owner can start a run.');
  }
  const typed: Typed = { values: new URLSearchParams(), rejected: null };
  return panel(
    'Start a run',
    postForm(
      request,
      SECTION,
      div(
        { class: 'fields' },
        radios(
          { name: 'scope', label: 'Whom to compare' },
          [
            ['changed', 'Who has changed since the last run', 'reads little of what Stripe allots'],
            ['everybody', 'Everybody', 'what the close asks for; some six reads of Stripe for each customer'],
          ],
          typed,
        ),
        div({ class: 'pager' }, submit('Run reconciliation')),
      ),
    ),
  );
}

async function askForRun(context: ConsoleContext, { form, acting }: PageRequest): Promise<PageAnswer> {
  const everybody = form.get('scope') === 'everybody';
  const job = await requestFinanceJob(context.deps, acting, { kind: 'reconciliation', everybody });
  if ('rejected' in job) return job;
  context.wake('finance jobs');
  return { to: jobPath(job.financeJobId) };
}

function runColumns(base: string, names: Names): readonly Column<ShownRun>[] {
  const sum = ({ progress }: ShownRun, of: 'compared' | 'found' | 'unexplained' | 'repaired'): string =>
    progress === null ? '–' : String(CHECKS.reduce((total, check) => total + progress.counts[check][of], 0));
  return [
    {
      name: 'Begun',
      show: ({ reconciliationId, startedAt }) => a({ href: base + runPath(reconciliationId) }, instant(startedAt)),
    },
    { name: 'Whom', show: (run) => div(null, scopeWords(run), small(null, byWhom(run, names))) },
    { name: 'Customers', numeric: true, show: ({ progress }) => String(progress?.customers ?? 0) },
    { name: 'Compared', numeric: true, show: (run) => sum(run, 'compared') },
    { name: 'Differences', numeric: true, show: (run) => sum(run, 'found') },
    { name: 'Repaired', numeric: true, show: (run) => sum(run, 'repaired') },
    { name: 'Unexplained', numeric: true, show: (run) => sum(run, 'unexplained') },
    { name: 'Stripe reads', numeric: true, show: ({ reads }) => String(reads) },
    { name: 'State', show: (run) => stateOf(run) },
  ];
}

function scopeWords({ scope }: ShownRun): string {
  if (scope === 'full') return 'everybody';
  return scope === 'customer' ? 'one customer' : 'who had changed';
}

function byWhom({ requestedBy }: ShownRun, names: Names): string {
  return requestedBy === null
    ? 'by the night, the API or the command line'
    : `by ${names.get(requestedBy) ?? requestedBy}`;
}

function stateOf({ finishedAt, progress }: ShownRun): Markup {
  if (finishedAt === null) return tag('not finished', 'warn');
  const open = progress === null ? 0 : CHECKS.reduce((total, check) => total + progress.counts[check].unexplained, 0);
  return open === 0 ? tag('explained', 'good') : tag(`${open} unexplained`, 'bad');
}

async function showRun({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, acting, params } = request;
  const id = fromWireId('recon', params['id'] ?? '');
  if (id === null) return refuse('unknown_reconciliation', 'there is no run of this id');
  const found = await readReconciliation(deps, acting, id);
  if ('rejected' in found) return found;
  const { run, names } = found;
  return financePage(
    request,
    { section: SECTION, title: 'A run of reconciliation', beside: [stateOf(run)] },
    crumbs(base, ['Reconciliation', SECTION]),
    dl(
      { class: 'facts' },
      div(null, dt(null, 'Begun'), dd(null, instant(run.startedAt))),
      run.finishedAt === null ? null : div(null, dt(null, 'Finished'), dd(null, instant(run.finishedAt))),
      div(null, dt(null, 'Whom'), dd(null, `${scopeWords(run)}, ${byWhom(run, names)}`)),
      div(null, dt(null, 'Customers'), dd(null, String(run.progress?.customers ?? 0))),
      div(null, dt(null, 'Reads of Stripe'), dd(null, String(run.reads))),
    ),
    ...run.funnels.map((funnel) => funnelPanel(base, funnel)),
    run.funnels.length === 0
      ? p({ class: 'hint' }, 'This run kept no funnel: runs over one customer keep none.')
      : null,
    panel('What was compared', checkRows(run)),
    p(null, a({ href: `${base}/finance/variances` }, 'To the variances')),
  );
}

const CHECK_WORDS: Readonly<Record<(typeof CHECKS)[number], string>> = {
  usage: 'Usage: our sums against Stripe’s meter',
  credits: 'Credits: lots against credit grants and their movements',
  invoices: 'Invoices, lines and payments',
  credit_notes: 'Credit notes, refunds, disputes, customer balance',
  catalogue: 'Catalogue: products, prices and the meter',
  ourselves: 'Ourselves: postings, balances, lots, holds, queues',
};

function checkRows({ progress }: ShownRun): Markup {
  if (progress === null) return empty('Nothing yet: no customer is done.');
  return rows<(typeof CHECKS)[number]>(
    'Comparisons',
    [
      { name: 'Comparison', show: (check) => CHECK_WORDS[check] },
      { name: 'Compared', numeric: true, show: (check) => String(progress.counts[check].compared) },
      { name: 'Differences', numeric: true, show: (check) => String(progress.counts[check].found) },
      { name: 'Repaired', numeric: true, show: (check) => String(progress.counts[check].repaired) },
      { name: 'Unexplained', numeric: true, show: (check) => String(progress.counts[check].unexplained) },
    ],
    CHECKS,
  );
}

async function showJob({ deps }: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { base, acting, params } = request;
  const id = fromWireId('job', params['id'] ?? '');
  if (id === null) return refuse('unknown_job', 'there is no job of this id');
  const job = await readFinanceJob(deps, acting, id);
  if ('rejected' in job) return job;
  const names = await readNames(deps);
  const title = job.month === null ? 'Reconciliation' : `Preparing the close of ${monthText(job.month)}`;
  return financePage(
    request,
    { section: job.month === null ? SECTION : '/finance/close', title },
    p(
      { class: 'lead' },
      `Asked for by ${names.get(job.requestedBy) ?? job.requestedBy}. You may leave this page: it goes on, and is listed under Reconciliation.`,
    ),
    panel('Progress', jobProgress(base, job)),
  );
}
