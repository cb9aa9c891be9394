import { holdsQuery, listedHold } from '../contract/hold-list.ts';
import { listHolds } from '../operations/list-holds.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const holdListRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/holds',
    scopes: ['read', 'support'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(holdsQuery, query);
      if ('rejected' in asked) return asked;
      const { older_than: olderThanMs = 0, limit, starting_after: after = null } = asked.value;
      const listed = await listHolds(deps, { olderThanSeconds: olderThanMs / 1000, after, limit });
      return ok({ object: 'list', url: '/v1/holds', has_more: listed.hasMore, data: listed.holds.map(listedHold) });
    },
  },
];
