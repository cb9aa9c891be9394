import { freshId } from './ids.ts';
import type { Customer, Invoice, Subscription, TaxRate } from './wire.ts';
import type { World } from './world.ts';

export interface InvoiceFacts {
  readonly customer: Customer;
  readonly currency: string;
  readonly reason: NonNullable<Invoice['billing_reason']>;
  readonly subscription?: Subscription | undefined;
  readonly collectionMethod: Invoice['collection_method'];
  readonly daysUntilDue?: number | null | undefined;
  readonly autoAdvance: boolean;
  readonly created: number;
  readonly period: { readonly start: number; readonly end: number };
  readonly metadata?: Record<string, string>;
  readonly description?: string | null | undefined;
  readonly footer?: string | null | undefined;
  readonly defaultPaymentMethod?: string | null | undefined;
  readonly taxRates?: readonly TaxRate[] | undefined;
  readonly discounts?: readonly string[] | undefined;
}

type CustomerPart = Pick<
  Invoice,
  | 'customer'
  | 'customer_account'
  | 'customer_address'
  | 'customer_email'
  | 'customer_name'
  | 'customer_phone'
  | 'customer_shipping'
  | 'customer_tax_exempt'
  | 'customer_tax_ids'
  | 'starting_balance'
>;

function customerPart(customer: Customer): CustomerPart {
  return {
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? 'none',
    customer_tax_ids: [],
    starting_balance: customer.balance,
  };
}

const EMPTY_SUMS = {
  amount_due: 0,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_paid_off_stripe: 0,
  amount_remaining: 0,
  amount_shipping: 0,
  attempt_count: 0,
  attempted: false,
  ending_balance: null,
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  subtotal: 0,
  subtotal_excluding_tax: 0,
  total: 0,
  total_discount_amounts: [],
  total_excluding_tax: 0,
  total_pretax_credit_amounts: [],
  total_taxes: [],
} satisfies Partial<Invoice>;

const UNUSED = {
  account_country: 'US',
  account_name: 'Simulator',
  account_tax_ids: null,
  application: null,
  custom_fields: null,
  from_invoice: null,
  last_finalization_error: null,
  latest_revision: null,
  on_behalf_of: null,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
} satisfies Partial<Invoice>;

function parentOf(subscription: Subscription | undefined): Invoice['parent'] {
  if (subscription === undefined) return null;
  return {
    quote_details: null,
    subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
    type: 'subscription_details',
  };
}

/** An empty draft; whoever makes it adds lines, sums and the event. */
export function newInvoice(world: World, facts: InvoiceFacts): Invoice {
  const id = freshId('in');
  const dueIn = facts.daysUntilDue ?? null;
  return {
    id,
    object: 'invoice',
    ...UNUSED,
    ...EMPTY_SUMS,
    ...customerPart(facts.customer),
    auto_advance: facts.autoAdvance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: facts.reason,
    collection_method: facts.collectionMethod,
    created: facts.created,
    currency: facts.currency,
    default_payment_method: facts.defaultPaymentMethod ?? facts.subscription?.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: [...(facts.taxRates ?? facts.subscription?.default_tax_rates ?? [])],
    description: facts.description ?? facts.subscription?.description ?? null,
    discounts: [...(facts.discounts ?? discountsInForce(world, facts))],
    due_date: facts.collectionMethod === 'send_invoice' ? facts.created + (dueIn ?? 30) * 86_400 : null,
    effective_at: null,
    footer: facts.footer ?? null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    lines: { object: 'list', data: [], has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: facts.metadata ?? {},
    next_payment_attempt: null,
    number: null,
    parent: parentOf(facts.subscription),
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: facts.period.end,
    period_start: facts.period.start,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    test_clock: facts.customer.test_clock ?? null,
    webhooks_delivered_at: null,
  };
}

/** The subscription's discounts, or the customer's when it has none, as far as they still run. */
function discountsInForce(world: World, facts: InvoiceFacts): string[] {
  const own = facts.subscription?.discounts ?? [];
  const inherited =
    facts.customer.discount === null || facts.customer.discount === undefined ? [] : [facts.customer.discount.id];
  return (own.length > 0 ? own : inherited).filter((id) => {
    const discount = world.store.find('discounts', id);
    return discount !== undefined && (discount.end === null || discount.end > facts.created);
  });
}
