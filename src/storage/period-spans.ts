import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface PeriodSpan {
  readonly billingPeriodId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** Begin and end of all billing periods of these customers. */
export async function periodSpans(db: Database, customers: readonly CustomerKey[]): Promise<readonly PeriodSpan[]> {
  const lanes = customers.map(({ lane }) => lane);
  return query<PeriodSpan>(
    db,
    `select billing_period_id as "billingPeriodId", starts_at as "startsAt", ends_at as "endsAt"
     from billing_periods join unnest($1::smallint[], $2::uuid[]) as wanted (lane, customer_id)
       using (lane, customer_id)
     where lane = any ($3::smallint[])`,
    [lanes, customers.map(({ customerId }) => customerId), [...new Set(lanes)]],
  );
}
