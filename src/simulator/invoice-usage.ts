import { lineAmount } from './line-amount.ts';
import { meterUsage } from './meter-usage.ts';
import { fromScaled, truncated } from './rounding.ts';
import { joinedTiers, splitTiers } from './tier-lines.ts';
import type { Invoice, InvoiceLine, Price } from './wire.ts';
import type { World } from './world.ts';

/** Usage to bill for a period, as a count of 10⁻¹²; a negative sum bills nothing. */
export function billableUsage(world: World, price: Price, customer: string, start: number, end: number): bigint {
  const meter = world.store.find('meters', price.recurring?.meter ?? '');
  if (meter === undefined) return 0n;
  const { total } = meterUsage(world, meter, customer, start, end);
  return total < 0n ? 0n : total;
}

function withCurrentUsage(world: World, customer: string, line: InvoiceLine): InvoiceLine {
  const details = line.parent?.subscription_item_details;
  const price = world.store.find('prices', line.pricing?.price_details?.price ?? '');
  if (details === null || details === undefined || details.proration) return line;
  if (price?.recurring?.usage_type !== 'metered') return line;
  const quantity = billableUsage(world, price, customer, line.period.start, line.period.end);
  const amount = lineAmount(price, quantity, world.switches);
  return { ...line, amount, subtotal: amount, quantity: truncated(quantity), quantity_decimal: fromScaled(quantity) };
}

/** A draft with its metered lines as the meters stand now, tier by tier; anything finalized stays as it is. */
export function withUsage(world: World, invoice: Invoice): Invoice {
  const { customer } = invoice;
  if (invoice.status !== 'draft' || customer === null) return invoice;
  const whole = joinedTiers(world, invoice.lines.data).map((line) => withCurrentUsage(world, customer, line));
  const data = splitTiers(world, whole);
  return { ...invoice, lines: { ...invoice.lines, data } };
}
