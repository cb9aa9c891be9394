import type { Refused } from '../../domain/rejection.ts';
import { readCustomer as readRow, type Customer } from '../../storage/customers.ts';
import {
  lotsOfInvoice,
  type OpenedLot,
  paymentsOfInvoice,
  type ShownPayment,
  usageSettledBy,
} from '../../storage/invoice-effects.ts';
import type { Deps } from '../deps.ts';
import { type InvoiceStatement, readInvoice } from '../read-invoice.ts';

export interface InvoiceView extends Omit<InvoiceStatement, 'customer' | 'lines'> {
  readonly customer: Customer;
  readonly lines: readonly (InvoiceStatement['lines'][number] & { readonly lots: readonly OpenedLot[] })[];
  readonly settled: { readonly lotsPaid: bigint; readonly overage: bigint } | null;
  readonly payments: readonly ShownPayment[];
}

/** An invoice with what each of its lines did to the pool, how it was paid, and what may still be given back. */
export async function readInvoiceView(deps: Deps, invoiceId: string): Promise<InvoiceView | Refused> {
  const statement = await readInvoice(deps, invoiceId);
  if ('rejected' in statement) return statement;
  const { customer: key, lines } = statement;
  const customer = await readRow(deps.db, key);
  if (customer === undefined) throw new Error(`invoice ${invoiceId} belongs to a customer that is not there`);
  const fees = lines.filter(({ kind }) => kind === 'base');
  const lots = await lotsOfInvoice(deps.db, key, {
    invoiceId,
    periodStarts: fees.map(({ periodStart }) => periodStart),
  });
  const payments = await paymentsOfInvoice(deps.db, key, invoiceId);
  const settled = await usageSettledBy(deps.db, key, invoiceId);
  return {
    ...statement,
    customer,
    settled,
    payments,
    lines: lines.map((line) => ({
      ...line,
      lots: lots.filter(({ lineId, periodStart }) =>
        lineId === null
          ? line.kind === 'base' && periodStart?.getTime() === line.periodStart.getTime()
          : lineId === line.lineId,
      ),
    })),
  };
}
