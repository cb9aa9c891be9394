import { recordBalance } from './balance-transactions.ts';
import { isRefundable } from './disputes.ts';
import type { TaskHandlers } from './engine.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { refundFateOf } from './payment-methods.ts';
import type { Charge, Refund } from './wire.ts';
import { clockOf, emit, need, nowOf, paymentStamp, schedule, type World } from './world.ts';

/** How long a bank takes to send a refund back, or to take it. */
const BANK_SECONDS = 3600;

interface RefundFacts {
  readonly amount?: number | undefined;
  readonly reason?: string | null | undefined;
  /** The customer must say first where the money is to go. */
  readonly asks?: boolean;
  readonly metadata?: Record<string, string>;
}

function balanceFor(world: World, refund: Refund, amount: number, type: 'refund' | 'refund_failure'): string {
  const { currency, customer, id: source } = refund;
  return recordBalance(world, { amount, currency, customer, description: 'Refund', fee: 0, source, type }).id;
}

/** Gives back money of a charge, at most what earlier refunds left of it. */
export function newRefund(world: World, charge: Charge, facts: RefundFacts): Refund {
  const open = charge.amount_captured - charge.amount_refunded;
  const amount = facts.amount ?? open;
  if (open === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  if (amount > open) {
    throw invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${open}).`, {
      param: 'amount',
    });
  }
  if (!isRefundable(world, charge.id)) {
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const method = world.store.find('payment_methods', charge.payment_method ?? '');
  const fate = method === undefined ? null : refundFateOf(method);
  const refund: Refund = {
    id: freshId('re'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: paymentStamp(world, charge.customer),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: facts.metadata ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: facts.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: facts.asks === true ? 'requires_action' : fate === 'pends' ? 'pending' : 'succeeded',
    ...(fate === 'pends' ? { pending_reason: 'processing' } : {}),
    transfer_reversal: null,
  };
  world.store.put('refunds', { ...refund, balance_transaction: balanceFor(world, refund, -amount, 'refund') });
  const refunded = charge.amount_refunded + amount;
  const after = world.store.patch('charges', charge.id, {
    amount_refunded: refunded,
    refunded: refunded === charge.amount_captured,
  });
  const stored = need(world, 'refunds', refund.id, 'refund');
  emit(world, 'refund.created', stored);
  emit(world, 'charge.refunded', after, { amount_refunded: charge.amount_refunded });
  if (fate !== null && facts.asks !== true) {
    schedule(
      world,
      'refund_fate',
      refund.id,
      clockOf(world, charge.customer),
      nowOf(world, charge.customer) + BANK_SECONDS,
    );
  }
  return stored;
}

function settled(world: World, before: Refund, changes: Partial<Refund>): Refund {
  const after = world.store.patch('refunds', before.id, changes);
  emit(world, 'refund.updated', after, { status: before.status });
  emit(world, 'charge.refund.updated', after, { status: before.status });
  return after;
}

/** A pending refund reaches the card. */
export function succeedRefund(world: World, refund: Refund): Refund {
  if (refund.status !== 'pending') throw invalidRequest(`This refund is ${refund.status ?? 'unknown'}, not pending.`);
  return settled(world, refund, { status: 'succeeded' });
}

/** A refund the bank sent back: the money is ours again, and the charge can be refunded anew. */
export function failRefund(world: World, refund: Refund, reason: string): Refund {
  if (refund.status !== 'pending' && refund.status !== 'succeeded') {
    throw invalidRequest(`This refund is ${refund.status ?? 'unknown'} already.`);
  }
  const returned = giveBack(world, refund);
  const failed = settled(world, refund, {
    status: 'failed',
    failure_reason: reason,
    failure_balance_transaction: returned,
  });
  emit(world, 'refund.failed', failed);
  return failed;
}

/** Takes back a refund that waits for its customer; no other can be (docs: cancel a refund). */
export function cancelRefund(world: World, refund: Refund): Refund {
  if (refund.status !== 'requires_action') {
    throw invalidRequest(
      `Refund ${refund.id} is ${refund.status ?? 'unknown'}: only one that requires action can be canceled.`,
    );
  }
  giveBack(world, refund);
  return settled(world, refund, { status: 'canceled' });
}

/** The money of a refund that came to nothing is ours again, and the charge can be refunded anew. */
function giveBack(world: World, refund: Refund): string {
  const returned = balanceFor(world, refund, refund.amount, 'refund_failure');
  const charge = world.store.find('charges', refund.charge ?? '');
  if (charge !== undefined) {
    const left = charge.amount_refunded - refund.amount;
    world.store.patch('charges', charge.id, { amount_refunded: left, refunded: false });
  }
  return returned;
}

/** What the card's bank does with a refund later. */
export const refundTasks: TaskHandlers = {
  refund_fate: (world, id) => {
    const refund = need(world, 'refunds', id, 'refund');
    if (refund.status === 'pending') succeedRefund(world, refund);
    else if (refund.status === 'succeeded') failRefund(world, refund, 'expired_or_canceled_card');
  },
};
