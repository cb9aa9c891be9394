import { settleWithoutPayment } from './collection.ts';
import { creditsOfNoteLine, noteLines } from './credit-note-lines.ts';
import type { CreditNoteFacts } from './credit-note-parameters.ts';
import { moveCustomerBalance } from './customer-balance.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { newRefund } from './new-refund.ts';
import { changedMetadata } from './parameters.ts';
import type { CreditNote, CreditNoteLine, Invoice } from './wire.ts';
import { change, emit, need, nowOf, type World } from './world.ts';

const sum = (amounts: readonly { readonly amount: number }[]): number =>
  amounts.reduce((total, { amount }) => total + amount, 0);

/** The notes of an invoice that stand. */
function issuedNotes(world: World, invoice: string): CreditNote[] {
  return world.store.by('credit_notes', 'invoice', invoice).filter(({ status }) => status === 'issued');
}

interface Sums {
  readonly subtotal: number;
  readonly discounts: number;
  readonly inclusive: number;
  readonly exclusive: number;
  readonly total: number;
}

function sumsOf(lines: readonly CreditNoteLine[]): Sums {
  const taxes = lines.flatMap((line) => line.taxes ?? []);
  const inclusive = sum(taxes.filter(({ tax_behavior: behavior }) => behavior === 'inclusive'));
  const exclusive = sum(taxes) - inclusive;
  const subtotal = sum(lines);
  const discounts = lines.reduce((total, line) => total + line.discount_amount, 0);
  const credits = lines.reduce((total, line) => total + creditsOfNoteLine(line), 0);
  return { subtotal, discounts, inclusive, exclusive, total: subtotal - discounts - credits + exclusive };
}

function refuseWrongInvoice(invoice: Invoice): void {
  if (invoice.status === 'open' || invoice.status === 'paid') return;
  throw invalidRequest(
    `Credit notes can only be created for open or paid invoices. This invoice is ${invoice.status}.`,
    { param: 'invoice' },
  );
}

/** What of an invoice notes may come to at most. */
function ceilingOf(world: World, invoice: Invoice): number {
  if (world.switches.creditNoteCeiling === 'after_credits') return invoice.total;
  const credits = (invoice.total_pretax_credit_amounts ?? []).filter(({ type }) => type !== 'discount');
  return invoice.total + sum(credits);
}

function refuseWrongTotal(
  world: World,
  invoice: Invoice,
  total: number,
  facts: CreditNoteFacts,
  notes: readonly CreditNote[],
): void {
  const least = world.switches.creditNoteOfNothing === 'issued' ? 0 : 1;
  if (total < least) throw invalidRequest('The total of a credit note must be positive.', { param: 'lines' });
  if (facts.lines !== undefined && facts.amount !== undefined && facts.amount !== total) {
    throw invalidRequest(`The amount (${facts.amount}) does not match the total of the lines (${total}).`, {
      param: 'amount',
    });
  }
  const creditable = ceilingOf(world, invoice) - sum(notes);
  if (total > creditable) {
    throw invalidRequest(
      `The credit note amount (${total}) exceeds the amount that can still be credited on the invoice (${creditable}).`,
      { param: 'amount' },
    );
  }
}

function settlementOf(facts: CreditNoteFacts): number {
  const linked = (facts.refunds ?? []).reduce((total, refund) => total + (refund.amount_refunded ?? 0), 0);
  return (facts.credit_amount ?? 0) + (facts.refund_amount ?? 0) + (facts.out_of_band_amount ?? 0) + linked;
}

function typeOf(pre: number, post: number): CreditNote['type'] {
  if (post === 0) return 'pre_payment';
  return pre === 0 ? 'post_payment' : 'mixed';
}

/** Existing refunds to be tied to the note; the amount defaults to the whole refund. */
function withLinkedAmounts(world: World, facts: CreditNoteFacts): CreditNoteFacts {
  if (facts.refunds === undefined) return facts;
  const refunds = facts.refunds.map((link) => {
    const refund = need(world, 'refunds', link.refund ?? '', 'refund', 'refunds');
    const attached = world.store
      .all('credit_notes')
      .flatMap(({ refunds: linked }) => linked)
      .filter(({ refund: id }) => id === refund.id)
      .reduce((total, { amount_refunded: amount }) => total + amount, 0);
    const amount = link.amount_refunded ?? refund.amount - attached;
    if (refund.status !== 'succeeded' || amount > refund.amount - attached || amount <= 0) {
      throw invalidRequest('The refund has not succeeded or is already fully attached to credit notes.', {
        param: 'refunds',
      });
    }
    return { ...link, amount_refunded: amount };
  });
  return { ...facts, refunds };
}

/** Works a note out, refusing what Stripe refuses; nothing is stored. A preview may leave the settlement open. */
export function draftCreditNote(world: World, given: CreditNoteFacts, purpose: 'create' | 'preview'): CreditNote {
  const invoice = need(world, 'invoices', given.invoice, 'invoice', 'invoice');
  refuseWrongInvoice(invoice);
  const facts = withLinkedAmounts(world, given);
  const notes = issuedNotes(world, invoice.id);
  const lines = noteLines(world, invoice, facts, notes);
  const sums = sumsOf(lines);
  refuseWrongTotal(world, invoice, sums.total, facts, notes);
  const pre = invoice.status === 'open' ? Math.min(sums.total, invoice.amount_remaining) : 0;
  const post = sums.total - pre;
  const settled = settlementOf(facts);
  const open = purpose === 'preview' && settled === 0;
  if (settled !== post && !open) {
    const message = `The sum of credit amount, refund amount and out of band amount (${settled}) must equal the post payment credit note amount (${post}).`;
    throw invalidRequest(message, { param: 'amount' });
  }
  const count = world.store.by('credit_notes', 'invoice', invoice.id).length + 1;
  const id = freshId('cn');
  return {
    id,
    object: 'credit_note',
    amount: sums.total,
    amount_shipping: 0,
    created: nowOf(world, invoice.customer),
    currency: invoice.currency,
    customer: invoice.customer ?? '',
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: sums.discounts,
    discount_amounts: lines.flatMap((line) => line.discount_amounts),
    effective_at: facts.effective_at ?? nowOf(world, invoice.customer),
    invoice: invoice.id,
    lines: { object: 'list', data: lines, has_more: false, url: `/v1/credit_notes/${id}/lines` },
    livemode: false,
    memo: facts.memo ?? null,
    metadata: changedMetadata({}, facts.metadata),
    number: `${invoice.number ?? 'DRAFT'}-CN-${String(count).padStart(2, '0')}`,
    out_of_band_amount: facts.out_of_band_amount ?? null,
    pdf: `https://pay.stripe.com/credit_notes/${world.accountId}/${id}/pdf`,
    post_payment_amount: post,
    pre_payment_amount: pre,
    pretax_credit_amounts: lines.flatMap((line) => line.pretax_credit_amounts),
    reason: facts.reason ?? null,
    refunds: (facts.refunds ?? []).map(({ refund, amount_refunded: amount }) => ({
      amount_refunded: amount ?? 0,
      payment_record_refund: null,
      refund: refund ?? '',
      type: 'refund',
    })),
    shipping_cost: null,
    status: 'issued',
    subtotal: sums.subtotal,
    subtotal_excluding_tax: sums.subtotal - sums.inclusive,
    total: sums.total,
    total_excluding_tax: sums.total - sums.inclusive - sums.exclusive,
    total_taxes: lines.flatMap((line) => line.taxes ?? []),
    type: typeOf(pre, post),
    voided_at: null,
  };
}

/** Refunds over the invoice's payments, newest first. */
function refundPayments(world: World, invoice: Invoice, amount: number, note: CreditNote): CreditNote['refunds'] {
  const charges = world.store
    .by('invoice_payments', 'invoice', invoice.id)
    .filter(({ status }) => status === 'paid')
    .toReversed()
    .flatMap(({ payment }) => world.store.by('charges', 'payment_intent', payment.payment_intent ?? ''))
    .filter(({ paid }) => paid);
  const open = charges.reduce((total, charge) => total + charge.amount_captured - charge.amount_refunded, 0);
  if (amount > open) {
    throw invalidRequest(
      `The refund amount (${amount}) is greater than what can still be refunded of the invoice's payments (${open}).`,
      { param: 'refund_amount' },
    );
  }
  let left = amount;
  return charges.flatMap((charge) => {
    const part = Math.min(left, charge.amount_captured - charge.amount_refunded);
    if (part === 0) return [];
    left -= part;
    const refund = newRefund(world, charge, { amount: part, metadata: note.metadata ?? {} });
    return [{ amount_refunded: part, payment_record_refund: null, refund: refund.id, type: 'refund' }];
  });
}

/** Lowers what is still due; an invoice with nothing left to pay is paid. */
function reduceInvoice(world: World, invoice: Invoice, note: CreditNote): void {
  const after = change(
    world,
    'invoices',
    invoice.id,
    {
      amount_due: invoice.amount_due - note.pre_payment_amount,
      amount_remaining: invoice.amount_remaining - note.pre_payment_amount,
      pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount + note.pre_payment_amount,
      post_payment_credit_notes_amount: invoice.post_payment_credit_notes_amount + note.post_payment_amount,
    },
    'invoice.updated',
  );
  if (note.pre_payment_amount === 0) return;
  for (const payment of world.store.by('invoice_payments', 'invoice', invoice.id)) {
    if (payment.status !== 'open' || payment.payment.payment_intent === undefined) continue;
    world.store.patch('invoice_payments', payment.id, { amount_requested: after.amount_remaining });
    world.store.patch('payment_intents', payment.payment.payment_intent, { amount: after.amount_remaining });
  }
  if (after.amount_remaining === 0) settleWithoutPayment(world, invoice.id);
}

/** Issues a note with its refund, balance credit and effect on the invoice. */
export function issueCreditNote(world: World, facts: CreditNoteFacts): CreditNote {
  const drafted = draftCreditNote(world, facts, 'create');
  const invoice = need(world, 'invoices', drafted.invoice, 'invoice', 'invoice');
  world.store.put('credit_notes', drafted);
  const refunded =
    (facts.refund_amount ?? 0) > 0 ? refundPayments(world, invoice, facts.refund_amount ?? 0, drafted) : [];
  const credited = facts.credit_amount ?? 0;
  const moved =
    credited === 0
      ? null
      : moveCustomerBalance(world, drafted.customer, -credited, {
          type: 'credit_note',
          currency: invoice.currency,
          invoice: invoice.id,
          creditNote: drafted.id,
        });
  const note = world.store.patch('credit_notes', drafted.id, {
    refunds: [...drafted.refunds, ...refunded],
    customer_balance_transaction: moved?.id ?? null,
  });
  emit(world, 'credit_note.created', note);
  reduceInvoice(world, need(world, 'invoices', invoice.id, 'invoice'), note);
  return note;
}
