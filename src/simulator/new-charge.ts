import { chargeFee, recordBalance } from './balance-transactions.ts';
import { freshId } from './ids.ts';
import { declineOf, disputeOf } from './payment-methods.ts';
import type { Charge, PaymentIntent, PaymentMethod } from './wire.ts';
import { clockOf, nowOf, paymentStamp, schedule, type World } from './world.ts';

interface ChargeFacts {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly method: PaymentMethod;
  readonly paymentIntent: string;
}

const NOTHING = {
  application: null,
  application_fee: null,
  application_fee_amount: null,
  failure_balance_transaction: null,
  fraud_details: null,
  on_behalf_of: null,
  receipt_email: null,
  receipt_number: null,
  review: null,
  shipping: null,
  source: null,
  source_transfer: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_data: null,
  transfer_group: null,
} satisfies Partial<Charge>;

/** How long after its charge a card that disputes everything does so. */
const DISPUTE_SECONDS = 60;

/** Charges a card; the test cards that decline leave a failed charge. */
export function newCharge(world: World, facts: ChargeFacts): Charge {
  const decline = declineOf(facts.method);
  const paid = decline === null;
  const charge: Charge = {
    id: freshId('ch'),
    object: 'charge',
    ...NOTHING,
    amount: facts.amount,
    amount_captured: paid ? facts.amount : 0,
    amount_refunded: 0,
    balance_transaction: null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'SIMULATOR',
    captured: paid,
    created: paymentStamp(world, facts.customer),
    currency: facts.currency,
    customer: facts.customer,
    description: facts.description,
    disputed: false,
    failure_code: paid ? null : 'card_declined',
    failure_message: paid ? null : 'Your card was declined.',
    livemode: false,
    metadata: {},
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: decline,
      network_status: paid ? 'approved_by_network' : 'declined_by_network',
      reason: decline,
      seller_message: paid ? 'Payment complete.' : 'The bank declined the payment.',
      type: paid ? 'authorized' : 'issuer_declined',
    },
    paid,
    payment_intent: facts.paymentIntent,
    payment_method: facts.method.id,
    payment_method_details: null,
    receipt_url: null,
    refunded: false,
    status: paid ? 'succeeded' : 'failed',
  };
  world.store.put('charges', charge);
  if (!paid) return charge;
  const { amount, currency, customer, description } = facts;
  if (disputeOf(facts.method) !== null) {
    schedule(world, 'card_dispute', charge.id, clockOf(world, customer), nowOf(world, customer) + DISPUTE_SECONDS);
  }
  const fee = chargeFee(world, amount);
  const entry = { amount, currency, customer, description, fee, source: charge.id, type: 'charge' } as const;
  return world.store.patch('charges', charge.id, { balance_transaction: recordBalance(world, entry).id });
}

const NO_INTENT_EXTRAS = {
  allowed_payment_method_types: null,
  amount_capturable: 0,
  amount_received: 0,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: null,
  canceled_at: null,
  cancellation_reason: null,
  customer_account: null,
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: null,
  managed_payments: null,
  next_action: null,
  on_behalf_of: null,
  payment_method_configuration_details: null,
  payment_method_options: null,
  payment_record: null,
  processing: null,
  receipt_email: null,
  review: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_data: null,
  transfer_group: null,
} satisfies Partial<PaymentIntent>;

interface IntentFacts {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata?: Record<string, string>;
  readonly method?: string | null;
  readonly setupFutureUsage?: string | null;
}

/** A payment intent that waits for its payment. */
export function newPaymentIntent(world: World, facts: IntentFacts): PaymentIntent {
  const id = freshId('pi');
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    ...NO_INTENT_EXTRAS,
    amount: facts.amount,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${freshId('x', 24).slice(2)}`,
    confirmation_method: 'automatic',
    created: paymentStamp(world, facts.customer),
    currency: facts.currency,
    customer: facts.customer,
    description: facts.description,
    livemode: false,
    metadata: facts.metadata ?? {},
    payment_method: facts.method ?? null,
    payment_method_types: ['card'],
    setup_future_usage: facts.setupFutureUsage ?? null,
    status: facts.method === undefined || facts.method === null ? 'requires_payment_method' : 'requires_confirmation',
  };
  return world.store.put('payment_intents', intent);
}
