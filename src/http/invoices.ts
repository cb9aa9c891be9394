import { toWireId } from '../contract/ids.ts';
import { invoicesQuery } from '../contract/lists.ts';
import { type InvoiceStatement, listInvoices, readInvoice } from '../operations/read-invoice.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

export const invoiceRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/invoices',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, request) => {
      const asked = parse(invoicesQuery, request.query);
      if ('rejected' in asked) return asked;
      const found = await listInvoices(deps, { ...asked.value, after: asked.value.starting_after ?? null });
      if ('rejected' in found) return found;
      return ok({
        object: 'list',
        url: '/v1/invoices',
        has_more: found.hasMore,
        data: found.invoices.map(shownSummary),
      });
    },
  },
  {
    method: 'get',
    path: '/v1/invoices/:id',
    scopes: ['read', 'support', 'finance'],
    reply: async ({ deps }, { params }) => {
      const id = params['id'] ?? '';
      if (!/^in_\w{1,250}$/.test(id)) {
        return {
          rejected: { code: 'unknown_invoice', message: 'no mirrored invoice has this id (in_…)', param: 'id' },
        };
      }
      const statement = await readInvoice(deps, id);
      return 'rejected' in statement ? statement : ok(shownStatement(statement));
    },
  },
];

function shownSummary(invoice: Omit<InvoiceStatement['invoice'], PeriodFields>) {
  return {
    id: invoice.invoiceId,
    object: 'invoice',
    number: invoice.number,
    status: invoice.status,
    billing_reason: invoice.billingReason,
    currency: invoice.currency,
    credits_applied_minor: Number(invoice.creditsAppliedMinor),
    total_minor: Number(invoice.totalMinor),
    amount_due_minor: Number(invoice.amountDueMinor),
    amount_remaining_minor: Number(invoice.amountRemainingMinor),
    created_at: invoice.createdAt,
    finalized_at: invoice.finalizedAt,
    paid_at: invoice.paidAt,
  };
}

type PeriodFields = 'periodStart' | 'periodEnd' | 'subtotalMinor' | 'discountsMinor' | 'taxMinor';

function shownStatement({ customer, invoice, lines, creditNotes }: InvoiceStatement): object {
  return {
    ...shownSummary(invoice),
    customer: toWireId('customer', customer.customerId),
    period_start: invoice.periodStart,
    period_end: invoice.periodEnd,
    subtotal_minor: Number(invoice.subtotalMinor),
    discounts_minor: Number(invoice.discountsMinor),
    tax_minor: Number(invoice.taxMinor),
    lines: lines.map((line) => ({
      id: line.lineId,
      kind: line.kind,
      description: line.description,
      amount_minor: Number(line.amountMinor),
      discounts_minor: Number(line.discountsMinor),
      credits_applied_minor: Number(line.creditsAppliedMinor),
      tax_minor: Number(line.taxMinor),
      creditable_minor: Number(line.creditableMinor),
      period_start: line.periodStart,
      period_end: line.periodEnd,
    })),
    credit_notes: creditNotes.map((note) => ({
      id: note.creditNoteId,
      number: note.number,
      status: note.status,
      total_minor: Number(note.totalMinor),
      created_at: note.createdAt,
    })),
  };
}
