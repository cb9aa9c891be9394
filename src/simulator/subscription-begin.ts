// A period that begins at the moment of a request: after a pause, or because a trial is ended.
import { subscriptionLine } from './invoice-lines.ts';
import { boundaryAfter } from './periods.ts';
import { ONE } from './rounding.ts';
import { isMetered } from './subscription-items.ts';
import type { Invoice, InvoiceLine, Subscription } from './wire.ts';
import type { World } from './world.ts';

/** Items and anchor of a subscription whose period begins now. */
export function begunAnew(before: Subscription, now: number): Pick<Subscription, 'items' | 'billing_cycle_anchor'> {
  const data = before.items.data.map((item) => {
    const recurring = item.price.recurring ?? { interval: 'month', interval_count: 1 };
    return { ...item, current_period_start: now, current_period_end: boundaryAfter(now, recurring, now) };
  });
  return { items: { ...before.items, data }, billing_cycle_anchor: now };
}

/** The licensed items for the period that has begun, newest first. */
export function feeLines(world: World, invoice: Invoice, subscription: Subscription): InvoiceLine[] {
  const licensed = subscription.items.data.filter(({ price }) => !isMetered(price)).toReversed();
  return licensed.map((item) => {
    const period = { start: item.current_period_start, end: item.current_period_end };
    return subscriptionLine(world, invoice, subscription, item, period, BigInt(item.quantity ?? 1) * ONE);
  });
}
