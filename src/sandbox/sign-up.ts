// What a host application does at Stripe by itself: a customer with a card, a subscription to a plan, a pack bought.
import type { PackVersion, PlanVersion } from '../storage/plans.ts';
import type { StripeGateway } from '../stripe/gateway.ts';

export interface SignUp {
  readonly name: string;
  readonly externalId: string;
  readonly plan: PlanVersion;
  readonly testClock?: string;
}

export interface SignedUp {
  readonly customer: string;
  readonly subscription: string;
}

/** A new customer with a card that works. */
export async function registerCustomer(
  stripe: StripeGateway,
  { name, externalId, testClock }: Omit<SignUp, 'plan'>,
): Promise<string> {
  const { id } = await stripe.customers.create({
    name,
    email: `billing@${externalId}.example`,
    metadata: { external_id: externalId },
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
    ...(testClock !== undefined && { test_clock: testClock }),
  });
  return id;
}

/** A new customer, subscribed at this moment; its first invoice is paid at once. */
export async function signUp(stripe: StripeGateway, { plan, ...who }: SignUp): Promise<SignedUp> {
  const customer = await registerCustomer(stripe, who);
  const prices = [plan.stripeBasePriceId, plan.stripeMeteredPriceId].filter((price) => price !== null);
  const subscription = await stripe.subscriptions.create({
    customer,
    items: prices.map((price) => ({ price })),
    payment_behavior: 'error_if_incomplete',
  });
  return { customer, subscription: subscription.id };
}

/** Buys a pack by an invoice that is paid with the card at once. */
export async function buyPack(stripe: StripeGateway, customer: string, pack: PackVersion): Promise<string> {
  if (pack.stripePriceId === null) throw new Error(`the pack ${pack.pack} has no price at Stripe; push the catalogue`);
  const { id: invoice } = await stripe.invoices.create({ customer, auto_advance: false });
  if (invoice === undefined) throw new Error('Stripe made an invoice without an id');
  await stripe.invoiceItems.create({ customer, invoice, pricing: { price: pack.stripePriceId } });
  await stripe.invoices.finalizeInvoice(invoice);
  await stripe.invoices.pay(invoice);
  return invoice;
}
