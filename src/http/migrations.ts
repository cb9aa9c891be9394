import { customerName } from '../contract/ids.ts';
import {
  legacyTermsBody,
  membersQuery,
  migrationBody,
  migrationReason,
  segmentBody,
  shownForecast,
  shownMember,
  shownMigration,
  toRollout,
} from '../contract/migrations.ts';
import type { Refused } from '../domain/rejection.ts';
import { pinLegacyTerms, setSegment } from '../operations/migration/customer-terms.ts';
import { forecastBills } from '../operations/migration/forecast-bills.ts';
import { planMigration } from '../operations/migration/plan-migration.ts';
import {
  listMigrationMembers,
  type MigrationStatus,
  pauseMigration,
  readMigrations,
  resumeMigration,
  startMigration,
} from '../operations/migration/run-migration.ts';
import { actingOf } from './acting.ts';
import type { HttpContext } from './context.ts';
import { parse } from './parse.ts';
import { type ApiRequest, ok, type Reply, type Route } from './route.ts';

const READERS = ['read', 'finance'] as const;
const APPROVERS = ['support', 'finance'] as const;

export const migrationRoutes: readonly Route[] = [
  { method: 'post', path: '/v1/migrations', scopes: ['finance'], reply: plan },
  {
    method: 'get',
    path: '/v1/migrations',
    scopes: READERS,
    reply: async ({ deps }) => {
      const found = await readMigrations(deps, null);
      if ('rejected' in found) return found;
      return ok({ object: 'list', url: '/v1/migrations', has_more: false, data: found.map(shownMigration) });
    },
  },
  {
    method: 'get',
    path: '/v1/migrations/:name',
    scopes: READERS,
    reply: async ({ deps }, { params }) => {
      const found = await readMigrations(deps, params['name'] ?? '');
      return 'rejected' in found ? found : ok(shownMigration(one(found)));
    },
  },
  {
    method: 'get',
    path: '/v1/migrations/:name/members',
    scopes: READERS,
    reply: async ({ deps }, { params, query }) => {
      const asked = parse(membersQuery, query);
      if ('rejected' in asked) return asked;
      const { state = null, limit, starting_after: after = null } = asked.value;
      const name = params['name'] ?? '';
      const found = await listMigrationMembers(deps, name, { state, limit: limit + 1, after });
      if ('rejected' in found) return found;
      const [data, url] = [found.slice(0, limit).map(shownMember), `/v1/migrations/${name}/members`];
      return ok({ object: 'list', url, has_more: found.length > limit, data });
    },
  },
  { method: 'post', path: '/v1/migrations/:name/start', scopes: APPROVERS, reply: step(startMigration) },
  { method: 'post', path: '/v1/migrations/:name/resume', scopes: APPROVERS, reply: step(resumeMigration) },
  {
    method: 'post',
    path: '/v1/migrations/:name/pause',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(migrationReason, request.body);
      if ('rejected' in asked) return asked;
      const name = request.params['name'] ?? '';
      const paused = await pauseMigration(deps, actingOf(request), { name, reason: asked.value.reason });
      return 'rejected' in paused ? paused : ok(shownMigration(paused));
    },
  },
  {
    method: 'put',
    path: '/v1/customers/:id/segment',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const [named, asked] = [parse(customerName, request.params['id']), parse(segmentBody, request.body)];
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      if ('rejected' in asked) return asked;
      const set = await setSegment(deps, actingOf(request), { customer: named.value, ...asked.value });
      return 'rejected' in set ? set : ok({ object: 'segment', customer: request.params['id'], ...set });
    },
  },
  {
    method: 'put',
    path: '/v1/customers/:id/legacy_terms',
    scopes: ['finance'],
    reply: async (context, request) => {
      const asked = parse(legacyTermsBody, request.body);
      return 'rejected' in asked ? asked : terms(context, request, { ...asked.value, release: false });
    },
  },
  {
    method: 'post',
    path: '/v1/customers/:id/legacy_terms/release',
    scopes: ['finance'],
    reply: async (context, request) => {
      const asked = parse(migrationReason, request.body);
      return 'rejected' in asked ? asked : terms(context, request, { ...asked.value, until: null, release: true });
    },
  },
];

async function plan({ deps }: HttpContext, request: ApiRequest): Promise<Reply> {
  const asked = parse(migrationBody, request.body);
  if ('rejected' in asked) return asked;
  const { dry_run: dryRun, compare_months: months } = asked.value;
  const rollout = toRollout(asked.value);
  const planned = await planMigration(deps, actingOf(request), { ...rollout, dryRun });
  if ('rejected' in planned) return planned;
  if (dryRun) {
    const bills = months === 0 ? null : await forecastBills(deps, { rollout, months });
    return bills !== null && 'rejected' in bills ? bills : ok(shownForecast(planned, bills));
  }
  const kept = await readMigrations(deps, rollout.name);
  return 'rejected' in kept ? kept : { status: 201, body: shownMigration(one(kept)) };
}

function step(
  take: (deps: HttpContext['deps'], by: ReturnType<typeof actingOf>, of: string) => Promise<MigrationStatus | Refused>,
): Route['reply'] {
  return async ({ deps }, request) => {
    const taken = await take(deps, actingOf(request), request.params['name'] ?? '');
    return 'rejected' in taken ? taken : ok(shownMigration(taken));
  };
}

async function terms(
  { deps }: HttpContext,
  request: ApiRequest,
  asked: { readonly until: string | null; readonly reason: string; readonly release: boolean },
): Promise<Reply> {
  const named = parse(customerName, request.params['id']);
  if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
  const done = await pinLegacyTerms(deps, actingOf(request), { customer: named.value, ...asked });
  return 'rejected' in done ? done : ok({ object: 'legacy_terms', customer: request.params['id'], ...done });
}

function one(found: readonly MigrationStatus[]): MigrationStatus {
  const [status] = found;
  if (status === undefined) throw new Error('a rollout that was found is gone');
  return status;
}
