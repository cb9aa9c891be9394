import type { CustomerKey } from '../domain/customer.ts';

/** Customers as the parameters `$1`, `$2` and `$3` of a query about their pools. */
export interface Scope {
  readonly lanes: readonly number[];
  readonly customerIds: readonly string[];
  readonly laneSet: readonly number[];
}

/** Each customer once. */
export function scopeOf(customers: readonly CustomerKey[]): Scope {
  const unique = new Map(customers.map((customer) => [customer.customerId, customer]));
  const lanes = [...unique.values()].map(({ lane }) => lane);
  return { lanes, customerIds: [...unique.keys()], laneSet: [...new Set(lanes)] };
}

/** Joins the wanted customers; the query itself names the lanes by `$3`. */
export const WANTED = `join unnest($1::smallint[], $2::uuid[]) as wanted (lane, customer_id) using (lane, customer_id)`;

export function parametersOf({ lanes, customerIds, laneSet }: Scope) {
  return [lanes, customerIds, laneSet] as const;
}
