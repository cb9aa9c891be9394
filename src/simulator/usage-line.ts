import { subscriptionLine } from './invoice-lines.ts';
import { billableUsage } from './invoice-usage.ts';
import type { Invoice, InvoiceLine, Subscription, SubscriptionItem } from './wire.ts';
import type { World } from './world.ts';

/** The line for usage of a metered item from its period start to `end`. */
export function usageLine(
  world: World,
  invoice: Invoice,
  subscription: Subscription,
  item: SubscriptionItem,
  end: number,
): InvoiceLine {
  const start = item.current_period_start;
  const quantity = billableUsage(world, item.price, subscription.customer, start, end);
  return subscriptionLine(world, invoice, subscription, item, { start, end }, quantity);
}
