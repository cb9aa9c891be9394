// What a use cost at the provider of its model: as the host says, or by the price list at the instant of the use.
import { AMOUNT_MAX, dividedHalfUp, parseFraction } from './amount.ts';
import { type ModelPrice, modelPriceAt } from './model-prices.ts';
import { NANO_PER_MAJOR } from './nano-money.ts';
import type { Dimensions, Quantities } from './rating.ts';

/** Whose model will be used with which key. */
export interface ProviderName {
  readonly model?: string | undefined;
  readonly key?: string | undefined;
}

/** What a host tells of a use's provider. */
export interface ProviderUse {
  readonly provider: string | null;
  /** null: the dimension `model`, if the use has one */
  readonly model: string | null;
  /** The provider's name of the key that was used; never the key itself. */
  readonly key: string | null;
  /** What the provider counts; null: the quantities of the use. */
  readonly units: Quantities | null;
  /** Nano-units of the currency's major unit; null: by the price list. */
  readonly costNano: bigint | null;
  readonly currency: string | null;
}

export type CostBasis = 'given' | 'listed' | 'unpriced';

/** A cost as it is stored: once, with the use, and never changed. */
export interface ProviderCost {
  readonly costId: string;
  readonly usageEventId: string | null;
  readonly holdId: string | null;
  readonly occurredAt: Date;
  readonly action: string;
  readonly feature: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly key: string | null;
  readonly units: Readonly<Record<string, string>>;
  readonly basis: CostBasis;
  /** null where it is not known */
  readonly costNano: bigint | null;
  readonly currency: string | null;
  readonly modelPriceId: string | null;
  /** Why it is not known. */
  readonly because: string | null;
}

export type Costed = Pick<
  ProviderCost,
  'provider' | 'model' | 'key' | 'units' | 'basis' | 'costNano' | 'currency' | 'modelPriceId' | 'because'
>;

/** The model that a use names: by itself, or as the dimension of that name. */
export function modelOf(
  use: { readonly model?: string | null | undefined } | null,
  dimensions: Dimensions,
): string | null {
  return use?.model ?? (Object.hasOwn(dimensions, 'model') ? (dimensions['model'] ?? null) : null);
}

/** What is known of a use's cost; null where it says nothing of a provider and names no model. */
export function costOf(
  use: ProviderUse | null,
  { quantities, dimensions, at }: { quantities: Quantities; dimensions: Dimensions; at: Date },
  prices: readonly ModelPrice[],
): Costed | null {
  const model = modelOf(use, dimensions);
  if (use === null && model === null) return null;
  const units = use?.units ?? quantities;
  const known = { provider: use?.provider ?? null, model, key: use?.key ?? null, units: textOf(units) };
  if (use !== null && use.costNano !== null) {
    return {
      ...known,
      basis: 'given',
      costNano: use.costNano,
      currency: use.currency,
      modelPriceId: null,
      because: null,
    };
  }
  const price = model === null ? null : modelPriceAt(prices, model, at);
  if (price === null) return unpriced(known, model === null ? 'no model is named' : `no price of ${model} is in force`);
  const cost = listedCost(price, units, use?.units != null);
  if (typeof cost === 'string') return unpriced(known, cost);
  const { currency, modelPriceId } = price;
  const provider = known.provider ?? price.provider;
  return { ...known, provider, basis: 'listed', costNano: cost, currency, modelPriceId, because: null };
}

function unpriced(known: Pick<Costed, 'provider' | 'model' | 'key' | 'units'>, because: string): Costed {
  return { ...known, basis: 'unpriced', costNano: null, currency: null, modelPriceId: null, because };
}

/**
 * Nano-units, rounded half up once, or why there is no cost: units that were named for this purpose must all have a
 * price, since a cost that is known in part is none.
 */
function listedCost(price: ModelPrice, units: Quantities, all: boolean): bigint | string {
  let numerator = 0n;
  let denominator = 1n;
  const add = (amount: string, count: bigint, each: bigint): void => {
    const { numerator: top, denominator: bottom } = fraction(amount);
    numerator = numerator * bottom * each + top * count * denominator;
    denominator *= bottom * each;
  };
  let priced = price.perUse !== null;
  if (price.perUse !== null) add(price.perUse, 1n, 1n);
  for (const [unit, count] of Object.entries(units)) {
    const found = price.prices.find((one) => one.unit === unit);
    if (found === undefined && all) return `${price.model} has no price for ${unit}`;
    if (found === undefined) continue;
    priced = true;
    add(found.amount, count, BigInt(found.each));
  }
  if (!priced) return `none of what was used has a price of ${price.model}`;
  const nano = dividedHalfUp(numerator * NANO_PER_MAJOR, denominator);
  return nano <= AMOUNT_MAX ? nano : 'more than an amount can hold';
}

/** The file was read before, so a bad number here is our mistake. */
function fraction(text: string): { numerator: bigint; denominator: bigint } {
  const read = parseFraction(text);
  if (read === null) throw new Error(`a model price holds ${text}, which is no plain decimal`);
  return read;
}

function textOf(units: Quantities): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(units).map(([name, count]) => [name, String(count)]));
}
