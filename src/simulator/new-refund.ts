import { recordBalance } from './balance-transactions.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import type { Charge, Refund } from './wire.ts';
import { emit, need, paymentStamp, type World } from './world.ts';

interface RefundFacts {
  readonly amount?: number | undefined;
  readonly reason?: string | null | undefined;
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
    status: 'succeeded',
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
  return stored;
}

/** A refund the bank sent back: the money is ours again, and the charge can be refunded anew. */
export function failRefund(world: World, refund: Refund, reason: string): Refund {
  const failed = world.store.patch('refunds', refund.id, {
    status: 'failed',
    failure_reason: reason,
    failure_balance_transaction: balanceFor(world, refund, refund.amount, 'refund_failure'),
  });
  const charge = world.store.find('charges', refund.charge ?? '');
  if (charge !== undefined) {
    const left = charge.amount_refunded - refund.amount;
    world.store.patch('charges', charge.id, { amount_refunded: left, refunded: false });
  }
  emit(world, 'refund.updated', failed, { status: refund.status });
  emit(world, 'refund.failed', failed);
  return failed;
}
