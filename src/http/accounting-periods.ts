import {
  periodConfirmation,
  periodReopening,
  periodSignature,
  periodsQuery,
  shownClose,
  shownFigures,
  shownPeriod,
} from '../contract/accounting-periods.ts';
import { month } from '../contract/journal-exports.ts';
import type { Refused } from '../domain/rejection.ts';
import { prepareClose } from '../operations/close/prepare-close.ts';
import { type Close, listCloses, readClose } from '../operations/close/read-close.ts';
import {
  confirmClose,
  reopenClose,
  requestClose,
  signClose,
  withdrawClose,
} from '../operations/close/request-close.ts';
import { readMonthFigures } from '../operations/close/roll-forward.ts';
import { actingOf } from './acting.ts';
import type { HttpContext } from './context.ts';
import { parse } from './parse.ts';
import { type ApiRequest, ok, type Reply, type Route } from './route.ts';

const READERS = ['read', 'support', 'finance'] as const;

export const accountingPeriodRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/accounting_periods',
    scopes: READERS,
    reply: async ({ deps }, request) => {
      const asked = parse(periodsQuery, request.query);
      if ('rejected' in asked) return asked;
      const found = await listCloses(deps, actingOf(request), asked.value.limit + 1, asked.value.starting_after);
      if ('rejected' in found) return found;
      const { limit } = asked.value;
      return ok({
        object: 'list',
        url: '/v1/accounting_periods',
        has_more: found.length > limit,
        data: found.slice(0, limit).map(shownPeriod),
      });
    },
  },
  {
    method: 'get',
    path: '/v1/accounting_periods/:month',
    scopes: READERS,
    reply: onMonth(async ({ deps }, request, of) => readClose(deps, actingOf(request), of)),
  },
  {
    method: 'get',
    path: '/v1/accounting_periods/:month/figures',
    scopes: READERS,
    reply: async ({ deps }, request) => {
      const of = monthOf(request);
      if (typeof of !== 'string') return of;
      const figures = await readMonthFigures(deps, actingOf(request), of);
      return 'rejected' in figures ? figures : ok(shownFigures(of, figures));
    },
  },
  {
    method: 'post',
    path: '/v1/accounting_periods/:month/prepare',
    scopes: ['finance'],
    reply: onMonth(async ({ deps }, request, of) => {
      const prepared = await prepareClose(deps, actingOf(request), { month: of });
      return 'rejected' in prepared ? prepared : prepared.close;
    }),
  },
  {
    method: 'post',
    path: '/v1/accounting_periods/:month/confirm',
    scopes: ['finance'],
    reply: onMonth(async ({ deps }, request, of) => {
      const asked = parse(periodConfirmation, request.body);
      return 'rejected' in asked ? asked : confirmClose(deps, actingOf(request), { month: of, ...asked.value });
    }),
  },
  {
    method: 'post',
    path: '/v1/accounting_periods/:month/request',
    scopes: ['finance'],
    reply: onMonth(async ({ deps }, request, of) => requestClose(deps, actingOf(request), of)),
  },
  {
    method: 'post',
    path: '/v1/accounting_periods/:month/withdraw',
    scopes: ['finance'],
    reply: onMonth(async ({ deps }, request, of) => withdrawClose(deps, actingOf(request), of)),
  },
  {
    method: 'post',
    path: '/v1/accounting_periods/:month/sign',
    scopes: ['finance'],
    reply: onMonth(async ({ deps }, request, of) => {
      const asked = parse(periodSignature, request.body ?? {});
      if ('rejected' in asked) return asked;
      const { hash } = asked.value;
      return signClose(deps, actingOf(request), { month: of, ...(hash !== undefined && { hash }) });
    }),
  },
  {
    method: 'post',
    path: '/v1/accounting_periods/:month/reopen',
    scopes: ['finance'],
    reply: onMonth(async ({ deps }, request, of) => {
      const asked = parse(periodReopening, request.body);
      return 'rejected' in asked ? asked : reopenClose(deps, actingOf(request), { month: of, ...asked.value });
    }),
  },
];

function onMonth(
  work: (context: HttpContext, request: ApiRequest, of: string) => Promise<Close | Refused | Reply>,
): Route['reply'] {
  return async (context, request) => {
    const of = monthOf(request);
    if (typeof of !== 'string') return of;
    const done = await work(context, request, of);
    return 'checklist' in done ? ok(shownClose(done)) : done;
  };
}

function monthOf({ params }: ApiRequest): string | Extract<Reply, { rejected: unknown }> {
  const of = parse(month, params['month']);
  return 'rejected' in of ? { rejected: { ...of.rejected, param: 'month' } } : of.value;
}
