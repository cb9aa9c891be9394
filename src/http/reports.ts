import { marginCsv, marginQuery, shownMargin } from '../contract/margin.ts';
import { readMargin } from '../operations/margin/read-margin.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Reply, type Route } from './route.ts';

export const reportRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/reports/margin',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, request): Promise<Reply> => {
      const asked = parse(marginQuery, request.query);
      if ('rejected' in asked) return asked;
      const { by, from = null, to = null, currency = null, format } = asked.value;
      const report = await readMargin(deps, actingOf(request), { by, from, to, currency });
      if ('rejected' in report) return report;
      if (format === 'json') return ok(shownMargin(report));
      const name = `margin-by-${by}-${report.from}-${report.to}.csv`;
      return {
        status: 200,
        body: {},
        file: { type: 'text/csv; charset=utf-8; header=present', name, content: marginCsv(report) },
      };
    },
  },
];
