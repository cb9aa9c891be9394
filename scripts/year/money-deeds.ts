// Deeds that move money: packs, credit notes, disputes, wires.
import type Stripe from 'stripe';

import { newestFee, paymentsOf, useCard } from './at-stripe.ts';
import { atTheBank, type Firm } from './firm.ts';
import { answered, DONE, type Known, NOTHING, type Outcome } from './known.ts';
import type { Deed } from './lives.ts';

/** Buys a pack with the card on file; `declined`: with one that is declined, and what becomes of it later. */
export async function buyPack(
  firm: Firm,
  known: Known,
  pack: string,
  declined: 'paid' | 'voided' | null,
): Promise<Outcome> {
  const { stripe } = firm;
  const { stripeCustomer: customer } = known;
  if (declined !== null) await useCard(firm, known, false);
  const { id: invoice } = await stripe.invoices.create({ customer, auto_advance: false });
  if (invoice === undefined) throw new Error('Stripe made an invoice without an id');
  await stripe.invoiceItems.create({ customer, invoice, pricing: { price: firm.packPrice(pack) } });
  const { status } = await stripe.invoices.finalizeInvoice(invoice);
  // A customer balance that covers it needs no card.
  if (status === 'paid' || declined === null) {
    if (status !== 'paid') await stripe.invoices.pay(invoice);
    if (declined !== null) await useCard(firm, known, true);
    known.packs.push(invoice);
    return { ...DONE, of: invoice, why: 'paid' };
  }
  const paid = await stripe.invoices.pay(invoice).then(
    () => true,
    (error: Stripe.errors.StripeError) => {
      if (error.type === 'StripeCardError') return false;
      throw error;
    },
  );
  if (paid) throw new Error('a declined card has paid');
  await useCard(firm, known, true);
  known.declinedPack = { invoice, later: declined };
  return { ...DONE, of: invoice };
}

/** What was declined is paid after all, or given up. */
export async function settleDeclinedPack(firm: Firm, known: Known): Promise<Outcome> {
  const { declinedPack } = known;
  if (declinedPack === null) return NOTHING;
  known.declinedPack = null;
  if (declinedPack.later === 'voided') await firm.stripe.invoices.voidInvoice(declinedPack.invoice);
  else await firm.stripe.invoices.pay(declinedPack.invoice);
  if (declinedPack.later === 'paid') known.packs.push(declinedPack.invoice);
  return { ...DONE, of: declinedPack.invoice, why: declinedPack.later };
}

/** A credit note on the newest fee. */
export async function noteOnFee(
  firm: Firm,
  known: Known,
  { minor, settleAs }: Extract<Deed, { what: 'note_on_fee' }>,
  key: string,
): Promise<Outcome> {
  const fee = await newestFee(firm, known);
  if (fee === null) return NOTHING;
  return creditNote(firm, { invoice: fee.invoice, line: fee.line, minor, settleAs, key });
}

/** Money named by a person, by a credit note through the service. */
export async function creditNote(
  firm: Firm,
  asked: {
    readonly invoice: string | undefined;
    readonly line?: string;
    readonly minor: number;
    readonly settleAs: string;
    readonly key: string;
  },
): Promise<Outcome> {
  const { invoice, line, minor, settleAs, key } = asked;
  if (invoice === undefined) return NOTHING;
  const named = line === undefined ? { amount_minor: minor } : { lines: [{ line, amount_minor: minor }] };
  const body = { invoice, ...named, settle_as: settleAs, reason: 'order_change', ticket: 'SUP-2' };
  return { ...answered(await firm.asHost('POST', '/v1/credit_notes', { key, body })), of: invoice, minor };
}

/** A bank takes back all that was paid for the newest pack. */
export async function dispute(firm: Firm, known: Known): Promise<Outcome> {
  const invoice = known.packs.at(-1);
  if (invoice === undefined) return NOTHING;
  const { charges } = await paymentsOf(firm, invoice);
  if (charges.some(({ disputed, amount_refunded: refunded }) => disputed || refunded > 0)) return NOTHING;
  known.dispute = await atTheBank(firm, '/disputes', { invoice });
  return { ...DONE, of: invoice };
}

/** Who pays by invoice wires what stands open; finance records it at Stripe. */
export async function payByWire({ stripe }: Firm, { stripeCustomer: customer }: Known): Promise<Outcome> {
  const { data } = await stripe.invoices.list({ customer, status: 'open', limit: 20 });
  const due = data.filter(({ collection_method: method }) => method === 'send_invoice');
  for (const { id } of due) if (id !== undefined) await stripe.invoices.pay(id, { paid_out_of_band: true });
  return due.length === 0 ? NOTHING : DONE;
}
