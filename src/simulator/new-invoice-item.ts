import { freshId } from './ids.ts';
import { lineAmount } from './line-amount.ts';
import { fromScaled, truncated } from './rounding.ts';
import type { Switches } from './switches.ts';
import type { InvoiceItem, Price } from './wire.ts';
import { emit, type World } from './world.ts';

export interface ItemCharge {
  /** Minor units, negative for a deduction. */
  readonly amount: number;
  readonly pricing: InvoiceItem['pricing'];
  /** A count of 10⁻¹². */
  readonly quantity: bigint;
}

/** What a quantity of a price charges. */
export function chargeOfPrice(price: Price, quantity: bigint, switches: Switches): ItemCharge {
  const details = { price: price.id, product: price.product };
  const pricing = {
    price_details: details,
    type: 'price_details' as const,
    unit_amount_decimal: price.unit_amount_decimal,
  };
  return { amount: lineAmount(price, quantity, switches), pricing, quantity };
}

interface ItemFacts {
  readonly customer: string;
  readonly currency: string;
  readonly charge: ItemCharge;
  readonly description: string | null;
  readonly discountable: boolean;
  readonly invoice: string | null;
  readonly metadata: Record<string, string>;
  readonly period: { readonly start: number; readonly end: number };
  readonly proration: boolean;
  readonly subscription: string | null;
  readonly subscriptionItem?: string;
  readonly taxRates: InvoiceItem['tax_rates'];
}

/** Stores an invoice item and says so. */
export function newInvoiceItem(world: World, facts: ItemFacts): InvoiceItem {
  const { amount, pricing, quantity } = facts.charge;
  const clock = world.store.find('customers', facts.customer)?.test_clock ?? null;
  const origin = facts.subscriptionItem === undefined ? {} : { subscription_item: facts.subscriptionItem };
  const item: InvoiceItem = {
    id: freshId('ii'),
    object: 'invoiceitem',
    amount,
    currency: facts.currency,
    customer: facts.customer,
    customer_account: null,
    date: world.now(clock),
    description: facts.description,
    discountable: facts.discountable,
    discounts: [],
    invoice: facts.invoice,
    livemode: false,
    metadata: facts.metadata,
    net_amount: amount,
    parent:
      facts.subscription === null
        ? null
        : { subscription_details: { subscription: facts.subscription, ...origin }, type: 'subscription_details' },
    period: { start: facts.period.start, end: facts.period.end },
    pricing,
    proration: facts.proration,
    quantity: truncated(quantity),
    quantity_decimal: fromScaled(quantity),
    tax_rates: facts.taxRates,
    test_clock: clock,
  };
  world.store.put('invoice_items', item);
  emit(world, 'invoiceitem.created', item);
  return item;
}
