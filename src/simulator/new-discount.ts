import { couponWithId } from './coupons.ts';
import { freshId } from './ids.ts';
import { intervalsAfter } from './periods.ts';
import type { Coupon, Discount } from './wire.ts';
import { nowOf, type World } from './world.ts';

interface Asked {
  readonly coupon?: string | undefined;
  readonly discount?: string | undefined;
}
interface Owner {
  readonly customer: string | null;
  readonly subscription?: string;
}

/** When a coupon stops; a once-only one ends with the period it was first used in, so it is told by its users. */
function endOf(coupon: Coupon, start: number): number | null {
  if (coupon.duration !== 'repeating') return null;
  return intervalsAfter(start, { interval: 'month', interval_count: coupon.duration_in_months ?? 1 }, 1);
}

/** Redeems coupons for an owner; returns the ids of the discounts. */
export function newDiscounts(world: World, asked: readonly Asked[], owner: Owner): string[] {
  return asked.map(({ coupon: couponId, discount: existing }) => {
    if (existing !== undefined) return existing;
    const coupon = couponWithId(world, couponId ?? '', 'discounts');
    const start = nowOf(world, owner.customer);
    const discount: Discount = {
      id: freshId('di'),
      object: 'discount',
      checkout_session: null,
      customer: owner.customer,
      customer_account: null,
      end: endOf(coupon, start),
      invoice: null,
      invoice_item: null,
      promotion_code: null,
      source: { coupon: coupon.id, type: 'coupon' },
      start,
      subscription: owner.subscription ?? null,
      subscription_item: null,
    };
    world.store.put('discounts', discount);
    return discount.id;
  });
}
