// Stripe's book of the customer balance, mirrored whole. Transactions never change; negative amounts are credit.
import type { CustomerKey } from '../domain/customer.ts';
import type { BalanceAdjustment } from '../domain/entries-payment.ts';
import type { Database, Transaction } from './database.ts';
import { inStep } from './in-step.ts';
import { queryEach } from './query-each.ts';
import { execute, query } from './query.ts';

export interface BalanceTransaction {
  readonly transactionId: string;
  readonly type: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly creditNoteId: string | null;
  readonly createdAt: Date;
  /** All of it as it came, JSON text. */
  readonly object: string;
}

const RECENT = 500;

/** Ids of the newest mirrored transactions: a listing, newest first, may stop at any of them. */
export async function recentBalanceTransactionIds(db: Database, key: CustomerKey): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select transaction_id as id from customer_balance_transactions where lane = $1 and customer_id = $2
     order by created_at desc limit $3`,
    [key.lane, key.customerId, RECENT],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Stores transactions all together, so that a known one means that all older ones are known. */
export const storeBalanceTransactions = inStep(
  async (
    trx: Database | Transaction,
    asks: readonly (readonly [key: CustomerKey, found: readonly BalanceTransaction[]])[],
  ) => {
    const rows = asks.flatMap(([key, found]) => found.map((movement) => ({ ...key, ...movement })));
    if (rows.length > 0) {
      await execute(
        trx,
        `insert into customer_balance_transactions (lane, customer_id, transaction_id, type, amount_minor, currency,
           invoice_id, credit_note_id, created_at, object)
         select * from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
           $8::text[], $9::timestamptz[], $10::jsonb[])
         on conflict do nothing`,
        [
          rows.map(({ lane }) => lane),
          rows.map(({ customerId }) => customerId),
          rows.map(({ transactionId }) => transactionId),
          rows.map(({ type }) => type),
          rows.map(({ amountMinor }) => amountMinor),
          rows.map(({ currency }) => currency),
          rows.map(({ invoiceId }) => invoiceId),
          rows.map(({ creditNoteId }) => creditNoteId),
          rows.map(({ createdAt }) => createdAt),
          rows.map(({ object }) => object),
        ],
      );
    }
    return asks.map(() => undefined);
  },
);

/** Types that an invoice or a credit note posts. */
const OF_DOCUMENTS = [
  'applied_to_invoice',
  'unapplied_from_invoice',
  'credit_note',
  'invoice_overpaid',
  'invoice_too_small',
  'invoice_too_large',
];

/** Changes of the balance by no invoice and no note, which have no entry yet. */
export const unpostedAdjustments = inStep(async (trx: Transaction, asks: readonly (readonly [key: CustomerKey])[]) =>
  queryEach<BalanceAdjustment>(
    trx,
    UNPOSTED,
    asks.map(([{ lane, customerId }]) => [lane, customerId, OF_DOCUMENTS]),
  ),
);

const UNPOSTED = {
  sql: `select transaction_id as "transactionId", type, amount_minor as "amountMinor", currency, created_at as "createdAt"
     from customer_balance_transactions t
     where t.lane = $1 and t.customer_id = $2 and t.amount_minor <> 0
       and (t.type <> all ($3::text[])
         -- Documents from before a customer was taken over are nobody's here.
         or (not exists (select from invoices i where i.lane = $1 and i.customer_id = $2 and i.invoice_id = t.invoice_id)
           and not exists (select from credit_notes n where n.lane = $1 and n.customer_id = $2
             and n.credit_note_id = t.credit_note_id)
           and t.created_at < (select adopted_at from customers where lane = $1 and customer_id = $2)))
       and not exists (select from journal_entries e where e.lane = $1 and e.customer_id = $2
         and e.source_type = 'stripe_balance_transaction' and e.source_id = t.transaction_id)
     order by t.created_at, t.transaction_id`,
  types: ['smallint', 'uuid', 'text[]'],
};
