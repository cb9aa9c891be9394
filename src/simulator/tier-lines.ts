// A graduated price on an invoice: one line for each tier that its quantity reaches. Until the invoice is final its lines are
// put together and taken apart again whenever the quantity is looked at.
import { describe } from './invoice-lines.ts';
import { lineAmount, tierParts } from './line-amount.ts';
import { dividedHalfUp, fromScaled, ONE, toScaled, truncated } from './rounding.ts';
import type { InvoiceLine, Price } from './wire.ts';
import type { World } from './world.ts';

const LATER_TIER = /_t\d+$/;

/** The price of a subscription's own line that is charged by graduated tiers. */
function graduatedPrice(world: World, line: InvoiceLine): Price | null {
  const details = line.parent?.subscription_item_details;
  if (details === null || details === undefined || details.proration) return null;
  const price = world.store.find('prices', line.pricing?.price_details?.price ?? '');
  return price?.billing_scheme === 'tiered' && price.tiers_mode === 'graduated' ? price : null;
}

/** Each line of a graduated price as the one that it was. */
export function joinedTiers(world: World, lines: readonly InvoiceLine[]): InvoiceLine[] {
  return lines.flatMap((line): InvoiceLine[] => {
    if (LATER_TIER.test(line.id)) return [];
    const others = lines.filter(({ id }) => id.startsWith(`${line.id}_t`));
    const price = others.length === 0 ? null : graduatedPrice(world, line);
    if (price === null) return [line];
    const quantity = [line, ...others].reduce((sum, { quantity_decimal: part }) => sum + toScaled(part ?? '0'), 0n);
    const amount = lineAmount(price, quantity, world.switches);
    return [withPart(line, { price, amount, quantity, description: describe(world, price, quantity) })];
  });
}

/** Each line of a graduated price as a line for each tier, where the switch says so and it was charged whole. */
export function splitTiers(world: World, lines: readonly InvoiceLine[]): InvoiceLine[] {
  if (world.switches.graduatedLines === 'one') return [...lines];
  return lines.flatMap((line): InvoiceLine[] => {
    const price = graduatedPrice(world, line);
    if (price === null) return [line];
    const whole = toScaled(line.quantity_decimal ?? '0');
    const parts = tierParts(price, whole);
    if (parts.length < 2 || line.amount !== lineAmount(price, whole, world.switches)) return [line];
    return parts.map(({ tier, quantity, charge }, index) => {
      const priced = { ...price, unit_amount_decimal: tier.unit_amount_decimal };
      const amount = Number(dividedHalfUp(charge, ONE * ONE, world.switches.negativeHalf));
      const description = describe(world, priced, quantity, `Tier ${index + 1} `);
      const part = withPart(line, { price: priced, amount, quantity, description });
      return index === 0 ? part : { ...part, id: `${line.id}_t${index + 1}` };
    });
  });
}

interface Part {
  readonly price: Price;
  readonly amount: number;
  readonly quantity: bigint;
  readonly description: string;
}

function withPart(line: InvoiceLine, { price, amount, quantity, description }: Part): InvoiceLine {
  return {
    ...line,
    amount,
    description,
    pricing: line.pricing === null ? null : { ...line.pricing, unit_amount_decimal: price.unit_amount_decimal },
    quantity: truncated(quantity),
    quantity_decimal: fromScaled(quantity),
    subtotal: amount,
  };
}
