import { healthPackBody, healthPacksQuery, shownPack } from '../contract/health-packs.ts';
import { month as monthSchema } from '../contract/journal-exports.ts';
import {
  issueHealthPack,
  listHealthPacks,
  readHealthPack,
  readHealthPackFile,
} from '../operations/health-pack/issue-pack.ts';
import { healthPackFiles } from '../reports/health-pack/files.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const healthPackRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/health_packs',
    scopes: ['finance'],
    /** Issues the month's pack; a month that has one answers it again, so a retry needs no key. */
    reply: async ({ deps }, { body, caller }) => {
      const asked = parse(healthPackBody, body);
      if ('rejected' in asked) return asked;
      const { month, plan } = asked.value;
      const candidate = plan === undefined ? null : ({ kind: 'plan', ...plan } as const);
      const by = `key:${caller.name}`;
      const pack = await issueHealthPack(deps, { month, candidate, by, render: healthPackFiles });
      return 'rejected' in pack ? pack : { status: 201, body: shownPack(pack) };
    },
  },
  {
    method: 'get',
    path: '/v1/health_packs',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(healthPacksQuery, query);
      if ('rejected' in asked) return asked;
      const { limit, starting_after: after = null } = asked.value;
      const packs = await listHealthPacks(deps, { limit: limit + 1, after });
      const data = packs.slice(0, limit).map(shownPack);
      return ok({ object: 'list', url: '/v1/health_packs', has_more: packs.length > limit, data });
    },
  },
  {
    method: 'get',
    path: '/v1/health_packs/:month',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, { params }) => {
      const month = parse(monthSchema, params['month']);
      if ('rejected' in month) return { rejected: { ...month.rejected, param: 'month' } };
      const pack = await readHealthPack(deps, month.value);
      return 'rejected' in pack ? pack : ok(shownPack(pack));
    },
  },
  {
    method: 'get',
    path: '/v1/health_packs/:month/files/:name',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, { params }) => {
      const month = parse(monthSchema, params['month']);
      if ('rejected' in month) return { rejected: { ...month.rejected, param: 'month' } };
      const file = await readHealthPackFile(deps, month.value, params['name'] ?? '');
      if ('rejected' in file) return file;
      const { name, mediaType: type, content } = file;
      return { status: 200, body: {}, file: { type, name, content } };
    },
  },
];
