// What people did: one row an act, in the act's own transaction, for ever.
import type { Role } from '../domain/operator.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface AuditRow {
  readonly auditId: string;
  /** By the books' clock. */
  readonly at: Date;
  /** A person's subject, `key:…` or `system:…`. */
  readonly actor: string;
  readonly roles: readonly Role[];
  /** `case.approved`, `operator.changed`, … */
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly customerId: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
}

export async function insertAuditRow(trx: Transaction, row: AuditRow): Promise<void> {
  await execute(
    trx,
    `insert into audit_log (audit_id, at, actor, roles, action, object_type, object_id, customer_id, before, after, reason,
       request_id, address, user_agent)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      row.auditId,
      row.at,
      row.actor,
      row.roles,
      row.action,
      row.objectType,
      row.objectId,
      row.customerId,
      row.before,
      row.after,
      row.reason,
      row.requestId,
      row.address,
      row.userAgent,
    ],
  );
}

export interface AuditScope {
  readonly objectType?: string;
  readonly objectId?: string;
  readonly customerId?: string;
  readonly actor?: string;
  /** Older than this row: the next page. */
  readonly before?: string;
}

/** The newest first. Names are those that the actors have today. */
export async function readAuditLog(
  db: Database | Transaction,
  { objectType, objectId, customerId, actor, before }: AuditScope,
  limit: number,
): Promise<readonly (AuditRow & { readonly actorName: string | null })[]> {
  return query<AuditRow & { readonly actorName: string | null }>(
    db,
    `select a.audit_id as "auditId", a.at, a.actor, o.name as "actorName", a.roles, a.action, a.object_type as "objectType",
       a.object_id as "objectId", a.customer_id as "customerId", a.before, a.after, a.reason,
       a.request_id as "requestId", a.address, a.user_agent as "userAgent"
     from audit_log a left join operators o on o.subject = a.actor
     where ($1::text is null or a.object_type = $1) and ($2::text is null or a.object_id = $2)
       and ($3::uuid is null or a.customer_id = $3) and ($4::text is null or a.actor = $4)
       and ($5::uuid is null or a.audit_id < $5)
     order by a.audit_id desc limit $6`,
    [objectType ?? null, objectId ?? null, customerId ?? null, actor ?? null, before ?? null, limit],
  );
}
