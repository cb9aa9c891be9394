import type { Invoice } from './wire.ts';
import { change, type World } from './world.ts';

function subscriptionOf(invoice: Invoice): string | null {
  return invoice.parent?.subscription_details?.subscription ?? null;
}

/** A paid invoice brings its subscription to life, or back, unless others of its invoices are still owed. */
export function invoicePaid(world: World, invoice: Invoice): void {
  const id = subscriptionOf(invoice);
  const subscription = id === null ? undefined : world.store.find('subscriptions', id);
  if (subscription === undefined) return;
  const revivable = ['incomplete', 'past_due', 'unpaid'].includes(subscription.status);
  if (!revivable || subscription.latest_invoice !== invoice.id) return;
  world.store.remove('tasks', `subscription_incomplete:${subscription.id}`);
  change(world, 'subscriptions', subscription.id, { status: 'active' }, 'customer.subscription.updated');
}

/** A failed payment makes a running subscription past due; one that never started stays incomplete. */
export function invoicePaymentFailed(world: World, invoice: Invoice): void {
  const id = subscriptionOf(invoice);
  const subscription = id === null ? undefined : world.store.find('subscriptions', id);
  if (subscription?.status !== 'active' || invoice.billing_reason === 'subscription_create') return;
  change(world, 'subscriptions', subscription.id, { status: 'past_due' }, 'customer.subscription.updated');
}
