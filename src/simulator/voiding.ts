import { cancelOpenPayments } from './collection.ts';
import { recordCredit } from './credit-ledger.ts';
import { moveCustomerBalance } from './customer-balance.ts';
import type { Invoice } from './wire.ts';
import { emit, need, nowOf, unschedule, type World } from './world.ts';

/** Gives back what a voided invoice had taken: billing credits and customer balance. */
function giveBack(world: World, invoice: Invoice): void {
  const now = nowOf(world, invoice.customer);
  for (const line of invoice.lines.data) {
    for (const { amount, credit_balance_transaction: debit } of line.pretax_credit_amounts ?? []) {
      const source = world.store.find('credit_balance_transactions', debit ?? '')?.credit_grant;
      const grant = world.store.find('credit_grants', source ?? '');
      if (grant === undefined) continue;
      const application = { invoice: invoice.id, line: line.id };
      recordCredit(world, grant, amount, { type: 'credits_application_invoice_voided', application });
      const ended = grant.expires_at !== null && grant.expires_at <= now;
      if (ended) recordCredit(world, grant, amount, { type: 'credits_expired' });
    }
  }
  const used = (invoice.ending_balance ?? 0) - invoice.starting_balance;
  if (used === 0 || invoice.customer === null) return;
  const reason = { type: 'unapplied_from_invoice', currency: invoice.currency, invoice: invoice.id };
  moveCustomerBalance(world, invoice.customer, -used, reason);
}

/** Voids an open or uncollectible invoice. */
export function voidInvoice(world: World, id: string): Invoice {
  const before = need(world, 'invoices', id, 'invoice');
  cancelOpenPayments(world, id);
  unschedule(world, 'invoice_collection', id);
  unschedule(world, 'invoice_overdue', id);
  giveBack(world, before);
  const after = world.store.patch('invoices', id, {
    status: 'void',
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...before.status_transitions, voided_at: nowOf(world, before.customer) },
  });
  emit(world, 'invoice.updated', after, { status: before.status });
  emit(world, 'invoice.voided', after);
  return after;
}

/** Gives up on an open invoice; nothing it took is given back. */
export function markUncollectible(world: World, id: string): Invoice {
  const before = need(world, 'invoices', id, 'invoice');
  unschedule(world, 'invoice_collection', id);
  const after = world.store.patch('invoices', id, {
    status: 'uncollectible',
    status_details: { uncollectible: { reason: 'user_forgiven' } },
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...before.status_transitions, marked_uncollectible_at: nowOf(world, before.customer) },
  });
  emit(world, 'invoice.updated', after, { status: before.status });
  emit(world, 'invoice.marked_uncollectible', after);
  return after;
}
