import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { type Customer, readCustomer as readRow, resolveCustomers } from '../storage/customers.ts';
import { type ShownSubscription, shownSubscriptions } from '../storage/statements.ts';
import type { Deps } from './deps.ts';

export interface CustomerStatement {
  readonly customer: Customer;
  readonly subscriptions: readonly ShownSubscription[];
}

/** Who a name (`cus_…`, `ext:…` or our own id) stands for. */
export async function findCustomer(deps: Pick<Deps, 'db'>, name: string): Promise<CustomerKey | Refused> {
  const key = (await resolveCustomers(deps.db, [name])).get(name);
  return (
    key ??
    refuse(
      'unknown_customer',
      `No customer is known as ${shownName(name)}. New ones appear when Stripe reports them.`,
      {
        param: 'customer',
      },
    )
  );
}

/** A customer with its subscriptions. */
export async function readCustomer(deps: Pick<Deps, 'db'>, name: string): Promise<CustomerStatement | Refused> {
  const key = await findCustomer(deps, name);
  if ('rejected' in key) return key;
  const customer = await readRow(deps.db, key);
  if (customer === undefined) throw new Error(`customer ${key.customerId} has a name and no row`);
  return { customer, subscriptions: await shownSubscriptions(deps.db, key) };
}

function shownName(name: string): string {
  return name.includes(':') || name.startsWith('cus_') ? name : 'that id';
}
