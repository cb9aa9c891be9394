import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { changedMetadata, emptyable, ignored, metadata, object, paging, required, text, word } from './parameters.ts';
import { route } from './routes.ts';
import type { PaymentMethod } from './wire.ts';
import { change, emit, need, paymentStamp, type World } from './world.ts';

interface TestCard {
  readonly last4: string;
  /** The decline it answers a charge with. */
  readonly declines?: string;
  /** Its holder has to authenticate each payment. */
  readonly authenticates?: true;
  /** What its bank does with a refund later. */
  readonly refund?: 'fails' | 'pends';
  /** The dispute that its holder opens after each charge. */
  readonly disputes?: { readonly reason: string; readonly inquiry?: boolean };
}

/** Test cards by the names Stripe's docs give them. */
const TEST_CARDS: Readonly<Record<string, TestCard>> = {
  pm_card_visa: { last4: '4242' },
  pm_card_mastercard: { last4: '4444' },
  tok_visa: { last4: '4242' },
  pm_card_chargeCustomerFail: { last4: '0341', declines: 'generic_decline' },
  pm_card_chargeDeclined: { last4: '0002', declines: 'generic_decline' },
  pm_card_visa_chargeDeclined: { last4: '0002', declines: 'generic_decline' },
  pm_card_chargeDeclinedInsufficientFunds: { last4: '9995', declines: 'insufficient_funds' },
  pm_card_visa_chargeDeclinedInsufficientFunds: { last4: '9995', declines: 'insufficient_funds' },
  pm_card_authenticationRequired: { last4: '3184', authenticates: true },
  tok_chargeCustomerFail: { last4: '0341', declines: 'generic_decline' },
  pm_card_refundFail: { last4: '5126', refund: 'fails' },
  pm_card_pendingRefund: { last4: '7726', refund: 'pends' },
  pm_card_createDispute: { last4: '0259', disputes: { reason: 'fraudulent' } },
  pm_card_createDisputeProductNotReceived: { last4: '2685', disputes: { reason: 'product_not_received' } },
  pm_card_createDisputeInquiry: { last4: '1976', disputes: { reason: 'fraudulent', inquiry: true } },
};

/** The test card behind a payment method, told by its last four digits. */
function testCardOf(method: PaymentMethod): TestCard | undefined {
  return Object.values(TEST_CARDS).find(({ last4 }) => last4 === method.card?.last4);
}

/** Why a card declines, or null. */
export function declineOf(method: PaymentMethod): string | null {
  return testCardOf(method)?.declines ?? null;
}

/** Has its holder to authenticate each payment? */
export function authenticates(method: PaymentMethod): boolean {
  return testCardOf(method)?.authenticates === true;
}

/** What happens to a refund to this card later, or null: it just arrives. */
export function refundFateOf(method: PaymentMethod): 'fails' | 'pends' | null {
  return testCardOf(method)?.refund ?? null;
}

/** The dispute that this card's holder opens after each charge, or null. */
export function disputeOf(method: PaymentMethod): NonNullable<TestCard['disputes']> | null {
  return testCardOf(method)?.disputes ?? null;
}

function cardOf(last4: string): NonNullable<PaymentMethod['card']> {
  return {
    brand: 'visa',
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: 'visa',
    exp_month: 12,
    exp_year: 2040,
    fingerprint: freshId('x', 16).slice(2),
    funding: 'credit',
    generated_from: null,
    last4,
    networks: { available: ['visa'], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function newCard(world: World, last4: string, customer: string | null): PaymentMethod {
  const method: PaymentMethod = {
    id: freshId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: cardOf(last4),
    created: paymentStamp(world, customer),
    customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
  return world.store.put('payment_methods', method);
}

/** The payment method, attached to the customer; a test card's name makes a new one. */
export function attachedPaymentMethod(world: World, id: string, customer: string): PaymentMethod {
  const test = TEST_CARDS[id];
  if (test !== undefined) {
    const made = newCard(world, test.last4, customer);
    emit(world, 'payment_method.attached', made);
    return made;
  }
  const method = need(world, 'payment_methods', id, 'PaymentMethod', 'payment_method');
  if (method.customer === customer) return method;
  if (method.customer !== null) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.', {
      param: 'payment_method',
    });
  }
  const attached = world.store.patch('payment_methods', id, { customer });
  emit(world, 'payment_method.attached', attached);
  return attached;
}

export const paymentMethodRoutes = [
  route(
    'POST',
    '/v1/payment_methods',
    {
      type: required(word()),
      card: object({ number: word(), exp_month: ignored(), exp_year: ignored(), cvc: ignored(), token: word() }),
      billing_details: ignored(),
      metadata: metadata(),
      allow_redisplay: ignored(),
    },
    ({ world, values }) => {
      const digits = values.card?.number?.slice(-4) ?? TEST_CARDS[values.card?.token ?? '']?.last4 ?? '4242';
      const method = newCard(world, digits, null);
      return world.store.patch('payment_methods', method.id, { metadata: changedMetadata({}, values.metadata) });
    },
  ),
  route('GET', '/v1/payment_methods', { ...paging, customer: word(), type: word() }, ({ world, values, path }) => {
    const found = world.store.by('payment_methods', 'customer', values.customer ?? null);
    return page(found.toReversed(), values, path);
  }),
  route('GET', '/v1/payment_methods/{id}', {}, ({ world, id }) => need(world, 'payment_methods', id, 'PaymentMethod')),
  route(
    'POST',
    '/v1/payment_methods/{id}',
    { metadata: metadata(), billing_details: ignored(), card: ignored(), allow_redisplay: ignored() },
    ({ world, id, values }) => {
      const before = need(world, 'payment_methods', id, 'PaymentMethod');
      return world.store.patch('payment_methods', id, { metadata: changedMetadata(before.metadata, values.metadata) });
    },
  ),
  route('POST', '/v1/payment_methods/{id}/attach', { customer: required(word()) }, ({ world, id, values }) => {
    need(world, 'customers', values.customer, 'customer', 'customer');
    return attachedPaymentMethod(world, id, values.customer);
  }),
  route('POST', '/v1/payment_methods/{id}/detach', {}, ({ world, id }) => {
    const method = need(world, 'payment_methods', id, 'PaymentMethod');
    const customer = method.customer === null ? undefined : world.store.find('customers', method.customer);
    if (customer?.invoice_settings.default_payment_method === id) {
      const settings = { ...customer.invoice_settings, default_payment_method: null };
      change(world, 'customers', customer.id, { invoice_settings: settings }, 'customer.updated');
    }
    return change(world, 'payment_methods', id, { customer: null }, 'payment_method.detached');
  }),
  route(
    'GET',
    '/v1/customers/{id}/payment_methods',
    { ...paging, type: word(), allow_redisplay: emptyable(text()) },
    ({ world, id, values, path }) => page(world.store.by('payment_methods', 'customer', id).toReversed(), values, path),
  ),
];
