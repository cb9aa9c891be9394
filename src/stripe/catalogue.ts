// The catalogue at Stripe: a meter is known by its event name, products by metadata, prices by lookup key or metadata.
import { Stripe } from 'stripe';

import type { WantedMeter, WantedPrice, WantedProduct } from '../domain/catalogue-objects.ts';
import { createOnce } from './create-once.ts';
import type { StripeGateway } from './gateway.ts';
import { unlessMissing } from './reading.ts';
import type { ReadCount } from './statements.ts';

const KEY = 'creditpool_key';
/** On products that a push made: those it may rename; one that was adopted keeps its name. */
const MADE = 'creditpool_made';

export interface MeterFacts {
  readonly meterId: string;
  readonly active: boolean;
  readonly formula: string;
}

export interface ProductFacts {
  readonly productId: string;
  readonly key: string;
  readonly name: string;
  readonly active: boolean;
  readonly made: boolean;
}

export interface PriceFacts {
  readonly priceId: string;
  readonly key: string | null;
  readonly active: boolean;
  readonly currency: string;
  readonly unitAmountDecimal: string | null;
  readonly use: WantedPrice['use'];
  readonly interval: string | null;
  readonly intervalCount: number;
  readonly meterId: string | null;
  /** Tiers, packages of units, tax included: not one flat price for one unit. */
  readonly plain: boolean;
}

/** The meter with this event name, active or not. */
export async function findMeter(stripe: StripeGateway, eventName: string): Promise<MeterFacts | null> {
  for (const status of ['active', 'inactive'] as const) {
    for await (const meter of stripe.billing.meters.list({ status, limit: 100 })) {
      if (meter.event_name === eventName) return fromStripeMeter(meter);
    }
  }
  return null;
}

/** The meter with this id; null when Stripe has none. */
export async function fetchMeter(stripe: StripeGateway, count: ReadCount, id: string): Promise<MeterFacts | null> {
  count.reads += 1;
  const meter = await unlessMissing(stripe.billing.meters.retrieve(id));
  return meter === null ? null : fromStripeMeter(meter);
}

/** The product with this id; null when it was deleted. */
export async function fetchProduct(stripe: StripeGateway, count: ReadCount, id: string): Promise<ProductFacts | null> {
  count.reads += 1;
  const product = await unlessMissing(stripe.products.retrieve(id));
  return product === null || 'deleted' in product ? null : fromStripeProduct(product);
}

/** The price with this id; null when Stripe has none. */
export async function fetchPrice(stripe: StripeGateway, count: ReadCount, id: string): Promise<PriceFacts | null> {
  count.reads += 1;
  const price = await unlessMissing(stripe.prices.retrieve(id));
  return price === null || 'deleted' in price ? null : fromStripePrice(price);
}

/** Every product that carries one of our keys, archived ones included. */
export async function listKeyedProducts(stripe: StripeGateway): Promise<readonly ProductFacts[]> {
  const found: ProductFacts[] = [];
  for await (const product of stripe.products.list({ limit: 100 })) {
    if (product.metadata[KEY] !== undefined) found.push(fromStripeProduct(product));
  }
  return found;
}

/** Every price of a product. Archived ones are listed apart: without the filter Stripe lists only active prices (docs). */
export async function listPrices(stripe: StripeGateway, productId: string): Promise<readonly PriceFacts[]> {
  const found: PriceFacts[] = [];
  for (const active of [true, false]) {
    const prices = stripe.prices.list({ product: productId, active, limit: 100 });
    for await (const price of prices) found.push(fromStripePrice(price));
  }
  return found;
}

/** Makes the meter: whole numbers, summed, by the SDK's usual payload keys. */
export async function createMeter(stripe: StripeGateway, meter: WantedMeter): Promise<MeterFacts> {
  const request: Stripe.Billing.MeterCreateParams = {
    display_name: meter.displayName,
    event_name: meter.eventName,
    default_aggregation: { formula: 'sum' },
    customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
    value_settings: { event_payload_key: 'value' },
  };
  return createOnce({
    key: `meter/${meter.eventName}`,
    request,
    create: async (options) => read(await stripe.billing.meters.create(request, options), fromStripeMeter),
    find: async () => findMeter(stripe, meter.eventName),
  });
}

export async function createProduct(stripe: StripeGateway, product: WantedProduct): Promise<ProductFacts> {
  const request: Stripe.ProductCreateParams = {
    name: product.name,
    metadata: { [KEY]: product.key, [MADE]: 'push' },
  };
  return createOnce({
    key: `product/${product.key}`,
    request,
    create: async (options) => read(await stripe.products.create(request, options), fromStripeProduct),
    find: async () => (await listKeyedProducts(stripe)).find(({ key }) => key === product.key) ?? null,
  });
}

/** Tax is said to come on top, since an account's default may be to include it, and then credits would pay the tax. */
export async function createPrice(
  stripe: StripeGateway,
  { productId, meterId, price }: { productId: string; meterId: string; price: WantedPrice },
): Promise<PriceFacts> {
  const { interval } = price;
  const usage = price.use === 'metered' ? { usage_type: 'metered' as const, meter: meterId } : {};
  const request: Stripe.PriceCreateParams = {
    product: productId,
    currency: price.currency,
    unit_amount_decimal: Stripe.Decimal.from(price.unitAmountDecimal),
    tax_behavior: 'exclusive',
    ...(interval !== null && { recurring: { interval, usage_type: 'licensed', ...usage } }),
    lookup_key: price.key,
    metadata: { [KEY]: price.key },
  };
  return createOnce({
    key: `price/${price.key}`,
    request,
    create: async (options) => read(await stripe.prices.create(request, options), fromStripePrice),
    find: async () => (await listPrices(stripe, productId)).find(({ key }) => key === price.key) ?? null,
  });
}

/** Updates are the same however often they are sent, and a replayed one would do nothing: they carry no key of ours. */
export async function renameProduct(stripe: StripeGateway, productId: string, name: string): Promise<void> {
  await stripe.products.update(productId, { name });
}

/** Takes a product, price or meter out of the archive. */
export async function reactivate(
  stripe: StripeGateway,
  { object, id }: { object: 'product' | 'price' | 'meter'; id: string },
): Promise<void> {
  if (object === 'meter') await stripe.billing.meters.reactivate(id);
  else if (object === 'price') await stripe.prices.update(id, { active: true });
  else await stripe.products.update(id, { active: true });
}

function read<Body extends object, Facts>(answer: Stripe.Response<Body>, toFacts: (body: Body) => Facts) {
  return { facts: toFacts(answer), replayed: answer.lastResponse.headers['idempotent-replayed'] === 'true' };
}

function fromStripeMeter(meter: Stripe.Billing.Meter): MeterFacts {
  return { meterId: meter.id, active: meter.status === 'active', formula: meter.default_aggregation.formula };
}

function fromStripeProduct(product: Stripe.Product): ProductFacts {
  return {
    productId: product.id,
    key: product.metadata[KEY] ?? '',
    name: product.name,
    active: product.active,
    made: product.metadata[MADE] !== undefined,
  };
}

function fromStripePrice(price: Stripe.Price): PriceFacts {
  const { recurring } = price;
  return {
    priceId: price.id,
    key: price.metadata[KEY] ?? price.lookup_key,
    active: price.active,
    currency: price.currency,
    unitAmountDecimal: price.unit_amount_decimal?.toString() ?? null,
    use: recurring === null ? 'pack' : recurring.usage_type === 'metered' ? 'metered' : 'base',
    interval: recurring?.interval ?? null,
    intervalCount: recurring?.interval_count ?? 1,
    meterId: recurring?.meter ?? null,
    plain:
      price.billing_scheme === 'per_unit' && price.transform_quantity === null && price.tax_behavior !== 'inclusive',
  };
}
