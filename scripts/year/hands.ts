// What hands do at Stripe past the service: each is found by the month's reconciliation, and explained or repaired there.
import { changeSeats, endGrant, newestFee, paymentsOf } from './at-stripe.ts';
import { atTheBank, type Firm } from './firm.ts';
import { DONE, type Known, NOTHING, type Outcome } from './known.ts';
import type { Deed } from './lives.ts';

type ByHand = Extract<Deed, { what: 'hand' }>;

export async function doByHand(firm: Firm, known: Known, { hand, minor }: ByHand): Promise<Outcome> {
  const { stripe } = firm;
  const { stripeCustomer: customer } = known;
  switch (hand) {
    case 'void_grant': {
      const { data } = await stripe.billing.creditGrants.list({ customer, limit: 20 });
      const open = data.find(({ voided_at: voided, expires_at: ends }) => voided === null && ends !== null);
      if (open === undefined) return NOTHING;
      await endGrant(firm, open.id);
      return DONE;
    }
    case 'foreign_grant':
      await stripe.billing.creditGrants.create({
        customer,
        category: 'promotional',
        amount: { type: 'monetary', monetary: { currency: 'usd', value: minor } },
        applicability_config: { scope: { price_type: 'metered' } },
      });
      return DONE;
    case 'credit_note':
      return noteByHand(firm, known, minor);
    case 'balance':
      await stripe.customers.createBalanceTransaction(customer, {
        amount: minor % 2 === 0 ? minor : -minor,
        currency: 'usd',
      });
      return DONE;
    case 'meter_event':
      await stripe.billing.meterEvents.create({
        event_name: firm.meterEvent,
        payload: { stripe_customer_id: customer, value: `${minor * 10}` },
      });
      return DONE;
    case 'refund_of_pack':
      return refundByHand(firm, known, minor);
    case 'refund_fails':
      return sendRefundBack(firm, known);
    case 'archive_price':
      await stripe.prices.update(firm.prices('hybrid').metered, { active: false });
      await firm.pushCatalogue();
      return DONE;
    case 'rename_product':
      await renameProduct(firm);
      return DONE;
    case 'prorated_seat':
      return changeSeats(firm, known, -1, 'create_prorations');
    case 'void_invoice':
      return voidByHand(firm, known);
  }
}

async function noteByHand(firm: Firm, known: Known, minor: number): Promise<Outcome> {
  const fee = await newestFee(firm, known);
  if (fee === null || fee.minor < 3 * minor) return NOTHING;
  await firm.stripe.creditNotes.create({
    invoice: fee.invoice,
    lines: [{ type: 'invoice_line_item', invoice_line_item: fee.line, amount: minor }],
    credit_amount: minor,
    email_type: 'none',
  });
  return { ...DONE, of: fee.invoice, minor };
}

async function refundByHand(firm: Firm, known: Known, minor: number): Promise<Outcome> {
  const invoice = known.packs.at(-1);
  if (invoice === undefined) return NOTHING;
  const { intent, charges } = await paymentsOf(firm, invoice);
  if (intent === null || charges.some(({ disputed, amount_refunded: back }) => disputed || back > 0)) return NOTHING;
  await firm.stripe.refunds.create({ payment_intent: intent, amount: minor });
  return { ...DONE, of: invoice, minor };
}

async function sendRefundBack(firm: Firm, known: Known): Promise<Outcome> {
  const invoice = known.packs.at(-1);
  const { intent } = invoice === undefined ? { intent: null } : await paymentsOf(firm, invoice);
  if (intent === null) return NOTHING;
  const { data } = await firm.stripe.refunds.list({ payment_intent: intent });
  const refund = data.find(({ status }) => status === 'succeeded');
  if (refund === undefined) return NOTHING;
  await atTheBank(firm, `/refunds/${refund.id}/fail`, { reason: 'lost_or_stolen_card' });
  return DONE;
}

async function renameProduct({ stripe, prices }: Firm): Promise<void> {
  const { product } = await stripe.prices.retrieve(prices('rolling').metered);
  await stripe.products.update(typeof product === 'string' ? product : product.id, { name: 'Rolling (old)' });
}

async function voidByHand({ stripe }: Firm, { stripeCustomer: customer }: Known): Promise<Outcome> {
  const { data } = await stripe.invoices.list({ customer, status: 'open', limit: 20 });
  const cycle = data.find(({ billing_reason: reason }) => reason === 'subscription_cycle');
  if (cycle?.id === undefined) return NOTHING;
  await stripe.invoices.voidInvoice(cycle.id);
  return { ...DONE, of: cycle.id };
}
