import type { StripeGateway } from './gateway.ts';

/** What Stripe asks for usage until a price changed: an invoice item, pending or on an invoice already. */
export interface UsageItem {
  readonly amountMinor: bigint;
  readonly invoiceId: string | null;
  /** Tax rates of its own, by their ids; none: those of its invoice. */
  readonly rateIds: readonly string[];
}

const ITEMS_READ_MAX = 1_000;

/** The items of a customer for usage of one metered price until an instant (docs: update prices mid-cycle). */
export async function usageItemsUntil(
  stripe: StripeGateway,
  { customer, priceId, until }: { readonly customer: string; readonly priceId: string; readonly until: Date },
): Promise<readonly UsageItem[]> {
  const items = await stripe.invoiceItems.list({ customer, limit: 100 }).autoPagingToArray({ limit: ITEMS_READ_MAX });
  return items
    .filter(({ pricing, period, proration }) => {
      const price = pricing?.price_details?.price;
      const id = typeof price === 'object' ? price.id : price;
      return id === priceId && !proration && period.end === Math.floor(until.getTime() / 1000);
    })
    .map(({ amount, invoice, tax_rates: rates }) => ({
      amountMinor: BigInt(amount),
      invoiceId: typeof invoice === 'string' ? invoice : (invoice?.id ?? null),
      rateIds: (rates ?? []).map(({ id }) => id),
    }));
}
