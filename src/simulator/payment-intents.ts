import { settleAttached } from './attached-payments.ts';
import { cardDeclined, invalidRequest } from './errors.ts';
import { newCharge, newPaymentIntent } from './new-charge.ts';
import { page } from './pagination.ts';
import {
  boolean,
  changedMetadata,
  ignored,
  integer,
  metadata,
  paging,
  range,
  required,
  text,
  word,
} from './parameters.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { route } from './routes.ts';
import type { PaymentIntent } from './wire.ts';
import { emit, need, type World } from './world.ts';

/** Charges an intent with its card, or another; a decline is answered with 402 and stays on record. */
function confirm(world: World, id: string, other?: string): PaymentIntent {
  const intent = need(world, 'payment_intents', id, 'payment_intent');
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalidRequest(`You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`, {
      code: 'payment_intent_unexpected_state',
    });
  }
  const named = other ?? intent.payment_method ?? undefined;
  if (named === undefined || intent.customer === null) {
    throw invalidRequest("You cannot confirm this PaymentIntent because it's missing a payment method.", {
      code: 'payment_intent_unexpected_state',
    });
  }
  const method = attachedPaymentMethod(world, named, intent.customer);
  const { amount, currency, customer, description } = intent;
  const charge = newCharge(world, { amount, currency, customer, description, method, paymentIntent: id });
  if (charge.paid) {
    const paid = {
      status: 'succeeded',
      amount_received: amount,
      latest_charge: charge.id,
      payment_method: method.id,
    } as const;
    const done = world.store.patch('payment_intents', id, paid);
    emit(world, 'payment_intent.succeeded', done);
    emit(world, 'charge.succeeded', charge);
    settleAttached(world, done);
    return done;
  }
  const failed = world.store.patch('payment_intents', id, {
    status: 'requires_payment_method',
    latest_charge: charge.id,
  });
  emit(world, 'charge.failed', charge);
  emit(world, 'payment_intent.payment_failed', failed);
  throw cardDeclined('Your card was declined.', charge.outcome?.reason ?? 'generic_decline', true);
}

const create = route(
  'POST',
  '/v1/payment_intents',
  {
    amount: required(integer(1)),
    currency: required(word(3)),
    automatic_payment_methods: ignored(),
    confirm: boolean(),
    customer: word(),
    description: text(),
    metadata: metadata(),
    off_session: ignored(),
    payment_method: word(),
    allowed_payment_method_types: ignored(),
    receipt_email: ignored(),
    return_url: ignored(),
    setup_future_usage: word(),
    statement_descriptor: ignored(),
  },
  ({ world, values }) => {
    if (values.customer !== undefined) need(world, 'customers', values.customer, 'customer', 'customer');
    const intent = newPaymentIntent(world, {
      amount: values.amount,
      currency: values.currency.toLowerCase(),
      customer: values.customer ?? null,
      description: values.description ?? null,
      metadata: changedMetadata({}, values.metadata),
      method: values.payment_method ?? null,
      setupFutureUsage: values.setup_future_usage ?? null,
    });
    emit(world, 'payment_intent.created', intent);
    return values.confirm === true ? confirm(world, intent.id) : intent;
  },
);

export const paymentIntentRoutes = [
  create,
  route('GET', '/v1/payment_intents', { ...paging, created: range(), customer: word() }, ({ world, values, path }) => {
    const found = world.store
      .all('payment_intents')
      .filter(
        (intent) =>
          (values.created?.(intent.created) ?? true) &&
          (values.customer === undefined || intent.customer === values.customer),
      );
    return page(found.toReversed(), values, path);
  }),
  route('GET', '/v1/payment_intents/{id}', {}, ({ world, id }) => need(world, 'payment_intents', id, 'payment_intent')),
  route('POST', '/v1/payment_intents/{id}', { description: text(), metadata: metadata() }, ({ world, id, values }) => {
    const before = need(world, 'payment_intents', id, 'payment_intent');
    const description = values.description === undefined ? before.description : values.description;
    return world.store.patch('payment_intents', id, {
      description,
      metadata: changedMetadata(before.metadata, values.metadata),
    });
  }),
  route(
    'POST',
    '/v1/payment_intents/{id}/confirm',
    { payment_method: word(), off_session: ignored(), return_url: ignored() },
    ({ world, id, values }) => confirm(world, id, values.payment_method),
  ),
  route('POST', '/v1/payment_intents/{id}/cancel', { cancellation_reason: word() }, ({ world, id, values }) => {
    const intent = need(world, 'payment_intents', id, 'payment_intent');
    if (intent.status === 'succeeded' || intent.status === 'canceled') {
      throw invalidRequest(`You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`, {
        code: 'payment_intent_unexpected_state',
      });
    }
    const reason = values.cancellation_reason ?? null;
    const canceled = world.store.patch('payment_intents', id, {
      status: 'canceled',
      canceled_at: world.now(),
      cancellation_reason: reason,
    });
    emit(world, 'payment_intent.canceled', canceled);
    return canceled;
  }),
];
