// What an invoice did to the pool: the lots that its lines opened, the usage that it settled, and how it was paid.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

/** Micro-credits. */
export interface OpenedLot {
  readonly lotId: string;
  /** The line that bought it; null for credits that a period's fee included. */
  readonly lineId: string | null;
  readonly periodStart: Date | null;
  readonly source: string;
  readonly granted: bigint;
  readonly drawn: bigint;
  readonly held: bigint;
  readonly frozen: bigint;
  readonly ended: bigint;
}

/** Lots that the lines bought, and those that the fees of these periods included. */
export async function lotsOfInvoice(
  db: Database,
  { lane, customerId }: CustomerKey,
  { invoiceId, periodStarts }: { readonly invoiceId: string; readonly periodStarts: readonly Date[] },
): Promise<readonly OpenedLot[]> {
  return query<OpenedLot>(
    db,
    `select l.lot_id as "lotId", case when l.source_type = 'invoice_line' then split_part(l.source_id, '/', 2) end as "lineId",
       case when l.source_type <> 'invoice_line' then b.starts_at end as "periodStart", l.source, l.granted, l.drawn, l.held,
       l.frozen, l.ended
     from lots l left join billing_periods b on b.lane = $1 and b.customer_id = $2
       and b.billing_period_id = l.billing_period_id
     where l.lane = $1 and l.customer_id = $2 and (
       (l.source_type = 'invoice_line' and starts_with(l.source_id, $3 || '/'))
       or (l.source = 'included' and l.source_type <> 'invoice_line' and b.starts_at = any ($4::timestamptz[])))
     order by l.created_at, l.lot_id`,
    [lane, customerId, invoiceId, periodStarts],
  );
}

/** What was used in the period that the invoice bills: paid by lots, and past them. */
export async function usageSettledBy(
  db: Database,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<{ readonly lotsPaid: bigint; readonly overage: bigint } | null> {
  const [row] = await query<{ lotsPaid: bigint; overage: bigint }>(
    db,
    `select lots_paid_micro as "lotsPaid", overage_micro as overage from settlements
     where lane = $1 and customer_id = $2 and invoice_id = $3`,
    [lane, customerId, invoiceId],
  );
  return row ?? null;
}

export interface ShownPayment {
  readonly paymentId: string;
  readonly status: string;
  readonly amountMinor: bigint;
  readonly paidAt: Date | null;
}

export async function paymentsOfInvoice(
  db: Database,
  { lane, customerId }: CustomerKey,
  invoiceId: string,
): Promise<readonly ShownPayment[]> {
  return query<ShownPayment>(
    db,
    `select invoice_payment_id as "paymentId", status, amount_paid_minor as "amountMinor", paid_at as "paidAt"
     from invoice_payments where lane = $1 and customer_id = $2 and invoice_id = $3 order by paid_at, invoice_payment_id`,
    [lane, customerId, invoiceId],
  );
}
