import type { Case } from '../../domain/case-record.ts';
import { insertAlerts } from '../../storage/alerts.ts';
import { customerPool } from '../../storage/customer-terms.ts';
import type { Transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';

/** Tells whoever listens (log and webhooks, never the customer) of a case; once per submission. */
export async function tellOfCase(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  one: Case,
  { kind, at }: { readonly kind: 'approval.requested' | 'case.glass_broken'; readonly at: Date },
): Promise<void> {
  const { lane, customerId, caseId, version, submittedAt } = one;
  const poolId = await customerPool(trx, one);
  // Alerts are of a pool; a customer who has none never had anything to put right but money.
  if (poolId === null) return;
  const key = `${kind}/${caseId}/${version}/${submittedAt?.toISOString() ?? ''}`;
  const data = {
    case_id: caseId,
    kind: one.kind,
    because: one.limits.map(({ sentence }) => sentence).join('; '),
    lapses_at: one.lapsesAt?.toISOString() ?? null,
    reason: one.comment,
  };
  await insertAlerts(trx, at, [{ lane, customerId, alertId: deps.newId(), poolId, kind, key, data }]);
}
