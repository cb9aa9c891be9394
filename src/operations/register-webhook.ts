import { createThinDestination, createWebhookEndpoint, removeWebhookEndpoints } from '../stripe/webhook-endpoints.ts';
import type { Deps } from './deps.ts';

/** Makes the simulator send to `url` what it tells only thinly; the signing secret of that. */
export async function registerThinWebhook(deps: Deps, url: string, types: readonly string[]): Promise<string> {
  return createThinDestination(deps.stripe, url, types);
}

/** Makes the simulator send its events to `url` and returns the signing secret; an earlier start's endpoint goes. */
export async function registerWebhook(deps: Deps, url: string): Promise<string> {
  await removeWebhookEndpoints(deps.stripe, url);
  return createWebhookEndpoint(deps.stripe, url);
}
