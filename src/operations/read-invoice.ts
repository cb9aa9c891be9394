import { greater, lesser } from '../domain/amount.ts';
import { unspentTotal } from '../domain/credit-note-order.ts';
import { noteLineTotal } from '../domain/credit-note.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { creditNotesOfInvoice, type StoredNote } from '../storage/credit-notes.ts';
import {
  customerOfInvoice,
  type InvoiceSummary,
  listInvoices as listRows,
  readInvoiceLines,
  type StoredLine,
} from '../storage/invoices.ts';
import { type ShownInvoice, shownInvoice } from '../storage/statements.ts';
import { unspentPurchases } from './claw-back-credits.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

export interface InvoiceStatement {
  readonly customer: CustomerKey;
  readonly invoice: ShownInvoice;
  readonly lines: readonly (StoredLine & { readonly creditableMinor: bigint })[];
  readonly creditNotes: readonly StoredNote[];
}

/** An invoice as it is mirrored, each line with what a credit note may still give back of it. */
export async function readInvoice(
  deps: Pick<Deps, 'db' | 'newId' | 'settings'>,
  invoiceId: string,
): Promise<InvoiceStatement | Refused> {
  const customer = await customerOfInvoice(deps.db, invoiceId);
  const invoice = customer === null ? null : await shownInvoice(deps.db, customer, invoiceId);
  if (customer === null || invoice === null) {
    return refuse('unknown_invoice', 'No mirrored invoice has this id. Stripe reports new ones within seconds.', {
      param: 'id',
    });
  }
  const creditNotes = await creditNotesOfInvoice(deps.db, customer, invoiceId);
  const lines = await readInvoiceLines(deps.db, customer, invoiceId);
  const purchases = await unspentPurchases(deps, deps.db, customer, invoiceId, creditNotes);
  return {
    customer,
    invoice,
    creditNotes,
    lines: lines.map((line) => {
      const total = line.amountMinor - line.discountsMinor - line.creditsAppliedMinor + line.taxMinor;
      const unspent = unspentTotal(total, purchases.get(line.lineId));
      return { ...line, creditableMinor: lesser(creditable(line, invoice, creditNotes), unspent) };
    }),
  };
}

/** A customer's invoices, the oldest first. */
export async function listInvoices(
  deps: Pick<Deps, 'db'>,
  {
    customer: name,
    limit,
    after = null,
  }: { readonly customer: string; readonly limit: number; readonly after?: string | null },
): Promise<{ readonly invoices: readonly InvoiceSummary[]; readonly hasMore: boolean } | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const rows = await listRows(deps.db, customer, { limit: limit + 1, after });
  return { invoices: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** What may still be given back of a line, with tax: its total less earlier notes, and never more than the invoice has. */
function creditable(line: StoredLine, invoice: ShownInvoice, notes: readonly StoredNote[]): bigint {
  const issued = notes.filter(({ status }) => status !== 'void');
  const whole = issued.reduce((left, { totalMinor }) => left - totalMinor, invoice.totalMinor);
  const credited = issued
    .flatMap(({ lines }) => lines)
    .filter(({ invoiceLineId }) => invoiceLineId === line.lineId)
    .reduce((sum, noted) => sum + noteLineTotal(noted), 0n);
  const left = line.amountMinor - line.discountsMinor - line.creditsAppliedMinor + line.taxMinor - credited;
  return greater(0n, lesser(left, whole));
}
