import { currentInvoice } from './drafts.ts';
import { invalidRequest } from './errors.ts';
import { subscriptionLine } from './invoice-lines.ts';
import { newInvoice } from './new-invoice.ts';
import { ignored, word, unsupported, switchedOff } from './parameters.ts';
import { boundaryAfter } from './periods.ts';
import { ONE } from './rounding.ts';
import { route } from './routes.ts';
import { usageLine } from './subscription-cycle.ts';
import { isMetered } from './subscription-items.ts';
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

function subscriptionOf(world: World, id: string | undefined, customer: string | undefined): Subscription {
  if (id !== undefined) return need(world, 'subscriptions', id, 'subscription', 'subscription');
  const running = world.store
    .by('subscriptions', 'customer', customer ?? '')
    .filter(({ status }) => status !== 'canceled');
  const [first] = running.toSorted(
    (a, b) => (a.items.data[0]?.current_period_end ?? 0) - (b.items.data[0]?.current_period_end ?? 0),
  );
  if (first !== undefined) return first;
  throw invalidRequest(`No upcoming invoices for customer: ${customer ?? ''}`, { code: 'invoice_upcoming_none' });
}

/** The next invoice of a subscription as it would be now; nothing is stored. */
export const invoicePreviewRoutes = [
  route(
    'POST',
    '/v1/invoices/create_preview',
    {
      automatic_tax: switchedOff(),
      currency: ignored(),
      customer: word(),
      customer_account: word(),
      customer_details: unsupported(),
      discounts: unsupported(),
      invoice_items: unsupported(),
      schedule: unsupported(),
      preview_mode: unsupported(),
      subscription: word(),
      subscription_details: unsupported(),
    },
    ({ world, values }) => {
      const subscription = subscriptionOf(world, values.subscription, values.customer);
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
    },
  ),
];
