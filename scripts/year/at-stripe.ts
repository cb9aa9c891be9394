// What a host does and looks at with Stripe's SDK.
import type Stripe from 'stripe';

import { atTheBank, type Firm } from './firm.ts';
import { DONE, type Known, NOTHING, type Outcome } from './known.ts';
import type { Deed } from './lives.ts';

/** An id that Stripe may have expanded. */
export function idOf(object: string | { readonly id: string } | null | undefined): string {
  return typeof object === 'string' ? object : (object?.id ?? '');
}

/** Signs a customer up; its first invoice is paid at once. */
export async function signUp(
  { stripe, prices, clock, asHost }: Firm,
  customer: number,
  { plan, seats, pays }: Extract<Deed, { what: 'sign_up' }>,
): Promise<Known> {
  const name = `year-${customer}`;
  const { id } = await stripe.customers.create({
    name,
    email: `billing@${name}.example`,
    metadata: { external_id: name },
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const { base, metered } = prices(plan);
  const subscription = await stripe.subscriptions.create({
    customer: id,
    items: [...(base === null ? [] : [{ price: base, quantity: seats }]), { price: metered }],
    payment_behavior: 'error_if_incomplete',
  });
  if (pays === 'invoice') {
    await stripe.subscriptions.update(subscription.id, { collection_method: 'send_invoice', days_until_due: 30 });
  }
  if (plan === 'top-up') {
    await clock.settle();
    const body = { accepted_by: `buyer@${name}.example`, text_hash: 'a'.repeat(64) };
    const { error } = await asHost('PUT', `/v1/customers/${id}/top_up_consent`, { body });
    if (error !== undefined) throw new Error(JSON.stringify(error));
  }
  return {
    stripeCustomer: id,
    subscription: subscription.id,
    packs: [],
    uses: [],
    declinedPack: null,
    dispute: null,
  };
}

/** Changes the number of seats by the licensed item's quantity, as a host's own page does. */
export async function changeSeats(
  { stripe }: Firm,
  { subscription }: Known,
  by: number,
  proration_behavior: 'create_prorations' | 'none',
): Promise<Outcome> {
  const { items, status } = await stripe.subscriptions.retrieve(subscription);
  const seat = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  const quantity = (seat?.quantity ?? 0) + by;
  if (seat === undefined || quantity < 1 || status !== 'active') return NOTHING;
  await stripe.subscriptions.update(subscription, { items: [{ id: seat.id, quantity }], proration_behavior });
  return DONE;
}

/** The newest paid cycle invoice with a fee on it, and that line. */
export async function newestFee(
  { stripe, isFee }: Firm,
  { stripeCustomer: customer }: Known,
): Promise<{ readonly invoice: string; readonly line: string; readonly minor: number } | null> {
  const { data } = await stripe.invoices.list({ customer, limit: 20 });
  const invoice = data.find(
    ({ status, billing_reason: reason }) => status === 'paid' && reason === 'subscription_cycle',
  );
  const line = invoice?.lines.data.find((one) => isFee(one));
  if (invoice?.id === undefined || line === undefined) return null;
  return { invoice: invoice.id, line: line.id, minor: line.amount };
}

/** What paid an invoice. */
export async function paymentsOf(
  { stripe }: Firm,
  invoice: string,
): Promise<{ readonly intent: string | null; readonly charges: readonly Stripe.Charge[] }> {
  const { data } = await stripe.invoicePayments.list({ invoice, status: 'paid' });
  const intent = data[0]?.payment.payment_intent;
  if (typeof intent !== 'string') return { intent: null, charges: [] };
  return { intent, charges: (await stripe.charges.list({ payment_intent: intent })).data };
}

/** A customer pays with a card that works, or with one that is declined. */
export async function useCard(firm: Firm, { stripeCustomer }: Known, works: boolean): Promise<void> {
  const card = works ? 'pm_card_visa' : 'pm_card_chargeCustomerFail';
  await atTheBank(firm, `/customers/${stripeCustomer}/card`, { payment_method: card });
}

/** Voids a grant, or ends it where an invoice has used it already. */
export async function endGrant({ stripe }: Firm, grant: string): Promise<void> {
  const { customer } = await stripe.billing.creditGrants.retrieve(grant);
  const asked = { customer: idOf(customer), credit_grant: grant };
  const { data } = await stripe.billing.creditBalanceTransactions.list(asked);
  const isUsed = data.some(({ type }) => type === 'debit');
  await (isUsed ? stripe.billing.creditGrants.expire(grant) : stripe.billing.creditGrants.voidGrant(grant));
}
