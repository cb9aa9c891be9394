import type { StripeGateway } from './gateway.ts';

/** Registers an address for every event and returns the secret that signs what is sent there. */
export async function createWebhookEndpoint(stripe: StripeGateway, url: string): Promise<string> {
  const { secret } = await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
  if (secret === undefined) throw new Error(`Stripe returned no secret for the webhook endpoint ${url}`);
  return secret;
}

/** Registers an address for events that Stripe tells only thinly and returns the secret; an earlier start's goes. */
export async function createThinDestination(
  stripe: StripeGateway,
  url: string,
  types: readonly string[],
): Promise<string> {
  const { eventDestinations } = stripe.v2.core;
  for await (const { id, event_payload: payload, webhook_endpoint: to } of eventDestinations.list({
    include: ['webhook_endpoint.url'],
  })) {
    if (payload === 'thin' && to?.url === url) await eventDestinations.del(id);
  }
  const { webhook_endpoint: made } = await eventDestinations.create({
    name: 'creditpool',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: [...types],
    webhook_endpoint: { url },
    include: ['webhook_endpoint.signing_secret'],
  });
  if (made?.signing_secret === undefined) throw new Error(`Stripe returned no secret for the destination ${url}`);
  return made.signing_secret;
}

/** Removes the endpoints of an address, such as those that an earlier start left behind. */
export async function removeWebhookEndpoints(stripe: StripeGateway, url: string): Promise<void> {
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 })) {
    if (endpoint.url === url) await stripe.webhookEndpoints.del(endpoint.id);
  }
}
