import { freshId } from './ids.ts';
import { lineAmount } from './line-amount.ts';
import {
  array,
  boolean,
  ignored,
  integer,
  metadata,
  object,
  oneOf,
  required,
  switchedOff,
  unsupported,
  word,
} from './parameters.ts';
import { ONE } from './rounding.ts';
import type { CheckoutSession } from './wire.ts';
import { need, type World } from './world.ts';

type LineItems = NonNullable<CheckoutSession['line_items']>['data'];

export const checkoutShape = {
  line_items: array(object({ price: required(word()), quantity: integer(1), adjustable_quantity: ignored() }), 100),
  mode: required(oneOf('payment', 'subscription', 'setup')),
  allow_promotion_codes: ignored(),
  automatic_tax: switchedOff(),
  billing_address_collection: ignored(),
  cancel_url: word(),
  client_reference_id: word(200),
  currency: word(3),
  customer: word(),
  customer_creation: oneOf('always', 'if_required'),
  customer_email: word(),
  customer_update: ignored(),
  discounts: unsupported(),
  expires_at: integer(0),
  invoice_creation: object({
    enabled: required(boolean()),
    invoice_data: object({ metadata: metadata(), description: word() }),
  }),
  locale: ignored(),
  metadata: metadata(),
  payment_intent_data: object({ metadata: metadata(), setup_future_usage: word(), description: word() }),
  payment_method_collection: ignored(),
  allowed_payment_method_types: ignored(),
  return_url: word(),
  saved_payment_method_options: ignored(),
  subscription_data: object({ metadata: metadata(), trial_period_days: integer(1) }),
  success_url: word(),
  ui_mode: ignored(),
};

/** The items of a session; usage is billed later and counts nothing here. */
export function checkoutItems(
  world: World,
  given: readonly { readonly price: string; readonly quantity: number | undefined }[],
): LineItems {
  return given.map(({ price: id, quantity }) => {
    const price = need(world, 'prices', id, 'price', 'line_items');
    const metered = price.recurring?.usage_type === 'metered';
    const amount = metered ? 0 : lineAmount(price, BigInt(quantity ?? 1) * ONE, world.switches);
    return {
      id: freshId('li'),
      object: 'item',
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency: price.currency,
      description: world.store.find('products', price.product)?.name ?? null,
      metadata: {},
      price,
      quantity: metered ? null : (quantity ?? 1),
    };
  });
}

/** What a plain session has nothing of. */
export const NO_CHECKOUT_EXTRAS = {
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_details: null,
  discounts: null,
  integration_identifier: null,
  invoice: null,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_link: null,
  payment_method_configuration_details: null,
  payment_method_options: null,
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  submit_type: null,
  wallet_options: null,
} satisfies Partial<CheckoutSession>;
