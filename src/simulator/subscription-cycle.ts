import { announceDraft, openDraft, pendingItems } from './drafts.ts';
import { subscriptionLine } from './invoice-lines.ts';
import { newInvoice } from './new-invoice.ts';
import { boundaryAfter } from './periods.ts';
import { ONE } from './rounding.ts';
import { enterNextPhase, itemsOfPhase, phaseStartingAt } from './schedule-phases.ts';
import { isMetered, itemsOf, paysUsage } from './subscription-items.ts';
import { planCycle } from './subscription-tasks.ts';
import { upcomingInvoice } from './upcoming-invoice.ts';
import { usageLine } from './usage-line.ts';
import { voidInvoice } from './voiding.ts';
import type { Invoice, InvoiceLine, Subscription, SubscriptionItem } from './wire.ts';
import { change, emit, need, type World } from './world.ts';

/** The items with their next period, as far as the present one ended. */
function movedOn(subscription: Subscription, at: number): SubscriptionItem[] {
  return subscription.items.data.map((item) => {
    const { recurring } = item.price;
    if (item.current_period_end > at || recurring === null) return item;
    const end = boundaryAfter(subscription.billing_cycle_anchor, recurring, at);
    return { ...item, current_period_start: at, current_period_end: end };
  });
}

function cycleInvoice(world: World, subscription: Subscription, at: number, start: number): Invoice {
  const pause = subscription.pause_collection;
  const paused = pause !== null && (pause.resumes_at === null || pause.resumes_at > at);
  return newInvoice(world, {
    customer: need(world, 'customers', subscription.customer, 'customer'),
    currency: subscription.currency,
    reason: 'subscription_cycle',
    subscription,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: subscription.status !== 'unpaid' && !(paused && pause.behavior === 'keep_as_draft'),
    created: at,
    period: { start, end: at },
  });
}

/** Lines of a cycle: newest item first; usage of the past period, licences for the coming one. */
function cycleLines(
  world: World,
  invoice: Invoice,
  before: Subscription,
  after: Subscription,
  at: number,
): InvoiceLine[] {
  const goesOn = after.status !== 'canceled';
  const coming = goesOn ? after.items.data.filter(({ price }) => !isMetered(price)) : [];
  const used = before.items.data.filter(({ price }) => isMetered(price) && paysUsage(world, before));
  const licences = coming.filter(({ current_period_start: start }) => start === at);
  const usages = used.filter(({ current_period_end: end }) => end <= at || !goesOn);
  const order = [...before.items.data, ...after.items.data].map(({ id }) => id);
  const lines = [
    ...usages.map((item) => ({ item, line: usageLine(world, invoice, before, item, at) })),
    ...licences.map((item) => {
      const period = { start: item.current_period_start, end: item.current_period_end };
      const quantity = BigInt(item.quantity ?? 1) * ONE;
      return { item, line: subscriptionLine(world, invoice, after, item, period, quantity) };
    }),
  ];
  return lines.toSorted((a, b) => order.indexOf(b.item.id) - order.indexOf(a.item.id)).map(({ line }) => line);
}

function ends(subscription: Subscription, at: number): boolean {
  return subscription.cancel_at_period_end || (subscription.cancel_at !== null && subscription.cancel_at <= at);
}

/** A period ends: the subscription moves on or stops, and a draft invoice opens. */
function cycle(world: World, id: string, at: number): void {
  const before = world.store.find('subscriptions', id);
  if (before === undefined || ['canceled', 'incomplete', 'incomplete_expired', 'paused'].includes(before.status))
    return;
  const stops = ends(before, at);
  const start = Math.min(...before.items.data.map((item) => item.current_period_start));
  const running = before.status === 'trialing' ? 'active' : before.status;
  const status = stops ? 'canceled' : running;
  const phase = phaseStartingAt(world, before, at);
  const going = phase === undefined ? movedOn(before, at) : itemsOfPhase(world, before, phase, at);
  const items = stops ? before.items : itemsOf(world, id, going);
  const after: Subscription = { ...before, items, status };
  const invoice = cycleInvoice(world, before, at, start);
  const lines = cycleLines(world, invoice, before, after, at);
  const extra = pendingItems(world, invoice, id);
  const bills = lines.length > 0 || extra.length > 0;
  const stopped = stops ? { ended_at: at, canceled_at: before.canceled_at ?? at } : {};
  const changes = { items, status, latest_invoice: bills ? invoice.id : before.latest_invoice, ...stopped };
  if (stops) emit(world, 'customer.subscription.deleted', world.store.patch('subscriptions', id, changes));
  else change(world, 'subscriptions', id, changes, 'customer.subscription.updated');
  if (bills) {
    openDraft(world, invoice, lines, extra);
    announceDraft(world, invoice.id);
  }
  planCycle(world, id);
  if (phase !== undefined && before.schedule !== null) enterNextPhase(world, before.schedule, at);
}

export const subscriptionTasks = {
  subscription_cycle: cycle,
  subscription_incomplete: (world: World, id: string) => {
    const subscription = world.store.find('subscriptions', id);
    if (subscription?.status !== 'incomplete') return;
    change(world, 'subscriptions', id, { status: 'incomplete_expired' }, 'customer.subscription.updated');
    const invoice = world.store.find('invoices', subscription.latest_invoice ?? '');
    if (invoice?.status === 'open') voidInvoice(world, invoice.id);
  },
  trial_will_end: (world: World, id: string) => {
    const subscription = world.store.find('subscriptions', id);
    if (subscription?.status === 'trialing') emit(world, 'customer.subscription.trial_will_end', subscription);
  },
  invoice_upcoming: (world: World, id: string) => {
    const subscription = world.store.find('subscriptions', id);
    if (subscription === undefined || subscription.status === 'canceled') return;
    const { id: _none, ...upcoming } = upcomingInvoice(world, subscription);
    emit(world, 'invoice.upcoming', upcoming);
  },
};
