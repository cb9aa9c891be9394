import { invalidRequest } from './errors.ts';
import { ignored, switchedOff, unsupported, word } from './parameters.ts';
import { route } from './routes.ts';
import { upcomingInvoice } from './upcoming-invoice.ts';
import type { Subscription } from './wire.ts';
import { need, type World } from './world.ts';

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
      return upcomingInvoice(world, subscription);
    },
  ),
];
