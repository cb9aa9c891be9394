import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface BilledUsageEvents {
  /** Of the period that the invoice billed; null when it billed none. */
  readonly planVersionId: string | null;
  readonly usageEventIds: readonly string[];
}

/** Usage of the periods that an invoice billed and that stands as yet, the newest first. */
export async function usageOfInvoice(
  db: Database,
  { lane, customerId }: CustomerKey,
  { invoiceId, limit }: { readonly invoiceId: string; readonly limit: number },
): Promise<BilledUsageEvents> {
  const rows = await query<{ planVersionId: string; usageEventId: string }>(
    db,
    `select p.plan_version_id as "planVersionId", u.usage_event_id as "usageEventId"
     from billing_periods p
     join usage_events u on u.lane = p.lane and u.customer_id = p.customer_id and u.billing_period_id = p.billing_period_id
     where p.lane = $1 and p.customer_id = $2 and u.lane = $1 and p.invoice_id = $3 and p.state <> 'open'
       and u.entry_id is not null
       and not exists (select from usage_reversals r where r.lane = $1 and r.customer_id = $2
         and r.usage_event_id = u.usage_event_id)
       and not exists (select from usage_events a where a.lane = $1 and a.customer_id = $2
         and a.amends = u.usage_event_id)
     order by u.usage_event_id desc limit $4`,
    [lane, customerId, invoiceId, limit],
  );
  return {
    planVersionId: rows[0]?.planVersionId ?? null,
    usageEventIds: rows.map(({ usageEventId }) => usageEventId),
  };
}
