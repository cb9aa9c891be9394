import { invalidRequest } from './errors.ts';
import { ignored, object, switchedOff, unsupported, type Values, word } from './parameters.ts';
import { route } from './routes.ts';
import { subscriptionUpdateShape } from './subscription-parameters.ts';
import { updateSubscription } from './subscription-update.ts';
import { invoiceAtOnce, upcomingInvoice } from './upcoming-invoice.ts';
import type { Invoice, Subscription } from './wire.ts';
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

/** How the subscription would be changed. */
const detailsShape = {
  billing_cycle_anchor: unsupported(),
  billing_mode: ignored(),
  billing_schedules: unsupported(),
  cancel_at: unsupported(),
  cancel_at_period_end: subscriptionUpdateShape.cancel_at_period_end,
  cancel_now: unsupported(),
  default_tax_rates: subscriptionUpdateShape.default_tax_rates,
  items: subscriptionUpdateShape.items,
  metadata: ignored(),
  pause: unsupported(),
  proration_behavior: subscriptionUpdateShape.proration_behavior,
  proration_date: subscriptionUpdateShape.proration_date,
  resume_at: unsupported(),
  start_date: unsupported(),
  trial_end: unsupported(),
};

/** What a change would invoice: at once where that is asked for, else with the next cycle. */
function changedInvoice(world: World, { id }: Subscription, details: Values<typeof detailsShape>): Invoice {
  const { cancel_at_period_end, default_tax_rates, items, proration_behavior: behavior, proration_date } = details;
  const atOnce = behavior === 'always_invoice';
  const changed = updateSubscription(world, id, {
    cancel_at_period_end,
    default_tax_rates,
    items,
    proration_behavior: atOnce ? 'create_prorations' : behavior,
    proration_date,
  });
  return atOnce ? invoiceAtOnce(world, changed) : upcomingInvoice(world, changed);
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
      subscription_details: object(detailsShape),
    },
    ({ world, values: { subscription, customer, subscription_details: details } }) => {
      const present = subscriptionOf(world, subscription, customer);
      if (details === undefined) return upcomingInvoice(world, present);
      return world.store.rehearse(() => changedInvoice(world, present, details));
    },
  ),
];
