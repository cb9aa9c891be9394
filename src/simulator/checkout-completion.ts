import { collect } from './collection.ts';
import { newCustomer } from './customers.ts';
import { announceDraft, openDraft } from './drafts.ts';
import { cardDeclined, invalidRequest } from './errors.ts';
import { finalize } from './finalization.ts';
import { itemLine } from './invoice-lines.ts';
import { newCharge, newPaymentIntent } from './new-charge.ts';
import { chargeOfPrice, newInvoiceItem } from './new-invoice-item.ts';
import { newInvoice } from './new-invoice.ts';
import { newSubscription } from './new-subscription.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { ONE } from './rounding.ts';
import { NO_ITEM_FACTS } from './subscription-items.ts';
import { NO_SUBSCRIPTION_FACTS } from './subscription-parameters.ts';
import type { CheckoutSession, Customer } from './wire.ts';
import { emit, need, type World } from './world.ts';

interface Given {
  readonly metadata?: Record<string, string>;
  readonly trial_period_days?: number;
}
type Result = Partial<CheckoutSession>;

/** An invoice over the bought items, paid with the card that was entered. */
function buyByInvoice(world: World, session: CheckoutSession, customer: Customer, method: string): Result {
  const now = world.now(customer.test_clock);
  const data = session.invoice_creation?.invoice_data;
  const invoice = newInvoice(world, {
    customer,
    currency: session.currency ?? 'usd',
    reason: 'manual',
    collectionMethod: 'charge_automatically',
    autoAdvance: true,
    created: now,
    period: { start: now, end: now },
    metadata: data?.metadata ?? {},
    description: data?.description,
    defaultPaymentMethod: method,
  });
  const lines = (session.line_items?.data ?? []).flatMap(({ price, quantity, description }) => {
    if (price === null) return [];
    const item = newInvoiceItem(world, {
      customer: customer.id,
      currency: invoice.currency,
      charge: chargeOfPrice(price, BigInt(quantity ?? 1) * ONE, world.switches),
      description,
      discountable: true,
      invoice: invoice.id,
      metadata: {},
      period: { start: now, end: now },
      proration: false,
      subscription: null,
      taxRates: [],
    });
    return [itemLine(invoice, item)];
  });
  openDraft(world, invoice, lines, []);
  announceDraft(world, invoice.id);
  if (finalize(world, invoice.id).status === 'open') collect(world, invoice.id, { method, telling: 'aloud' });
  const payment = world.store.by('invoice_payments', 'invoice', invoice.id).find(({ status }) => status === 'paid');
  return { invoice: invoice.id, payment_intent: payment?.payment.payment_intent ?? null, payment_status: 'paid' };
}

function buy(world: World, session: CheckoutSession, customer: Customer, method: string, given: Given): Result {
  const facts = {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? 'usd',
    customer: customer.id,
    description: null,
  };
  const intent = newPaymentIntent(world, { ...facts, method, metadata: given.metadata ?? {} });
  emit(world, 'payment_intent.created', intent);
  const card = need(world, 'payment_methods', method, 'PaymentMethod');
  const charge = newCharge(world, { ...facts, method: card, paymentIntent: intent.id });
  if (!charge.paid) throw cardDeclined('Your card was declined.', charge.outcome?.reason ?? 'generic_decline', false);
  const paid = { status: 'succeeded', amount_received: facts.amount, latest_charge: charge.id } as const;
  emit(world, 'payment_intent.succeeded', world.store.patch('payment_intents', intent.id, paid));
  emit(world, 'charge.succeeded', charge);
  return { payment_intent: intent.id, payment_status: 'paid' };
}

function startSubscription(
  world: World,
  session: CheckoutSession,
  customer: Customer,
  method: string,
  given: Given,
): Result {
  const items = (session.line_items?.data ?? []).map(({ price, quantity }) => ({
    ...NO_ITEM_FACTS,
    price: price?.id,
    quantity: quantity ?? undefined,
  }));
  const subscription = newSubscription(world, {
    ...NO_SUBSCRIPTION_FACTS,
    customer: customer.id,
    default_payment_method: method,
    items,
    metadata: given.metadata,
    payment_behavior: 'error_if_incomplete',
    trial_period_days: given.trial_period_days,
  });
  return { subscription: subscription.id, invoice: subscription.latest_invoice, payment_status: 'paid' };
}

/** What a completed checkout brings about; a decline leaves the session open. */
export function completeCheckout(world: World, session: CheckoutSession, card: string, given: Given): Result {
  const customer =
    session.customer === null
      ? newCustomer(world, { email: session.customer_email })
      : need(world, 'customers', session.customer, 'customer');
  const method = attachedPaymentMethod(world, card, customer.id).id;
  if (session.mode === 'setup') return { customer: customer.id };
  if (session.mode === 'subscription')
    return { customer: customer.id, ...startSubscription(world, session, customer, method, given) };
  if (session.mode !== 'payment') throw invalidRequest(`no mode ${session.mode}`);
  const invoices = session.invoice_creation?.enabled === true;
  const bought = invoices
    ? buyByInvoice(world, session, customer, method)
    : buy(world, session, customer, method, given);
  return { customer: customer.id, ...bought };
}
