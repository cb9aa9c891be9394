import { z } from 'zod';

import type { Finding } from '../domain/finding.ts';
import type { ModelPrice, ModelPriceList } from '../domain/model-prices.ts';

// The form of the file of model prices. What a value means is the linter's business; this says which fields there are.

const decimal = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(\.\d{1,12})?$/, 'must be a plain decimal in quotes, such as "0.15"');

const instant = z.iso.datetime({ offset: true, error: 'must be an instant in quotes, such as "2026-01-01T00:00:00Z"' });

const currency = z.string().regex(/^[a-z]{3}$/, 'must be a currency in lower case, such as usd');

const name = z.string().min(1).max(200);

const percent = z.number().min(-100).max(100);

const unitPrice = z.strictObject({ unit: name, amount: decimal, each: z.int().min(1).max(1_000_000_000) }).readonly();

const row = z
  .strictObject({
    model: name,
    provider: name.exactOptional(),
    effectiveFrom: instant,
    currency: currency.exactOptional(),
    prices: z.array(unitPrice).readonly().exactOptional(),
    perUse: decimal.exactOptional(),
  })
  .readonly();

const exchangeRate = z.strictObject({ from: currency, to: currency, rate: decimal, effectiveFrom: instant }).readonly();

const margin = z
  .strictObject({
    targetPercent: percent.exactOptional(),
    driftPoints: z.number().positive().max(100).exactOptional(),
    features: z
      .array(z.strictObject({ feature: name, targetPercent: percent }).readonly())
      .readonly()
      .exactOptional(),
  })
  .readonly();

/** The file of model prices. */
export const priceList = z
  .strictObject({
    currency,
    models: z.array(row).readonly(),
    exchangeRates: z.array(exchangeRate).readonly().exactOptional(),
    margin: margin.exactOptional(),
  })
  .readonly();

/** Reads the form of a price list: the list itself, or everything that is wrong with its form. */
export function readPriceList(
  content: unknown,
): { readonly list: ModelPriceList } | { readonly findings: readonly Finding[] } {
  const read = priceList.safeParse(content);
  if (read.success) return { list: read.data };
  return {
    findings: read.error.issues.map(({ path, message }) => ({
      path:
        path
          .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
          .join('')
          .replace(/^\./, '') || 'the file',
      code: 'wrong_form',
      message: `${message}.`,
      fix: 'docs/margin.md shows the whole file.',
    })),
  };
}

/** A stored price as it is shown. */
export function shownPrice(price: ModelPrice): object {
  const { model, provider, currency: paidIn, prices, perUse, effectiveFrom, pushedAt } = price;
  return {
    object: 'model_price',
    model,
    provider,
    currency: paidIn,
    prices,
    per_use: perUse,
    effective_from: effectiveFrom,
    pushed_at: pushedAt,
  };
}
