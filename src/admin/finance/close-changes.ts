// The acts that bring a close further. Each shows the month's page again, with what was refused where something was.
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { Close } from '../../operations/close/read-close.ts';
import {
  confirmClose,
  reopenClose,
  requestClose,
  signClose,
  withdrawClose,
} from '../../operations/close/request-close.ts';
import { requestFinanceJob } from '../../operations/finance/finance-jobs.ts';
import type { ConsoleContext } from '../console-context.ts';
import type { PageAnswer, PageRequest, PageRoute } from '../page-route.ts';
import { closePath } from './close-acts.ts';
import { showClose } from './close.ts';
import { jobPath } from './job-progress.ts';

type Change = (context: ConsoleContext, request: PageRequest, month: string) => Promise<Close | Refused>;

const back: NonNullable<PageRoute['stepUp']> = ({ params }) => closePath(params['month'] ?? '');

export const closeActPages: readonly PageRoute[] = [
  { method: 'post', path: '/finance/close/:month/prepare', permission: 'close.request', answer: prepare },
  {
    method: 'post',
    path: '/finance/close/:month/confirm',
    permission: 'close.request',
    answer: changed(async ({ deps }, { acting, form: sent }, month) => {
      const note = sent.get('note')?.trim() ?? '';
      if (note === '') return refuse('invalid_request', 'say where the import can be found', { param: 'note' });
      return confirmClose(deps, acting, { month, what: 'journal_imported', note });
    }),
  },
  {
    method: 'post',
    path: '/finance/close/:month/request',
    permission: 'close.request',
    stepUp: back,
    answer: changed(async ({ deps }, { acting }, month) => requestClose(deps, acting, month)),
  },
  {
    method: 'post',
    path: '/finance/close/:month/withdraw',
    permission: 'close.request',
    answer: changed(async ({ deps }, { acting }, month) => withdrawClose(deps, acting, month)),
  },
  {
    method: 'post',
    path: '/finance/close/:month/sign',
    permission: 'close.sign',
    stepUp: back,
    answer: changed(async ({ deps }, { acting, form: sent }, month) =>
      signClose(deps, acting, { month, hash: sent.get('hash') ?? '' }),
    ),
  },
  {
    method: 'post',
    path: '/finance/close/:month/reopen',
    permission: 'close.reopen',
    stepUp: back,
    answer: changed(async ({ deps }, { acting, form: sent }, month) =>
      reopenClose(deps, acting, { month, reason: sent.get('reason')?.trim() ?? '' }),
    ),
  },
];

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** The month's page again, with what was refused where something was. */
function changed(change: Change): PageRoute['answer'] {
  return async (context, request) => {
    const { month = '' } = request.params;
    if (!MONTH.test(month)) return refuse('invalid_request', 'there is no such month');
    const done = await change(context, request, month);
    return 'rejected' in done
      ? showClose(context, request, { month, rejected: done.rejected })
      : { to: closePath(month) };
  };
}

async function prepare(context: ConsoleContext, request: PageRequest): Promise<PageAnswer> {
  const { month = '' } = request.params;
  if (!MONTH.test(month)) return refuse('invalid_request', 'there is no such month');
  const job = await requestFinanceJob(context.deps, request.acting, {
    kind: 'close_preparation',
    month,
    everybody: true,
  });
  if ('rejected' in job) return showClose(context, request, { month, rejected: job.rejected });
  context.wake('finance jobs');
  return { to: jobPath(job.financeJobId) };
}
