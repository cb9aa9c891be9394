import { auditQuery, rulesChange, toRulesChange } from '../contract/cases.ts';
import { toWireId, wireId } from '../contract/ids.ts';
import { shownRules } from '../contract/shown-case.ts';
import { changeRules, readRules } from '../operations/cases/change-rules.ts';
import { listAuditLog } from '../operations/operators/list-audit-log.ts';
import { actingOf } from './acting.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

/** Who needs whom, and who did what. */
export const approvalRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/approval_rules',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const rules = await readRules(deps, actingOf(request));
      return 'rejected' in rules ? rules : ok(shownRules(rules));
    },
  },
  {
    method: 'post',
    path: '/v1/approval_rules',
    scopes: ['admin'],
    reply: async ({ deps }, request) => {
      const asked = parse(rulesChange, request.body);
      if ('rejected' in asked) return asked;
      const rules = await changeRules(deps, actingOf(request), toRulesChange(asked.value));
      return 'rejected' in rules ? rules : ok(shownRules(rules));
    },
  },
  {
    method: 'get',
    path: '/v1/audit_log',
    scopes: ['finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(auditQuery, request.query);
      if ('rejected' in asked) return asked;
      const { object, actor, limit, starting_after: before } = asked.value;
      const caseId = object === undefined ? null : parse(wireId('case'), object);
      const objectId = caseId !== null && 'value' in caseId ? caseId.value : object;
      const page = await listAuditLog(deps, actingOf(request), {
        limit,
        ...(objectId !== undefined && { objectId }),
        ...(actor !== undefined && { actor }),
        ...(before !== undefined && { before }),
      });
      if ('rejected' in page) return page;
      const data = page.rows.map(({ auditId, at, actor: by, actorName, roles, action, ...row }) => ({
        id: toWireId('audit', auditId),
        object: 'audit_row',
        at,
        actor: by,
        actor_name: actorName,
        roles,
        action,
        subject_type: row.objectType,
        subject: row.objectType === 'case' ? toWireId('case', row.objectId) : row.objectId,
        customer: row.customerId === null ? null : toWireId('customer', row.customerId),
        before: row.before,
        after: row.after,
        reason: row.reason,
        request_id: row.requestId,
      }));
      return ok({ object: 'list', url: '/v1/audit_log', has_more: page.hasMore, data });
    },
  },
];
