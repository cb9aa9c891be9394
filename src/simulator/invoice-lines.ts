import { freshId } from './ids.ts';
import { lineAmount } from './line-amount.ts';
import { fromScaled, toScaled, truncated } from './rounding.ts';
import type { Invoice, InvoiceItem, InvoiceLine, Price, Subscription, SubscriptionItem, TaxRate } from './wire.ts';
import type { World } from './world.ts';

interface LineFacts {
  readonly invoice: Invoice;
  readonly amount: number;
  readonly description: string | null;
  readonly discountable: boolean;
  readonly metadata: Record<string, string>;
  readonly parent: NonNullable<InvoiceLine['parent']>;
  readonly period: InvoiceLine['period'];
  readonly pricing: InvoiceLine['pricing'];
  readonly quantity: bigint;
  readonly subscription: string | null;
  readonly taxRates: readonly TaxRate[];
}

function newLine(facts: LineFacts): InvoiceLine {
  return {
    id: freshId('il'),
    object: 'line_item',
    amount: facts.amount,
    currency: facts.invoice.currency,
    description: facts.description,
    discount_amounts: [],
    discountable: facts.discountable,
    discounts: [],
    invoice: facts.invoice.id,
    livemode: false,
    metadata: facts.metadata,
    parent: facts.parent,
    period: facts.period,
    pretax_credit_amounts: [],
    pricing: facts.pricing,
    quantity: truncated(facts.quantity),
    quantity_decimal: fromScaled(facts.quantity),
    subscription: facts.subscription,
    subtotal: facts.amount,
    taxes: facts.taxRates.map((rate) => ({
      amount: 0,
      tax_behavior: rate.inclusive ? 'inclusive' : 'exclusive',
      tax_rate_details: { tax_rate: rate.id },
      taxability_reason: 'not_available',
      taxable_amount: 0,
      type: 'tax_rate_details',
    })),
  };
}

function pricingOf(price: Price): InvoiceLine['pricing'] {
  return {
    price_details: { price: price.id, product: price.product },
    type: 'price_details',
    unit_amount_decimal: price.unit_amount_decimal,
  };
}

/** `10 × Seats (at $1.00 / month)`; of a tier: `10 × Seats (Tier 1 at $1.00 / month)`. */
export function describe(world: World, price: Price, quantity: bigint, tier = ''): string {
  const name = world.store.find('products', price.product)?.name ?? price.product;
  const interval = price.recurring === null ? '' : ` / ${price.recurring.interval}`;
  return `${fromScaled(quantity)} × ${name} (${tier}at ${shownPrice(price)}${interval})`;
}

/** "$99.00", "$0.00001": in major units, as Stripe writes it. */
function shownPrice({ unit_amount_decimal: minor, currency }: Price): string {
  if (minor === null) return 'tiered';
  const style = { style: 'currency', currency } as const;
  const places = new Intl.NumberFormat('en-US', style).resolvedOptions().maximumFractionDigits ?? 2;
  const exact = `${minor}E-${places}` as Intl.StringNumericLiteral;
  return new Intl.NumberFormat('en-US', { ...style, maximumFractionDigits: 14 }).format(exact);
}

/** A subscription item's line for one period; `part` of a whole period is charged in proportion. */
export function subscriptionLine(
  world: World,
  invoice: Invoice,
  subscription: Subscription,
  item: SubscriptionItem,
  period: { readonly start: number; readonly end: number },
  quantity: bigint,
  part: { readonly seconds: number; readonly of: number } = { seconds: 1, of: 1 },
): InvoiceLine {
  const { price } = item;
  const whole = lineAmount(price, quantity, world.switches);
  const ownRates = item.tax_rates ?? [];
  return newLine({
    invoice,
    amount: part.seconds === part.of ? whole : Math.round((whole * part.seconds) / part.of),
    description: describe(world, price, quantity),
    discountable: true,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: null,
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: { start: period.start, end: period.end },
    pricing: pricingOf(price),
    quantity,
    subscription: subscription.id,
    taxRates: ownRates.length > 0 ? ownRates : (subscription.default_tax_rates ?? []),
  });
}

/** The line by which an invoice item stands on an invoice. */
export function itemLine(invoice: Invoice, item: InvoiceItem): InvoiceLine {
  const subscription = item.parent?.subscription_details?.subscription ?? null;
  const ownRates = item.tax_rates ?? [];
  return newLine({
    invoice,
    amount: item.amount,
    description: item.description,
    discountable: item.discountable,
    metadata: item.metadata ?? {},
    parent: {
      invoice_item_details: {
        invoice_item: item.id,
        proration: item.proration,
        proration_details: null,
        subscription,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    },
    period: item.period,
    pricing: item.pricing,
    quantity: toScaled(item.quantity_decimal),
    subscription,
    taxRates: ownRates.length > 0 ? ownRates : invoice.default_tax_rates,
  });
}
