import { createWebhookEndpoint, removeWebhookEndpoints } from '../stripe/webhook-endpoints.ts';
import type { Deps } from './deps.ts';

/** Makes the simulator send its events to `url` and returns the signing secret; an earlier start's endpoint goes. */
export async function registerWebhook(deps: Deps, url: string): Promise<string> {
  await removeWebhookEndpoints(deps.stripe, url);
  return createWebhookEndpoint(deps.stripe, url);
}
