import { invalidRequest, noSuch } from './errors.ts';
import { freshId } from './ids.ts';
import {
  array,
  boolean,
  changedMetadata,
  decimal,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
  word,
  type Kind,
  type Values,
  unsupported,
  readParameters,
} from './parameters.ts';
import { fromScaled, ONE, toScaled } from './rounding.ts';
import type { Price } from './wire.ts';
import { change, emit, type World } from './world.ts';

const upTo: Kind<number | null> = {
  required: false,
  parse: (value, name) => (value === 'inf' ? null : integer(1).parse(value, name)),
};
export const priceShape = {
  currency: required(word(3)),
  active: boolean(),
  billing_scheme: oneOf('per_unit', 'tiered'),
  currency_options: unsupported(),
  custom_unit_amount: unsupported(),
  lookup_key: word(200),
  metadata: metadata(),
  nickname: text(),
  recurring: object({
    interval: required(oneOf('day', 'week', 'month', 'year')),
    interval_count: integer(1),
    meter: word(),
    trial_period_days: integer(0),
    usage_type: oneOf('licensed', 'metered'),
  }),
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  tiers: array(
    object({
      up_to: required(upTo),
      flat_amount: integer(),
      flat_amount_decimal: decimal(),
      unit_amount: integer(),
      unit_amount_decimal: decimal(),
    }),
  ),
  tiers_mode: oneOf('graduated', 'volume'),
  transfer_lookup_key: boolean(),
  transform_quantity: object({ divide_by: required(integer(1)), round: required(oneOf('up', 'down')) }),
  unit_amount: integer(0),
  unit_amount_decimal: decimal(),
};
export type PriceFacts = Values<typeof priceShape>;

/** A price of which nothing is asked, to start from inside the simulator. */
export const NO_PRICE_FACTS = readParameters({ ...priceShape, currency: word(3) }, new Map());
export const NO_RECURRENCE = { meter: undefined, trial_period_days: undefined, usage_type: undefined };

/** The parameters of a price made with its product. */
export const defaultPriceData = object({
  currency: priceShape.currency,
  currency_options: priceShape.currency_options,
  custom_unit_amount: priceShape.custom_unit_amount,
  metadata: priceShape.metadata,
  recurring: object({ interval: required(oneOf('day', 'week', 'month', 'year')), interval_count: integer(1) }),
  tax_behavior: priceShape.tax_behavior,
  unit_amount: priceShape.unit_amount,
  unit_amount_decimal: priceShape.unit_amount_decimal,
});

interface Amount {
  readonly unit_amount: number | null;
  readonly unit_amount_decimal: string | null;
}

/** An amount given whole or as a decimal; the whole number is null when the decimal is not one. */
function amountOf(whole: number | undefined, fine: string | undefined, param: string): Amount {
  if (whole !== undefined && fine !== undefined) {
    throw invalidRequest(`You may only specify one of these parameters: ${param}, ${param}_decimal.`, { param });
  }
  if (whole === undefined && fine === undefined) return { unit_amount: null, unit_amount_decimal: null };
  const scaled = fine === undefined ? BigInt(whole ?? 0) * ONE : toScaled(fine);
  const isWhole = scaled % ONE === 0n;
  return { unit_amount: isWhole ? Number(scaled / ONE) : null, unit_amount_decimal: fromScaled(scaled) };
}

function recurringOf(world: World, given: PriceFacts['recurring']): Price['recurring'] {
  if (given === undefined) return null;
  const usageType = given.usage_type ?? 'licensed';
  if (usageType === 'metered') {
    if (given.meter === undefined) {
      throw invalidRequest('A metered price must be backed by a billing meter.', { param: 'recurring[meter]' });
    }
    const meter = world.store.find('meters', given.meter);
    if (meter === undefined) throw noSuch('meter', given.meter, 'recurring[meter]');
    if (meter.status === 'inactive') {
      throw invalidRequest('The meter is inactive and cannot be used with a new price.', {
        code: 'archived_meter',
        param: 'recurring[meter]',
      });
    }
  }
  return {
    interval: given.interval,
    interval_count: given.interval_count ?? 1,
    meter: given.meter ?? null,
    trial_period_days: given.trial_period_days ?? null,
    usage_type: usageType,
  };
}

/** Gives a lookup key to a price, away from its holder only when a transfer was asked for. */
export function takeLookupKey(world: World, key: string, transfer: boolean, taker: string): void {
  for (const holder of world.store.by('prices', 'lookup_key', key)) {
    if (holder.id === taker) continue;
    if (!transfer) {
      const message = `A price (\`${holder.id}\`) already uses that lookup key.`;
      throw invalidRequest(message, { param: 'lookup_key', code: 'resource_already_exists' });
    }
    change(world, 'prices', holder.id, { lookup_key: null }, 'price.updated');
  }
}

function tiersOf(given: PriceFacts['tiers']): NonNullable<Price['tiers']> {
  return (given ?? []).map((tier) => {
    const unit = amountOf(tier.unit_amount, tier.unit_amount_decimal, 'unit_amount');
    const flat = amountOf(tier.flat_amount, tier.flat_amount_decimal, 'flat_amount');
    return { ...unit, flat_amount: flat.unit_amount, flat_amount_decimal: flat.unit_amount_decimal, up_to: tier.up_to };
  });
}

/** Stores a new price and says so. */
export function newPrice(world: World, product: string, facts: PriceFacts): Price {
  const tiered = facts.billing_scheme === 'tiered';
  const amount = amountOf(facts.unit_amount, facts.unit_amount_decimal, 'unit_amount');
  if (!tiered && amount.unit_amount_decimal === null) {
    throw invalidRequest(
      'You must specify either `unit_amount` or `unit_amount_decimal` when `billing_scheme` is `per_unit`.',
      { code: 'parameter_missing', param: 'unit_amount' },
    );
  }
  if (
    tiered &&
    (facts.tiers === undefined || facts.tiers_mode === undefined || facts.transform_quantity !== undefined)
  ) {
    throw invalidRequest('A tiered price needs `tiers` and `tiers_mode`, and cannot transform its quantity.', {
      param: 'tiers',
    });
  }
  const id = freshId('price');
  if (facts.lookup_key !== undefined) takeLookupKey(world, facts.lookup_key, facts.transfer_lookup_key ?? false, id);
  const price: Price = {
    id,
    object: 'price',
    active: facts.active ?? true,
    billing_scheme: facts.billing_scheme ?? 'per_unit',
    created: world.now(),
    currency: facts.currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: facts.lookup_key ?? null,
    metadata: changedMetadata({}, facts.metadata),
    nickname: facts.nickname ?? null,
    product,
    recurring: recurringOf(world, facts.recurring),
    tax_behavior: facts.tax_behavior ?? 'unspecified',
    ...(tiered ? { tiers: tiersOf(facts.tiers) } : {}),
    tiers_mode: facts.tiers_mode ?? null,
    transform_quantity: facts.transform_quantity ?? null,
    type: facts.recurring === undefined ? 'one_time' : 'recurring',
    ...amount,
  };
  world.store.put('prices', price);
  emit(world, 'price.created', price);
  return price;
}
