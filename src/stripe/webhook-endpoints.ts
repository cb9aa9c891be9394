import type { StripeGateway } from './gateway.ts';

/** Registers an address for every event and returns the secret that signs what is sent there. */
export async function createWebhookEndpoint(stripe: StripeGateway, url: string): Promise<string> {
  const { secret } = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
  if (secret === undefined) throw new Error(`Stripe returned no secret for the webhook endpoint ${url}`);
  return secret;
}

/** Removes the endpoints of an address, such as those that an earlier start left behind. */
export async function removeWebhookEndpoints(stripe: StripeGateway, url: string): Promise<void> {
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
    if (endpoint.url === url) await stripe.webhookEndpoints.del(endpoint.id);
  }
}
