import { findingsQuery, shadowDecision, shownEntry, shownFinding } from '../contract/shadow.ts';
import { decideShadow, readRegistry } from '../operations/shadow/decide-shadow.ts';
import { findShadow, readFindings } from '../operations/shadow/find-shadow.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const shadowRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/registered_uses',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, request) => {
      const registry = await readRegistry(deps, actingOf(request));
      if ('rejected' in registry) return registry;
      return ok({ object: 'list', url: '/v1/registered_uses', has_more: false, data: registry.map(shownEntry) });
    },
  },
  {
    method: 'put',
    path: '/v1/registered_uses',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(shadowDecision, request.body);
      if ('rejected' in asked) return asked;
      const decided = await decideShadow(deps, actingOf(request), { ...asked.value, owner: asked.value.owner ?? null });
      return 'rejected' in decided ? decided : ok(shownEntry(decided));
    },
  },
  {
    method: 'get',
    path: '/v1/shadow_findings',
    scopes: ['read', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(findingsQuery, request.query);
      if ('rejected' in asked) return asked;
      const found = await readFindings(deps, actingOf(request), { state: asked.value.state ?? null });
      if ('rejected' in found) return found;
      return ok({ object: 'list', url: '/v1/shadow_findings', has_more: false, data: found.map(shownFinding) });
    },
  },
  {
    method: 'post',
    path: '/v1/shadow_findings/look',
    scopes: ['finance'],
    reply: async ({ deps, wake }) => {
      const found = await findShadow(deps, 'ever');
      wake('alerts');
      return ok({ object: 'shadow_look', found: found.map(({ kind, name }) => ({ kind, name })) });
    },
  },
];
