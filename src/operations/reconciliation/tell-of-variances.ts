import type { CustomerKey } from '../../domain/customer.ts';
import { insertAlerts } from '../../storage/alerts.ts';
import type { Transaction } from '../../storage/database.ts';
import { listVariances } from '../../storage/variances.ts';
import type { Deps } from '../deps.ts';

const TOLD_MAX = 500;

/**
 * Tells of a customer's differences that nothing explains; of each once, however often it is seen again. One that somebody
 * had explained and that has changed since is open again, and told again.
 */
export async function tellOfVariances(deps: Deps, trx: Transaction, customer: CustomerKey, at: Date): Promise<void> {
  const open = await listVariances(trx, { states: ['open'], customer, limit: TOLD_MAX });
  const alerts = open.map((variance) => {
    const { varianceId, checkName: check, class: varianceClass, subject, ours, theirs, unit, amount } = variance;
    const { cause, repair, explainedAt } = variance;
    const again = explainedAt === null ? '' : `/${explainedAt.toISOString()}`;
    return {
      ...customer,
      alertId: deps.newId(),
      poolId: null,
      kind: 'variance.opened' as const,
      key: `variance.opened/${varianceId}${again}`,
      data: { variance: varianceId, check, class: varianceClass, subject, ours, theirs, unit, amount, cause, repair },
    };
  });
  await insertAlerts(trx, at, alerts);
}
