import type { Refused } from '../../domain/rejection.ts';
import { type AuditRow, type AuditScope, readAuditLog } from '../../storage/audit-log.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from './acting.ts';

export interface AuditPage {
  readonly rows: readonly (AuditRow & { readonly actorName: string | null })[];
  readonly hasMore: boolean;
}

/** What people did, the newest first. */
export async function listAuditLog(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  { limit, ...scope }: AuditScope & { readonly limit: number },
): Promise<AuditPage | Refused> {
  const actor = await permitted(deps.db, acting, 'audit.read');
  if ('rejected' in actor) return actor;
  const rows = await readAuditLog(deps.db, scope, limit + 1);
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}
