import { share } from './rounding.ts';
import type { Coupon, Invoice, InvoiceLine } from './wire.ts';
import type { World } from './world.ts';

function reachesLine(coupon: Coupon, line: InvoiceLine): boolean {
  const products = coupon.applies_to?.products;
  if (!line.discountable || line.amount <= 0) return false;
  return products === undefined || products.includes(line.pricing?.price_details?.product ?? '');
}

/** Spreads a coupon over the bases of the lines it reaches, in minor units that add up. */
function spread(coupon: Coupon, bases: readonly number[]): number[] {
  const whole = bases.reduce((sum, base) => sum + base, 0);
  if (coupon.percent_off !== null) {
    const part = Math.round(coupon.percent_off * 10_000);
    return bases.map((base) => share(base, part, 1_000_000));
  }
  const off = Math.min(coupon.amount_off ?? 0, whole);
  let before = 0;
  let given = 0;
  return bases.map((base) => {
    before += base;
    const upToHere = share(off, before, whole);
    const mine = upToHere - given;
    given = upToHere;
    return mine;
  });
}

/** The lines with the invoice's discounts worked out anew, one after the other on what the earlier ones left. */
export function discountLines(world: World, invoice: Invoice): InvoiceLine[] {
  let lines = invoice.lines.data.map((line): InvoiceLine => ({ ...line, discount_amounts: [] }));
  for (const id of invoice.discounts) {
    const coupon = world.store.find('coupons', world.store.find('discounts', id)?.source.coupon ?? '');
    if (coupon === undefined) continue;
    const reached = lines.filter((line) => reachesLine(coupon, line));
    const amounts = spread(coupon, reached.map(leftOf));
    const byLine = new Map(reached.map((line, index) => [line.id, amounts[index] ?? 0]));
    lines = lines.map((line) => {
      const amount = byLine.get(line.id);
      return amount === undefined
        ? line
        : { ...line, discount_amounts: [...(line.discount_amounts ?? []), { amount, discount: id }] };
    });
  }
  return lines;
}

function leftOf(line: InvoiceLine): number {
  return line.amount - (line.discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
}
