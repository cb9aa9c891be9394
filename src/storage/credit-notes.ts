// Stripe's credit notes, mirrored whole, and the requests of those that people asked for here.
import type { CreditNote, CreditNoteLine } from '../domain/credit-note.ts';
import type { CustomerKey } from '../domain/customer.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** Stores a fetched note; false, and nothing changed, when a later fetch is stored. A void note stays void. */
export async function saveCreditNote(
  trx: Transaction,
  key: CustomerKey,
  { note, fetchedAt }: { readonly note: CreditNote; readonly fetchedAt: Date },
): Promise<boolean> {
  const saved = await execute(
    trx,
    `insert into credit_notes (lane, customer_id, credit_note_id, invoice_id, number, status, reason, total_minor,
       pre_payment_minor, post_payment_minor, currency, created_at, voided_at, object, lines, fetched_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
     on conflict (lane, customer_id, credit_note_id) do update set status = excluded.status,
       voided_at = excluded.voided_at, object = excluded.object, lines = excluded.lines, fetched_at = excluded.fetched_at
     where credit_notes.fetched_at <= excluded.fetched_at and credit_notes.status <> 'void'`,
    [
      key.lane,
      key.customerId,
      note.creditNoteId,
      note.invoiceId,
      note.number,
      note.status,
      note.reason,
      note.totalMinor,
      note.prePaymentMinor,
      note.postPaymentMinor,
      note.currency,
      note.createdAt,
      note.voidedAt,
      note.object,
      JSON.stringify(note.lines.map(storedLine)),
      fetchedAt,
    ],
  );
  return saved === 1;
}

export interface StoredNote {
  readonly creditNoteId: string;
  readonly invoiceId: string;
  readonly number: string | null;
  readonly status: string;
  readonly totalMinor: bigint;
  readonly prePaymentMinor: bigint;
  readonly postPaymentMinor: bigint;
  readonly currency: string;
  readonly createdAt: Date;
  readonly lines: readonly CreditNoteLine[];
}

/** The notes of an invoice, the oldest first, void ones included. */
export async function creditNotesOfInvoice(
  db: Database | Transaction,
  key: CustomerKey,
  invoiceId: string,
): Promise<readonly StoredNote[]> {
  const rows = await query<Omit<StoredNote, 'lines'> & { lines: readonly StoredNoteLine[] }>(
    db,
    `select credit_note_id as "creditNoteId", invoice_id as "invoiceId", number, status, total_minor as "totalMinor",
       pre_payment_minor as "prePaymentMinor", post_payment_minor as "postPaymentMinor", currency,
       created_at as "createdAt", lines
     from credit_notes where lane = $1 and customer_id = $2 and invoice_id = $3 order by created_at, credit_note_id`,
    [key.lane, key.customerId, invoiceId],
  );
  return rows.map((row) => ({ ...row, lines: row.lines.map(readLine) }));
}

/** Numbers are kept as text: JSON has no integers of this size. */
interface StoredNoteLine {
  readonly lineId: string;
  readonly invoiceLineId: string | null;
  readonly description: string | null;
  readonly amount: string;
  readonly discount: string;
  readonly credits: string;
  readonly tax: string;
  readonly inclusiveTax: string;
}

function storedLine(line: CreditNoteLine): StoredNoteLine {
  return {
    lineId: line.lineId,
    invoiceLineId: line.invoiceLineId,
    description: line.description,
    amount: line.amountMinor.toString(),
    discount: line.discountMinor.toString(),
    credits: line.creditsMinor.toString(),
    tax: line.taxMinor.toString(),
    inclusiveTax: line.inclusiveTaxMinor.toString(),
  };
}

function readLine(line: StoredNoteLine): CreditNoteLine {
  return {
    lineId: line.lineId,
    invoiceLineId: line.invoiceLineId,
    description: line.description,
    amountMinor: BigInt(line.amount),
    discountMinor: BigInt(line.discount),
    creditsMinor: BigInt(line.credits),
    taxMinor: BigInt(line.tax),
    inclusiveTaxMinor: BigInt(line.inclusiveTax),
  };
}
