import type { StripeGateway } from './gateway.ts';

export interface PackCheckout {
  readonly customer: string;
  readonly price: string;
  /** Where Stripe's page leads back to. */
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** Stripe's own page for buying one pack; its invoice, once paid, grants the credits. */
export async function openPackCheckout(
  stripe: StripeGateway,
  { customer, price, successUrl, cancelUrl }: PackCheckout,
  idempotencyKey: string,
): Promise<{ readonly url: string; readonly expiresAt: Date }> {
  const session = await stripe.checkout.sessions.create(
    {
      mode: 'payment',
      customer,
      line_items: [{ price, quantity: 1 }],
      // Without an invoice there is nothing that a finance team sees, and nothing that grants.
      invoice_creation: { enabled: true, invoice_data: { metadata: { creditpool: 'checkout' } } },
      success_url: successUrl,
      cancel_url: cancelUrl,
      metadata: { creditpool: 'checkout' },
    },
    { idempotencyKey },
  );
  if (session.url === null) throw new Error(`Stripe opened no page for ${session.id}`);
  return { url: session.url, expiresAt: new Date(session.expires_at * 1000) };
}
