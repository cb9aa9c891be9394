import type { Database } from '../database.ts';
import { query } from '../query.ts';

export interface TwoBills {
  readonly customerId: string;
  readonly currency: string;
  readonly previousMinor: bigint;
  readonly minor: bigint;
}

/** Customers with a bill for both spans: what cycle invoices asked, without tax, for the period that ended in each. */
export async function twoBills(
  db: Database,
  { before, from, until }: { readonly before: Date; readonly from: Date; readonly until: Date },
): Promise<readonly TwoBills[]> {
  return query<TwoBills>(
    db,
    `select customer_id as "customerId", currency, (sum(total_minor - tax_minor) filter (where period_end <= $2))::bigint as "previousMinor",
       (sum(total_minor - tax_minor) filter (where period_end > $2))::bigint as minor
     from invoices
     where lane between 0 and 63 and billing_reason = 'subscription_cycle' and finalized_at is not null
       and status not in ('void', 'deleted') and period_end > $1 and period_end <= $3
     group by lane, customer_id, currency
     having count(*) filter (where period_end <= $2) > 0 and count(*) filter (where period_end > $2) > 0
     order by customer_id, currency`,
    [before, from, until],
  );
}
