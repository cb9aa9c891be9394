// Usage of our meter on invoices that are not the gate's: a subscription of the host, or what he invoiced by hand.
import { sum } from '../money-postings.ts';
import { amountDiffers, type Comparison } from '../reconciliation.ts';
import type { CreditNoteThere, InvoiceLineThere, InvoiceThere } from '../statement.ts';

/**
 * What invoices that settle no period of ours ask for usage of our meter at prices of another hand; notes on such an invoice
 * that give all of it back explain it.
 */
export function compareBesides(
  invoices: readonly InvoiceThere[],
  notes: readonly Pick<CreditNoteThere, 'invoiceId' | 'status' | 'totalMinor'>[],
  {
    settled,
    foreignPriceIds,
  }: { readonly settled: ReadonlySet<string>; readonly foreignPriceIds: ReadonlySet<string> },
): Comparison {
  const others = invoices.filter(
    ({ invoiceId, status }) => !settled.has(invoiceId) && !['draft', 'void'].includes(status),
  );
  const differences = others.flatMap(({ invoiceId, currency, lines }) => {
    const foreign = lines.filter(({ priceId }) => priceId !== null && foreignPriceIds.has(priceId));
    const asked = sum(foreign.map(net));
    if (asked <= 0n) return [];
    const standing = notes.filter((note) => note.invoiceId === invoiceId && note.status !== 'void');
    const given = sum(standing.map(({ totalMinor }) => totalMinor));
    const reason = given >= asked ? `Credit notes of ${given} ${currency} gave it back.` : null;
    const amounts = { ours: 0n, theirs: asked, unit: currency };
    return [amountDiffers('usage_billed_besides', invoiceId, amounts, reason)];
  });
  return { compared: others.length, differences };
}

function net({ amountMinor, discountsMinor, creditsAppliedMinor }: InvoiceLineThere): bigint {
  return amountMinor - discountsMinor - creditsAppliedMinor;
}
