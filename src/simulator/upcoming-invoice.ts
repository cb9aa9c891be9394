import { currentInvoice, pendingItems } from './drafts.ts';
import { itemLine, subscriptionLine } from './invoice-lines.ts';
import { newInvoice } from './new-invoice.ts';
import { boundaryAfter } from './periods.ts';
import { ONE } from './rounding.ts';
import { isMetered } from './subscription-items.ts';
import { usageLine } from './usage-line.ts';
import type { Invoice, InvoiceLine, Subscription } from './wire.ts';
import { need, nowOf, type World } from './world.ts';

function nextLines(world: World, invoice: Invoice, subscription: Subscription, end: number): InvoiceLine[] {
  return subscription.items.data.toReversed().flatMap((item): InvoiceLine[] => {
    if (item.current_period_end > end) return [];
    if (isMetered(item.price)) return [usageLine(world, invoice, subscription, item, end)];
    const { recurring } = item.price;
    if (subscription.cancel_at_period_end || recurring === null) return [];
    const period = { start: end, end: boundaryAfter(subscription.billing_cycle_anchor, recurring, end) };
    return [subscriptionLine(world, invoice, subscription, item, period, BigInt(item.quantity ?? 1) * ONE)];
  });
}

interface Preview {
  readonly reason: 'upcoming' | 'subscription_update';
  readonly linesOf: (invoice: Invoice) => InvoiceLine[];
  readonly end: number;
}

/** An invoice with what is pending, as it would be now; nothing is stored. */
function preview(world: World, subscription: Subscription, { reason, linesOf, end }: Preview): Invoice {
  const start = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  const invoice = newInvoice(world, {
    customer: need(world, 'customers', subscription.customer, 'customer'),
    currency: subscription.currency,
    reason,
    subscription,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    created: nowOf(world, subscription.customer),
    period: { start, end },
  });
  const id = `upcoming_${invoice.id}`;
  const pending = pendingItems(world, invoice, subscription.id).map((item) => itemLine(invoice, item));
  const data = [...pending, ...linesOf(invoice)].map((line) => ({
    ...line,
    id: line.id.replace('il_', 'il_tmp_'),
    invoice: id,
  }));
  return currentInvoice(world, {
    ...invoice,
    id,
    lines: { ...invoice.lines, data, url: `/v1/invoices/${id}/lines` },
  });
}

/** The next invoice of a subscription as it would be now. */
export function upcomingInvoice(world: World, subscription: Subscription): Invoice {
  const end = Math.min(...subscription.items.data.map((item) => item.current_period_end));
  const linesOf = (invoice: Invoice): InvoiceLine[] => nextLines(world, invoice, subscription, end);
  return preview(world, subscription, { reason: 'upcoming', linesOf, end });
}

/** What is pending of a subscription, as an invoice that is made at once. */
export function invoiceAtOnce(world: World, subscription: Subscription): Invoice {
  const end = nowOf(world, subscription.customer);
  return preview(world, subscription, { reason: 'subscription_update', linesOf: () => [], end });
}
