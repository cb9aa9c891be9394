import { currentInvoice } from './drafts.ts';
import { subscriptionLine } from './invoice-lines.ts';
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

/** The next invoice of a subscription as it would be now; nothing is stored. */
export function upcomingInvoice(world: World, subscription: Subscription): Invoice {
  const ends = subscription.items.data.map((item) => item.current_period_end);
  const end = Math.min(...ends);
  const start = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  const invoice = newInvoice(world, {
    customer: need(world, 'customers', subscription.customer, 'customer'),
    currency: subscription.currency,
    reason: 'upcoming',
    subscription,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    created: nowOf(world, subscription.customer),
    period: { start, end },
  });
  const id = `upcoming_${invoice.id}`;
  const data = nextLines(world, invoice, subscription, end).map((line) => ({
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
