// What a push would do: the file compared with what Stripe has and with what this database has pushed before.
import { parseFraction } from './amount.ts';
import type { WantedMeter, WantedPrice, WantedProduct } from './catalogue-objects.ts';

export interface CatalogueChange {
  readonly kind: 'create' | 'adopt' | 'version' | 'unchanged' | 'drift' | 'withdraw';
  readonly object: 'unit' | 'rate' | 'plan' | 'pack' | 'meter' | 'product' | 'price';
  readonly key: string;
  readonly detail: string;
  /** Drift that no push can undo; nothing is pushed while there is any. */
  readonly blocks?: true;
}

export interface FoundMeter {
  readonly meterId: string;
  readonly active: boolean;
  readonly formula: string;
}

export interface FoundProduct {
  readonly productId: string;
  readonly name: string;
  readonly active: boolean;
  readonly made: boolean;
}

export interface FoundPrice {
  readonly priceId: string;
  readonly active: boolean;
  readonly currency: string;
  readonly unitAmountDecimal: string | null;
  readonly use: WantedPrice['use'];
  readonly interval: string | null;
  readonly intervalCount: number;
  readonly meterId: string | null;
  readonly plain: boolean;
}

/** The meter of the credit unit; `knownId` is the one that this database has pushed. */
export function meterChange(wanted: WantedMeter, found: FoundMeter | null, knownId: string | null): CatalogueChange {
  const item = { object: 'meter', key: wanted.eventName } as const;
  if (found === null || (knownId !== null && found.meterId !== knownId)) {
    return knownId === null
      ? { ...item, kind: 'create', detail: wanted.displayName }
      : { ...item, kind: 'drift', detail: `${knownId} is gone at Stripe`, blocks: true };
  }
  if (found.formula !== 'sum') {
    return { ...item, kind: 'drift', detail: `${found.meterId} does not sum but ${found.formula}`, blocks: true };
  }
  if (!found.active) return { ...item, kind: 'drift', detail: `${found.meterId} is archived` };
  return { ...item, kind: knownId === null ? 'adopt' : 'unchanged', detail: found.meterId };
}

/** `known`: this database has pushed it before. */
export function productChange(wanted: WantedProduct, found: FoundProduct | null, known: boolean): CatalogueChange {
  const item = { object: 'product', key: wanted.key } as const;
  if (found === null) {
    return known
      ? { ...item, kind: 'drift', detail: 'is gone at Stripe, or lost its metadata', blocks: true }
      : { ...item, kind: 'create', detail: wanted.name };
  }
  if (!found.active) return { ...item, kind: 'drift', detail: `${found.productId} is archived` };
  if (found.made && found.name !== wanted.name) {
    return { ...item, kind: 'drift', detail: `${found.productId} is named ${JSON.stringify(found.name)}` };
  }
  return { ...item, kind: known ? 'unchanged' : 'adopt', detail: found.productId };
}

/** A price with our key must be the price that the file says; amounts cannot be changed at Stripe. */
export function priceChange(
  wanted: WantedPrice,
  found: FoundPrice | null,
  { known, meterId }: { known: boolean; meterId: string | null },
): CatalogueChange {
  const item = { object: 'price', key: wanted.key } as const;
  if (found === null) {
    return known
      ? { ...item, kind: 'drift', detail: 'is gone at Stripe', blocks: true }
      : { ...item, kind: 'create', detail: described(wanted) };
  }
  const wrong = mismatch(wanted, found, meterId);
  if (wrong !== null) {
    return { ...item, kind: 'drift', detail: `${found.priceId} ${wrong}, not ${described(wanted)}`, blocks: true };
  }
  if (!found.active) return { ...item, kind: 'drift', detail: `${found.priceId} is archived` };
  return { ...item, kind: known ? 'unchanged' : 'adopt', detail: found.priceId };
}

function mismatch(wanted: WantedPrice, found: FoundPrice, meterId: string | null): string | null {
  if (found.use !== wanted.use) return `is a ${found.use} price`;
  if (found.currency !== wanted.currency) return `is in ${found.currency}`;
  if (found.interval !== wanted.interval || found.intervalCount !== 1) {
    return `recurs each ${found.intervalCount} ${found.interval}`;
  }
  if (!found.plain) return 'has tiers, packages or tax included';
  if (found.unitAmountDecimal === null || !isSameDecimal(found.unitAmountDecimal, wanted.unitAmountDecimal)) {
    return `is ${found.unitAmountDecimal}`;
  }
  if (wanted.use === 'metered' && found.meterId !== meterId) return `counts by the meter ${found.meterId}`;
  return null;
}

/** "0.0010" is "0.001". */
function isSameDecimal(a: string, b: string): boolean {
  const [left, right] = [parseFraction(a), parseFraction(b)];
  if (left === null || right === null) return false;
  return left.numerator * right.denominator === right.numerator * left.denominator;
}

function described({ unitAmountDecimal, currency, use, interval }: WantedPrice): string {
  const what = { base: 'seat', metered: 'meter unit', pack: 'pack' }[use];
  const often = interval === null ? 'once' : `each ${interval}`;
  return `${unitAmountDecimal} ${currency} (minor units) a ${what}, ${often}`;
}
