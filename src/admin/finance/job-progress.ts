// How far a job is: a bar that htmx looks at again by itself; without a script a link does.
import { toWireId } from '../../contract/ids.ts';
import type { FinanceJob } from '../../operations/finance/finance-jobs.ts';
import { countText, instant, spanText } from '../figures.ts';
import { a, div, type Markup, noscript, p, progress, span } from '../markup.ts';
import { tag } from '../parts.ts';
import { sentence, sentenceCase } from '../words.ts';

export function jobPath(financeJobId: string): string {
  return `/finance/jobs/${toWireId('job', financeJobId)}`;
}

export function runPath(reconciliationId: string): string {
  return `/finance/reconciliation/${toWireId('recon', reconciliationId)}`;
}

export function jobProgress(base: string, job: FinanceJob): Markup {
  const path = base + jobPath(job.financeJobId);
  const isOver = job.finishedAt !== null;
  return div(
    {
      id: 'job',
      class: 'job',
      ...(!isOver && {
        'hx-get': path,
        'hx-trigger': 'every 1s',
        'hx-select': '#job',
        'hx-target': '#job',
        'hx-swap': 'outerHTML',
      }),
    },
    p({ role: 'status' }, stateTag(job), ' ', stepText(job)),
    isOver
      ? null
      : progress({
          'aria-label': job.kind === 'migration_forecast' ? 'Bills simulated' : 'Customers compared',
          max: job.customersInAll ?? 1,
          ...(job.customersInAll !== null && { value: Math.min(job.customers, job.customersInAll) }),
        }),
    p(
      { class: 'hint' },
      job.kind === 'migration_forecast'
        ? `${countOf(job)}. `
        : `${countOf(job)}, ${countText(job.reads, 'read')} of Stripe. `,
      timeLeft(job),
      job.finishedAt === null ? null : span(null, 'Finished ', instant(job.finishedAt), '.'),
    ),
    isOver ? outcome(base, job) : noscript(null, p(null, a({ href: path }, 'Look again'))),
  );
}

function stateTag({ finishedAt, failure, begunAt }: FinanceJob): Markup {
  if (finishedAt !== null) return failure === null ? tag('done', 'good') : tag('not done', 'bad');
  if (failure !== null) return tag('stopped, is tried again', 'warn');
  return begunAt === null ? tag('waits', 'plain') : tag('runs', 'warn');
}

function stepText({ finishedAt, failure, step }: FinanceJob): string {
  if (finishedAt !== null) return '';
  if (failure !== null) return sentence(failure);
  return step === null ? 'It begins within seconds.' : sentenceCase(step);
}

function countOf({ customers, customersInAll }: FinanceJob): string {
  return customersInAll === null
    ? countText(customers, 'customer')
    : `${customers} of ${countText(customersInAll, 'customer')}`;
}

/** By the pace so far. */
function timeLeft({ finishedAt, customers, customersInAll, elapsedMs }: FinanceJob): string {
  if (finishedAt !== null || customersInAll === null || customers === 0 || elapsedMs === null) return '';
  const leftMs = (elapsedMs / customers) * Math.max(0, customersInAll - customers);
  return `About ${spanText(leftMs)} left. `;
}

function outcome(base: string, { kind, financeJobId, month, failure, reconciliationId }: FinanceJob): Markup {
  if (failure === null && kind === 'migration_forecast') {
    const href = `${base}/migrations/forecasts/${toWireId('job', financeJobId)}`;
    return p({ class: 'pager' }, a({ class: 'button primary', href }, 'See the forecast'));
  }
  if (failure !== null) return p({ class: 'notice notice-bad', role: 'alert' }, sentence(failure));
  return p(
    { class: 'pager' },
    month === null
      ? null
      : a({ class: 'button primary', href: `${base}/finance/close?month=${month}` }, 'To the checklist'),
    reconciliationId === null
      ? null
      : a({ class: 'button', href: base + runPath(reconciliationId) }, 'What the run found'),
  );
}
