import { customerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** What people call a customer. */
export interface CustomerLabel {
  readonly name: string | null;
  readonly externalId: string | null;
  readonly stripeCustomerId: string | null;
}

/** The names of customers by their ids. */
export async function customerNames(
  on: Database | Transaction,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, CustomerLabel>> {
  if (customerIds.length === 0) return new Map();
  const rows = await query<CustomerLabel & { readonly customerId: string }>(
    on,
    `select customer_id as "customerId", name, external_id as "externalId", stripe_customer_id as "stripeCustomerId"
     from customers where lane = any ($1::smallint[]) and customer_id = any ($2::uuid[])`,
    [[...new Set(customerIds.map((id) => customerKey(id).lane))], customerIds],
  );
  return new Map(rows.map(({ customerId, ...label }) => [customerId, label]));
}
