// Whom a run looks at: reconciliation is incremental, because Stripe allots reads.
import { type CustomerKey, EVERY_LANE } from '../../domain/customer.ts';
import type { Database, Transaction } from '../database.ts';
import { query } from '../query.ts';

export interface ReconciledCustomer extends CustomerKey {
  readonly stripeCustomerId: string;
  /** Deleted at Stripe: only what lies on our side is looked at, which counts until it is dealt with. */
  readonly isDeleted: boolean;
}

/**
 * Customers at Stripe whose books, mirrors or messages changed since an instant, or who have a variance that is not
 * closed; everybody without an instant. Ordered by id, after a given one.
 */
export async function customersToReconcile(
  db: Database,
  {
    since,
    after,
    customer,
    limit,
  }: {
    readonly since: Date | null;
    readonly after: string | null;
    readonly customer?: CustomerKey;
    readonly limit: number;
  },
): Promise<readonly ReconciledCustomer[]> {
  return query<ReconciledCustomer>(
    db,
    `select c.lane, c.customer_id as "customerId", c.stripe_customer_id as "stripeCustomerId",
       c.deleted_at is not null as "isDeleted"
     from customers c
     where c.lane = any($1::smallint[]) and c.stripe_customer_id is not null
       and ($2::uuid is null or c.customer_id = $2) and ($3::uuid is null or c.customer_id > $3)
       and ($4::timestamptz is null or c.updated_at >= $4
         or exists (select from journal_entries e
           where e.lane = c.lane and e.customer_id = c.customer_id and e.recorded_at >= $4)
         or exists (select from outbox o
           where o.lane = c.lane and o.customer_id = c.customer_id
             and (o.finished_at is null or o.finished_at >= $4 or o.created_at >= $4))
         or exists (select from invoices i
           where i.lane = c.lane and i.customer_id = c.customer_id and i.fetched_at >= $4)
         or exists (select from credit_notes n
           where n.lane = c.lane and n.customer_id = c.customer_id and n.fetched_at >= $4)
         or exists (select from variances v
           where v.lane = c.lane and v.customer_id = c.customer_id and v.state in ('open', 'explained')))
     order by c.customer_id limit $5`,
    [customer === undefined ? EVERY_LANE : [customer.lane], customer?.customerId ?? null, after, since, limit],
  );
}

/** How many customers a run over everybody looks at. */
export async function countCustomersAtStripe(on: Database | Transaction): Promise<number> {
  const [row] = await query<{ count: number }>(
    on,
    `select count(*)::integer as count from customers
     where lane = any($1::smallint[]) and stripe_customer_id is not null`,
    [EVERY_LANE],
  );
  return row?.count ?? 0;
}
