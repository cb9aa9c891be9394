import { invalidRequest, noSuch } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import {
  array,
  changedMetadata,
  decimal,
  integer,
  metadata,
  object,
  oneOf,
  paging,
  range,
  text,
  timestamp,
  word,
  unsupported,
} from './parameters.ts';
import { route } from './routes.ts';
import type { Coupon } from './wire.ts';
import { change, emit, type World } from './world.ts';

/** The coupon with this id, unless it is deleted: then it is only with those who have it. */
export function couponWithId(world: World, id: string, param = 'id'): Coupon {
  const coupon = world.store.find('coupons', id);
  if (coupon === undefined || !coupon.valid) throw noSuch('coupon', id, param);
  return coupon;
}

export const couponRoutes = [
  route(
    'POST',
    '/v1/coupons',
    {
      amount_off: integer(1),
      applies_to: object({ products: array(word()) }),
      currency: word(3),
      currency_options: unsupported(),
      duration: oneOf('forever', 'once', 'repeating'),
      duration_in_months: integer(1),
      id: word(),
      max_redemptions: integer(1),
      metadata: metadata(),
      name: text(40),
      percent_off: decimal(),
      redeem_by: timestamp(),
    },
    ({ world, values }) => {
      if ((values.amount_off === undefined) === (values.percent_off === undefined)) {
        throw invalidRequest('You must specify exactly one of `amount_off` and `percent_off`.', {
          param: 'amount_off',
        });
      }
      const coupon: Coupon = {
        id: values.id ?? freshId('x', 8).slice(2),
        object: 'coupon',
        amount_off: values.amount_off ?? null,
        ...(values.applies_to?.products === undefined ? {} : { applies_to: { products: values.applies_to.products } }),
        created: world.now(),
        currency: values.currency ?? null,
        duration: values.duration ?? 'once',
        duration_in_months: values.duration_in_months ?? null,
        livemode: false,
        max_redemptions: values.max_redemptions ?? null,
        metadata: changedMetadata({}, values.metadata),
        name: values.name ?? null,
        percent_off: values.percent_off === undefined ? null : Number(values.percent_off),
        redeem_by: values.redeem_by ?? null,
        times_redeemed: 0,
        valid: true,
      };
      world.store.put('coupons', coupon);
      emit(world, 'coupon.created', coupon);
      return coupon;
    },
  ),
  route('GET', '/v1/coupons', { ...paging, created: range() }, ({ world, values, path }) =>
    page(
      world.store
        .all('coupons')
        .filter(({ valid }) => valid)
        .toReversed(),
      values,
      path,
    ),
  ),
  route('GET', '/v1/coupons/{id}', {}, ({ world, id }) => couponWithId(world, id)),
  route(
    'POST',
    '/v1/coupons/{id}',
    { metadata: metadata(), name: text(40), currency_options: unsupported() },
    ({ world, id, values }) => {
      const before = couponWithId(world, id);
      const name = values.name === undefined ? before.name : values.name;
      return change(
        world,
        'coupons',
        id,
        { name, metadata: changedMetadata(before.metadata, values.metadata) },
        'coupon.updated',
      );
    },
  ),
  route('DELETE', '/v1/coupons/{id}', {}, ({ world, id }) => {
    couponWithId(world, id);
    emit(world, 'coupon.deleted', world.store.patch('coupons', id, { valid: false }));
    return { id, object: 'coupon', deleted: true };
  }),
];
