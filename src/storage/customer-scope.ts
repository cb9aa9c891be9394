import type { CustomerKey } from '../domain/customer.ts';

/** Customers as conditions on a statement's first two parameters. */
export interface CustomerScope {
  /** `= $1`, or `= any($1)` */
  readonly lane: string;
  /** `= $2`, or `= any($2)` */
  readonly customer: string;
  readonly parameters: readonly [lanes: number | readonly number[], ids: string | readonly string[]];
}

/** One customer keeps a plan of its own: made for sets it would be planned at each call. */
export function scopeOf(customers: readonly CustomerKey[]): CustomerScope {
  const [first, ...others] = customers;
  if (first !== undefined && others.length === 0)
    return { lane: '= $1', customer: '= $2', parameters: [first.lane, first.customerId] };
  return {
    lane: '= any($1)',
    customer: '= any($2)',
    parameters: [[...new Set(customers.map(({ lane }) => lane))], customers.map(({ customerId }) => customerId)],
  };
}
