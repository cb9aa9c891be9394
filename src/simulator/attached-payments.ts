import { completePayment } from './collection.ts';
import { moveCustomerBalance } from './customer-balance.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import type { Invoice, InvoicePayment, PaymentIntent } from './wire.ts';
import { emit, need, nowOf, type World } from './world.ts';

/** Ties a payment intent to an open invoice; what has succeeded counts at once, also in part. */
export function attachPayment(world: World, invoiceId: string, intentId: string): Invoice {
  const invoice = need(world, 'invoices', invoiceId, 'invoice');
  const intent = need(world, 'payment_intents', intentId, 'payment_intent', 'payment_intent');
  if (invoice.status !== 'open') throw invalidRequest('Payments can only be attached to open invoices.');
  if (intent.currency !== invoice.currency || intent.customer !== invoice.customer) {
    throw invalidRequest('The payment must have the currency and the customer of the invoice.', {
      param: 'payment_intent',
    });
  }
  const payment: InvoicePayment = {
    id: freshId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: intent.amount,
    created: nowOf(world, invoice.customer),
    currency: invoice.currency,
    invoice: invoiceId,
    is_default: false,
    livemode: false,
    payment: { payment_intent: intentId, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
  world.store.put('invoice_payments', payment);
  if (intent.status === 'succeeded') settle(world, payment, intent);
  return need(world, 'invoices', invoiceId, 'invoice');
}

/** Counts a succeeded intent on its invoice; what is too much goes to the customer balance. */
function settle(world: World, payment: InvoicePayment, intent: PaymentIntent): void {
  const invoice = need(world, 'invoices', payment.invoice, 'invoice');
  const over = Math.max(0, intent.amount_received - invoice.amount_remaining);
  completePayment(world, invoice, payment, intent.amount_received);
  if (over === 0 || invoice.customer === null) return;
  const after = world.store.patch('invoices', invoice.id, { amount_overpaid: invoice.amount_overpaid + over });
  moveCustomerBalance(world, invoice.customer, -over, {
    type: 'invoice_overpaid',
    currency: invoice.currency,
    invoice: invoice.id,
  });
  emit(world, 'invoice.overpaid', after);
}

/** A payment intent succeeded outside of its invoice's own collection. */
export function settleAttached(world: World, intent: PaymentIntent): void {
  const payment = world.store
    .all('invoice_payments')
    .find(({ status, payment: { payment_intent: id } }) => status === 'open' && id === intent.id);
  if (payment !== undefined) settle(world, payment, intent);
}
