// How usage is taxed at Stripe, so that an item that corrects it can be taxed the same.
import type { Stripe } from 'stripe';

import { type LineTax, type RateMillionths, rateIdsOf } from '../domain/line-tax.ts';
import type { StripeGateway } from './gateway.ts';
import type { InvoiceDraft } from './invoice-drafts.ts';
import type { UsageItem } from './pending-usage.ts';

/** What an invoice item is created with; what is left out it inherits from its invoice. */
export interface ItemTax {
  readonly tax_rates?: string[];
  readonly tax_behavior?: Stripe.InvoiceItemCreateParams.TaxBehavior;
  readonly tax_code?: string;
}

/** Both kinds of tax of a line. */
export function lineTaxes({ taxes }: Pick<Stripe.InvoiceLineItem, 'taxes'>): readonly LineTax[] {
  return (taxes ?? []).map(({ tax_behavior: behaviour, tax_rate_details: details, taxability_reason: reason }) => ({
    rateId: details?.tax_rate ?? null,
    isInclusive: behaviour === 'inclusive',
    reason,
  }));
}

/**
 * How an item is taxed as a draft's usage of a price is. Rates that are the invoice's own it inherits: an archived one
 * cannot be named again.
 */
export async function taxOfDraftUsage(
  stripe: StripeGateway,
  draft: InvoiceDraft,
  priceId: string | null,
): Promise<ItemTax> {
  if (draft.hasAutomaticTax && priceId !== null) return automaticTax(stripe, priceId);
  const rates = await ratesOfDraftUsage(stripe, draft, priceId);
  return rates.toSorted().join() === draft.defaultRateIds.toSorted().join() ? {} : named(rates);
}

/** Rates of the taxes on top of a draft's usage of a price. */
export async function ratesOnTop(
  stripe: StripeGateway,
  draft: InvoiceDraft,
  priceId: string | null,
): Promise<readonly RateMillionths[]> {
  const rates: RateMillionths[] = [];
  for (const id of await ratesOfDraftUsage(stripe, draft, priceId)) {
    const { inclusive, percentage, effective_percentage: effective } = await stripe.taxRates.retrieve(id);
    if (!inclusive) rates.push(BigInt(Math.round((effective ?? percentage) * 10_000)));
  }
  return rates;
}

/** By their ids. A line that costs nothing may list no taxes: then the subscription's item tells, or the invoice. */
async function ratesOfDraftUsage(
  stripe: StripeGateway,
  draft: InvoiceDraft,
  priceId: string | null,
): Promise<readonly string[]> {
  const usage = draft.lines.find((line) => line.priceId === priceId && !line.isProration);
  if (usage === undefined) return draft.defaultRateIds;
  const listed = rateIdsOf(usage);
  if (listed.length > 0 || usage.amountMinor !== 0n || usage.subscriptionItemId === null) return listed;
  const own = idsOf((await stripe.subscriptionItems.retrieve(usage.subscriptionItemId)).tax_rates ?? []);
  return own.length > 0 ? own : draft.defaultRateIds;
}

interface Metered {
  readonly subscriptionId: string;
  readonly priceId: string;
}

/** The tax of usage that is on no invoice yet: of the subscription's item of a price. */
export async function taxOfRunningUsage(stripe: StripeGateway, { subscriptionId, priceId }: Metered): Promise<ItemTax> {
  const { automatic_tax: automatic, items } = await stripe.subscriptions.retrieve(subscriptionId);
  if (automatic.enabled) return automaticTax(stripe, priceId);
  const item = items.data.find(({ price }) => price.id === priceId);
  return named(idsOf(item?.tax_rates ?? []));
}

/** The tax of usage that invoice items ask for, after the subscription has left its price. */
export async function taxOfUsageItems(
  stripe: StripeGateway,
  items: readonly UsageItem[],
  { subscriptionId, priceId }: Metered,
): Promise<ItemTax> {
  const rates = items.find(({ rateIds }) => rateIds.length > 0)?.rateIds ?? [];
  if (rates.length > 0) return named(rates);
  const { automatic_tax: automatic } = await stripe.subscriptions.retrieve(subscriptionId);
  return automatic.enabled ? automaticTax(stripe, priceId) : {};
}

/** None of its own: those of the invoice. */
function named(rates: readonly string[]): ItemTax {
  return rates.length === 0 ? {} : { tax_rates: [...rates] };
}

/** What Stripe Tax goes by: the price's behaviour and the product's code; the account's own where they say nothing. */
async function automaticTax(stripe: StripeGateway, priceId: string): Promise<ItemTax> {
  const { tax_behavior: behaviour, product } = await stripe.prices.retrieve(priceId, { expand: ['product'] });
  const code = typeof product === 'object' && product.deleted !== true ? (product.tax_code ?? null) : null;
  return {
    ...((behaviour === 'inclusive' || behaviour === 'exclusive') && { tax_behavior: behaviour }),
    ...(code !== null && { tax_code: typeof code === 'string' ? code : code.id }),
  };
}

function idsOf(rates: readonly { readonly id: string }[]): readonly string[] {
  return rates.map(({ id }) => id);
}
