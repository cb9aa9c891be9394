import { collect, requestPayment, settleWithoutPayment } from './collection.ts';
import { recordCredit } from './credit-ledger.ts';
import { moveCustomerBalance } from './customer-balance.ts';
import { isHeard, planFinalization } from './drafts.ts';
import { invalidRequest, StripeRefusal } from './errors.ts';
import { recordedFailure } from './finalization-failures.ts';
import { withUsage } from './invoice-usage.ts';
import { dueAfterBalance, recalculated, type CreditEntry } from './totals.ts';
import { markUncollectible, voidInvoice } from './voiding.ts';
import type { Invoice } from './wire.ts';
import { emit, need, nowOf, schedule, unschedule, type World } from './world.ts';

const DAY = 86_400;

/** The next invoice number of the customer. */
function takeNumber(world: World, customerId: string): string {
  const customer = need(world, 'customers', customerId, 'customer', 'customer');
  const sequence = customer.next_invoice_sequence ?? 1;
  world.store.patch('customers', customerId, {
    next_invoice_sequence: sequence + 1,
    currency: customer.currency ?? null,
  });
  return `${customer.invoice_prefix ?? 'INV'}-${String(sequence).padStart(4, '0')}`;
}

/** Applies billing credits for good: one debit per grant and line. */
function applied(world: World, invoice: Invoice): Invoice {
  const entryOf: CreditEntry = ({ grant, line, amount }) => {
    const application = { invoice: invoice.id, line };
    const transaction = recordCredit(world, grant, amount, { type: 'credits_applied', application });
    return { amount, credit_balance_transaction: transaction.id, type: 'credit_balance_transaction' };
  };
  return recalculated(world, invoice, entryOf);
}

function applyCustomerBalance(world: World, invoice: Invoice, customer: string, balance: number): Partial<Invoice> {
  const { amountDue, endingBalance, tooSmall } = dueAfterBalance(world, invoice.total, balance, invoice.currency);
  const moved = endingBalance - balance;
  if (moved !== 0) {
    const type = tooSmall ? 'invoice_too_small' : 'applied_to_invoice';
    moveCustomerBalance(world, customer, moved, { type, currency: invoice.currency, invoice: invoice.id });
  }
  return {
    starting_balance: balance,
    ending_balance: endingBalance,
    amount_due: amountDue,
    amount_remaining: amountDue,
  };
}

/** A coupon that holds once leaves its subscription with the first invoice it was on. */
function dropOnceDiscounts(world: World, invoice: Invoice): void {
  const subscription = world.store.find('subscriptions', invoice.parent?.subscription_details?.subscription ?? '');
  if (subscription === undefined) return;
  const left = subscription.discounts.filter((id) => {
    const coupon = world.store.find('coupons', world.store.find('discounts', id)?.source.coupon ?? '');
    return coupon?.duration !== 'once' || !invoice.discounts.includes(id);
  });
  if (left.length < subscription.discounts.length)
    world.store.patch('subscriptions', subscription.id, { discounts: left });
}

/** Freezes a draft: usage, credits, tax, number, balance. Nothing due means paid at once. */
export function finalize(world: World, id: string): Invoice {
  const draft = need(world, 'invoices', id, 'invoice');
  if (draft.status !== 'draft' || draft.customer === null) {
    throw invalidRequest("This invoice is already finalized, you can't re-finalize a non-draft invoice.", {
      code: 'invoice_not_editable',
    });
  }
  const failure = recordedFailure(world, draft);
  if (failure !== null) throw failure;
  const now = nowOf(world, draft.customer);
  const customer = need(world, 'customers', draft.customer, 'customer', 'customer');
  const frozen = applied(world, withUsage(world, draft));
  const due = applyCustomerBalance(world, frozen, customer.id, customer.balance);
  const finalized: Invoice = {
    ...frozen,
    ...due,
    status: 'open',
    number: takeNumber(world, customer.id),
    effective_at: draft.effective_at ?? now,
    automatically_finalizes_at: null,
    last_finalization_error: null,
    due_date: draft.collection_method === 'send_invoice' ? (draft.due_date ?? now) - draft.created + now : null,
    hosted_invoice_url: `https://invoice.stripe.com/i/${world.accountId}/${id}`,
    invoice_pdf: `https://pay.stripe.com/invoice/${world.accountId}/${id}/pdf`,
    status_transitions: { ...draft.status_transitions, finalized_at: now },
  };
  world.store.put('invoices', finalized);
  unschedule(world, 'invoice_finalization', id);
  world.store.remove('drafts', id);
  dropOnceDiscounts(world, finalized);
  if (customer.currency === null) world.store.patch('customers', customer.id, { currency: draft.currency });
  if (finalized.amount_due > 0) requestPayment(world, finalized);
  emit(world, 'invoice.finalized', world.store.find('invoices', id) ?? finalized);
  if (finalized.amount_due === 0) return settleWithoutPayment(world, id);
  if (finalized.due_date !== null) planDueDate(world, id, customer.test_clock ?? null, finalized.due_date);
  return finalized;
}

function planDueDate(world: World, id: string, clock: string | null, due: number): void {
  schedule(world, 'invoice_overdue', id, clock, due);
  const notice = due - world.switches.willBeDueDays * DAY;
  if (notice < due && notice > world.now(clock)) schedule(world, 'invoice_will_be_due', id, clock, notice);
}

/** Finalizes and, when the invoice advances by itself, goes on to collect it. */
export function finalizeAndAdvance(world: World, id: string): Invoice {
  const invoice = finalize(world, id);
  if (invoice.status !== 'open' || invoice.auto_advance !== true) return invoice;
  if (invoice.collection_method === 'charge_automatically') return collect(world, id, { telling: 'quietly' });
  emit(world, 'invoice.sent', invoice);
  return invoice;
}

/** What a paused collection does with the invoice; a pause that keeps drafts never gets here. */
function pauseOf(world: World, invoice: Invoice): string | undefined {
  const id = invoice.parent?.subscription_details?.subscription ?? '';
  const pause = world.store.find('subscriptions', id)?.pause_collection ?? null;
  if (pause === null || (pause.resumes_at !== null && pause.resumes_at <= invoice.created)) return undefined;
  return pause.behavior;
}

/** The draft's time has come. One that cannot be finalized stays a draft, which its event says. */
function finalizeByItself(world: World, id: string, at: number): void {
  const invoice = world.store.find('invoices', id);
  if (invoice?.status !== 'draft') return;
  const state = world.store.find('drafts', id);
  const last = invoice.created + world.switches.draftWindowSecondsMax;
  const waits = state?.schedule === 'after_webhooks' || world.switches.scheduledFinalizationWaits;
  if (waits && at < last && !isHeard(world, state?.created_event ?? null)) {
    planFinalization(world, invoice, last, 'after_webhooks');
    world.store.patch('invoices', id, { automatically_finalizes_at: last });
    return;
  }
  const pause = pauseOf(world, invoice);
  try {
    if (pause === undefined) {
      finalizeAndAdvance(world, id);
      return;
    }
    if (finalize(world, id).status !== 'open') return;
  } catch (error) {
    if (error instanceof StripeRefusal && error.keepsChanges) return;
    throw error;
  }
  if (pause === 'void') voidInvoice(world, id);
  else markUncollectible(world, id);
}

export const finalizationTasks = {
  invoice_finalization: finalizeByItself,
  invoice_will_be_due: (world: World, id: string) => {
    const invoice = world.store.find('invoices', id);
    if (invoice?.status === 'open') emit(world, 'invoice.will_be_due', invoice);
  },
  invoice_overdue: (world: World, id: string) => {
    const invoice = world.store.find('invoices', id);
    if (invoice?.status === 'open') emit(world, 'invoice.overdue', invoice);
  },
  invoice_collection: (world: World, id: string) => {
    if (world.store.find('invoices', id)?.status === 'open') collect(world, id, { telling: 'quietly' });
  },
};
