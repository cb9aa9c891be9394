import type { StripeGateway } from './gateway.ts';

/** The account that the key belongs to. */
export async function fetchAccountId(stripe: StripeGateway): Promise<string> {
  const { id } = await stripe.accounts.retrieveCurrent();
  return id;
}
