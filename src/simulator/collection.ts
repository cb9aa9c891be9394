import { cardDeclined, invalidRequest, StripeRefusal } from './errors.ts';
import { freshId } from './ids.ts';
import { newCharge, newPaymentIntent } from './new-charge.ts';
import { attachedPaymentMethod, authenticates } from './payment-methods.ts';
import { invoicePaid, invoicePaymentFailed } from './subscription-status.ts';
import type { Charge, Invoice, InvoicePayment, PaymentMethod } from './wire.ts';
import { change, clockOf, emit, need, nowOf, schedule, unschedule, type World } from './world.ts';

const RETRY_SECONDS = 3 * 86_400;
const TRIES_MAX = 4;
/** Amounts of these are charged in tens only. */
const THREE_DECIMALS = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];

/** Opens the default payment of a finalized invoice: a payment intent and what ties it to the invoice. */
export function requestPayment(world: World, invoice: Invoice): void {
  const number = invoice.number ?? invoice.id;
  const intent = newPaymentIntent(world, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description: invoice.parent === null ? `Payment for Invoice ${number}` : 'Subscription update',
  });
  emit(world, 'payment_intent.created', intent);
  addInvoicePayment(world, invoice, { type: 'payment_intent', payment_intent: intent.id }, true);
}

function addInvoicePayment(
  world: World,
  invoice: Invoice,
  payment: InvoicePayment['payment'],
  isDefault: boolean,
): InvoicePayment {
  return world.store.put('invoice_payments', {
    id: freshId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_remaining,
    created: nowOf(world, invoice.customer),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: isDefault,
    livemode: false,
    payment,
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

/** The open default payment of an invoice, with its intent brought to what is still due. */
function openPayment(world: World, invoice: Invoice): { payment: InvoicePayment; intent: string } {
  const payment = world.store
    .by('invoice_payments', 'invoice', invoice.id)
    .find(({ status, payment: { type } }) => status === 'open' && type === 'payment_intent');
  if (payment === undefined) {
    requestPayment(world, { ...invoice, amount_due: invoice.amount_remaining });
    return openPayment(world, invoice);
  }
  return { payment, intent: payment.payment.payment_intent ?? '' };
}

/** Marks an invoice paid; the money is already accounted for in `changes`. */
function markPaid(world: World, id: string, changes: Partial<Invoice>): Invoice {
  const before = need(world, 'invoices', id, 'invoice');
  const transitions = { ...before.status_transitions, paid_at: nowOf(world, before.customer) };
  unschedule(world, 'invoice_collection', id);
  unschedule(world, 'invoice_overdue', id);
  const settled = { status: 'paid', auto_advance: false, next_payment_attempt: null, attempted: true } as const;
  const paid = world.store.patch('invoices', id, { ...changes, ...settled, status_transitions: transitions });
  emit(world, 'invoice.updated', paid, { status: before.status, amount_paid: before.amount_paid });
  emit(world, 'invoice.paid', paid);
  invoicePaid(world, paid);
  return need(world, 'invoices', id, 'invoice');
}

/** Nothing is due any more: paid without a payment. */
export function settleWithoutPayment(world: World, id: string): Invoice {
  cancelOpenPayments(world, id);
  const paid = markPaid(world, id, { amount_remaining: 0 });
  emit(world, 'invoice.payment_succeeded', paid);
  return paid;
}

/** The customer paid elsewhere and somebody says so. */
export function payOutOfBand(world: World, id: string): Invoice {
  const invoice = need(world, 'invoices', id, 'invoice');
  const elsewhere = invoice.amount_remaining;
  cancelOpenPayments(world, id);
  const paid = markPaid(world, id, {
    amount_paid: invoice.amount_paid + elsewhere,
    amount_paid_off_stripe: (invoice.amount_paid_off_stripe ?? 0) + elsewhere,
    amount_remaining: 0,
  });
  emit(world, 'invoice.payment_succeeded', paid);
  return paid;
}

/** Withdraws the payments that were asked for and not made. */
export function cancelOpenPayments(world: World, invoice: string): void {
  for (const payment of world.store.by('invoice_payments', 'invoice', invoice)) {
    if (payment.status !== 'open') continue;
    const customer = need(world, 'invoices', invoice, 'invoice').customer;
    const transitions = { ...payment.status_transitions, canceled_at: nowOf(world, customer) };
    world.store.patch('invoice_payments', payment.id, { status: 'canceled', status_transitions: transitions });
    const intent = payment.payment.payment_intent;
    if (intent === undefined) continue;
    const canceled = world.store.patch('payment_intents', intent, { status: 'canceled', canceled_at: world.now() });
    emit(world, 'payment_intent.canceled', canceled);
  }
}

/** The card an invoice is charged to: named, or the invoice's, the subscription's, the customer's default. */
export function chargeableMethod(world: World, invoice: Invoice, named?: string): PaymentMethod | undefined {
  if (invoice.customer === null) return undefined;
  if (named !== undefined) return attachedPaymentMethod(world, named, invoice.customer);
  const customer = need(world, 'customers', invoice.customer, 'customer', 'customer');
  const id =
    invoice.default_payment_method ?? customer.invoice_settings.default_payment_method ?? customer.default_source;
  return id === null ? undefined : world.store.find('payment_methods', id);
}

/** Counts money that came in by a payment; the invoice is paid when nothing remains. */
export function completePayment(world: World, invoice: Invoice, payment: InvoicePayment, amount: number): void {
  const counted = Math.min(amount, invoice.amount_remaining);
  const remaining = invoice.amount_remaining - counted;
  const transitions = { ...payment.status_transitions, paid_at: nowOf(world, invoice.customer) };
  const paid = { amount_paid: amount, status: 'paid', status_transitions: transitions };
  const settled = world.store.patch('invoice_payments', payment.id, paid);
  const changes = { amount_paid: invoice.amount_paid + counted, amount_remaining: remaining };
  if (remaining > 0) change(world, 'invoices', invoice.id, changes, 'invoice.updated');
  else {
    cancelOpenPayments(world, invoice.id);
    emit(world, 'invoice.payment_succeeded', markPaid(world, invoice.id, changes));
  }
  emit(world, 'invoice_payment.paid', settled);
}

function recordSuccess(world: World, invoice: Invoice, payment: InvoicePayment, charge: Charge): Invoice {
  const amount = charge.amount;
  const intent = world.store.patch('payment_intents', charge.payment_intent ?? '', {
    status: 'succeeded',
    amount,
    amount_received: amount,
    latest_charge: charge.id,
    payment_method: charge.payment_method,
    next_action: null,
  });
  const transitions = { ...payment.status_transitions, paid_at: nowOf(world, invoice.customer) };
  const paid = { amount_paid: amount, status: 'paid', status_transitions: transitions };
  const settled = world.store.patch('invoice_payments', payment.id, paid);
  const done = markPaid(world, invoice.id, {
    amount_paid: invoice.amount_paid + amount,
    amount_remaining: Math.max(0, invoice.amount_remaining - amount),
    attempt_count: invoice.attempt_count + 1,
  });
  emit(world, 'invoice.payment_succeeded', done);
  emit(world, 'payment_intent.succeeded', intent);
  emit(world, 'charge.succeeded', charge);
  emit(world, 'invoice_payment.paid', settled);
  return done;
}

function recordFailure(world: World, invoice: Invoice, charge: Charge | undefined): Invoice {
  const tries = invoice.attempt_count + 1;
  const retries = invoice.auto_advance === true && tries < TRIES_MAX && charge !== undefined;
  const next = retries ? nowOf(world, invoice.customer) + RETRY_SECONDS : null;
  const failed = world.store.patch('invoices', invoice.id, {
    attempt_count: tries,
    attempted: true,
    next_payment_attempt: next,
  });
  if (next !== null) schedule(world, 'invoice_collection', invoice.id, clockOf(world, invoice.customer), next);
  if (charge !== undefined) {
    const intent = world.store.patch('payment_intents', charge.payment_intent ?? '', {
      status: 'requires_payment_method',
      latest_charge: charge.id,
    });
    emit(world, 'charge.failed', charge);
    emit(world, 'payment_intent.payment_failed', intent);
  }
  emit(world, 'invoice.updated', failed, { attempt_count: invoice.attempt_count, attempted: invoice.attempted });
  emit(world, 'invoice.payment_failed', failed);
  invoicePaymentFailed(world, failed);
  return failed;
}

/** The card's holder has to act: nothing is charged, and nothing tries again by itself. */
function askForAction(world: World, invoice: Invoice, method: PaymentMethod): Invoice {
  const { intent } = openPayment(world, invoice);
  const waiting = world.store.patch('payment_intents', intent, {
    status: 'requires_action',
    payment_method: method.id,
    next_action: { type: 'use_stripe_sdk', use_stripe_sdk: {} },
  });
  emit(world, 'payment_intent.requires_action', waiting);
  const failed = recordFailure(world, invoice, undefined);
  emit(world, 'invoice.payment_action_required', failed);
  return failed;
}

const ACTION_REQUIRED =
  'This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.';

/** Tries to charge an open invoice. A decline is told to whoever asked ('aloud') and always by events. */
export function collect(
  world: World,
  id: string,
  attempt: { method?: string | undefined; telling: 'aloud' | 'quietly' },
): Invoice {
  const invoice = need(world, 'invoices', id, 'invoice');
  const method = chargeableMethod(world, invoice, attempt.method);
  if (method === undefined) {
    if (attempt.telling === 'aloud') {
      const message =
        'There is no `default_payment_method` set on this Customer or Invoice. Please set a `default_payment_method`.';
      throw invalidRequest(message, { code: 'missing' });
    }
    return recordFailure(world, invoice, undefined);
  }
  if (THREE_DECIMALS.includes(invoice.currency) && invoice.amount_remaining % 10 !== 0) {
    if (attempt.telling === 'quietly') return recordFailure(world, invoice, undefined);
    const message = `Amounts in ${invoice.currency} must be rounded to the nearest ten (the last digit must be 0).`;
    throw invalidRequest(message, { code: 'invalid_charge_amount', param: 'amount' });
  }
  if (authenticates(method)) {
    const waiting = askForAction(world, invoice, method);
    if (attempt.telling === 'quietly') return waiting;
    const code = 'invoice_payment_intent_requires_action';
    throw new StripeRefusal(402, 'card_error', ACTION_REQUIRED, { code }, { keepsChanges: true });
  }
  const { payment, intent } = openPayment(world, invoice);
  const charge = newCharge(world, {
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: invoice.customer,
    description: `Payment for Invoice ${invoice.number ?? invoice.id}`,
    method,
    paymentIntent: intent,
  });
  if (charge.paid) return recordSuccess(world, invoice, payment, charge);
  const failed = recordFailure(world, invoice, charge);
  if (attempt.telling === 'aloud')
    throw cardDeclined('Your card was declined.', charge.outcome?.reason ?? 'generic_decline', true);
  return failed;
}
