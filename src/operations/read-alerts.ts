import type { AlertKind } from '../domain/alert.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { parkedDeliveries, resendDelivery, type ParkedDelivery } from '../storage/alert-deliveries.ts';
import { insertAlerts, listAlerts as listRows, type StoredAlert } from '../storage/alerts.ts';
import { now } from '../storage/clock.ts';
import { customerPool } from '../storage/customer-terms.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

/** Alerts of one customer or of all, the newest first, each with its deliveries. */
export async function listAlerts(
  deps: Deps,
  asked: {
    readonly customer: string | null;
    readonly kind: AlertKind | null;
    readonly limit: number;
    readonly after?: string | null;
  },
): Promise<{ readonly alerts: readonly StoredAlert[]; readonly hasMore: boolean } | Refused> {
  const customer = asked.customer === null ? null : await findCustomer(deps, asked.customer);
  if (customer !== null && 'rejected' in customer) return customer;
  const rows = await listRows(deps.db, {
    customer,
    kind: asked.kind,
    limit: asked.limit + 1,
    after: asked.after ?? null,
  });
  return { alerts: rows.slice(0, asked.limit), hasMore: rows.length > asked.limit };
}

/** Raises an alert that says that it is a test, on every channel. */
export async function testAlerts(
  deps: Deps,
  { customer: name }: { readonly customer: string },
): Promise<{ readonly alertId: string } | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const poolId = await customerPool(deps.db, customer);
  if (poolId === null) return refuse('no_subscription', 'The customer has no pool yet. Subscribe it to a plan first.');
  const alertId = deps.newId();
  const alert = { ...customer, alertId, poolId, kind: 'test', key: `test/${alertId}`, data: {} } as const;
  await insertAlerts(deps.db, await now(deps.db), [alert]);
  return { alertId };
}

/** Deliveries that were given up. */
export async function listParkedDeliveries(
  deps: Deps,
  limit: number,
  after: string | null = null,
): Promise<readonly ParkedDelivery[]> {
  return parkedDeliveries(deps.db, limit, after);
}

/** Tries a delivery again from the first pause on. */
export async function retryDelivery(deps: Deps, deliveryId: string): Promise<{ readonly queued: true } | Refused> {
  return (await resendDelivery(deps.db, deliveryId))
    ? { queued: true }
    : refuse('unknown_delivery', 'No ended delivery has this id (delivery_…).', { param: 'id' });
}
