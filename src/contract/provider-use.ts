import { z } from 'zod';

import { minorPlaces } from '../domain/currency.ts';
import { parseNano } from '../domain/nano-money.ts';
import type { ProviderUse } from '../domain/provider-cost.ts';
import { quantities } from './amounts.ts';
import { text } from './text.ts';

const currency = z
  .string()
  .regex(/^[a-z]{3}$/, 'must be a currency in lower case, such as usd')
  .refine((code) => minorPlaces(code) !== null, 'is no currency that Stripe knows');

/** Major units: "0.0123" dollars. */
const amount = z
  .string()
  .refine((value) => parseNano(value) !== null, 'must be a decimal string of major units such as "0.0123"');

const names = {
  name: text(100).optional(),
  model: text(200).optional(),
  key: text(200).optional(),
};

/** Whose model will be used with which key: what a registry may block. */
export const providerName = z.strictObject(names);

/** The same of a use that happened, with what it cost there; without `cost` the price list says it. */
export const providerUse = z.strictObject({
  ...names,
  units: quantities.optional(),
  cost: z.strictObject({ amount, currency }).optional(),
});

/** As operations take it. */
export function toProviderUse({ name, model, key, units, cost }: z.output<typeof providerUse>): ProviderUse {
  return {
    provider: name ?? null,
    model: model ?? null,
    key: key ?? null,
    units: units ?? null,
    costNano: cost === undefined ? null : parseNano(cost.amount),
    currency: cost?.currency ?? null,
  };
}
