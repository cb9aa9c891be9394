// The one door to Stripe. Files beside this one hold our calls per object and turn Stripe's shape into the facts we use.
import { Stripe } from 'stripe';

import { type LineSettings, openLine } from './line.ts';

/** The SDK client; only files of this folder call it. */
export type StripeGateway = Stripe;

export interface StripeConnection {
  readonly secretKey: string;
  readonly host?: string;
  readonly port?: number;
  readonly protocol?: 'http' | 'https';
  /** Paces all calls and lets them rest while Stripe is down. */
  readonly line?: LineSettings;
}

/** Opens the SDK at its pinned API version. Retries are ours (outbox), so that every send has our own key. */
export function connectStripe({ secretKey, host, port, protocol, line }: StripeConnection): StripeGateway {
  return new Stripe(secretKey, {
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: 20_000,
    appInfo: { name: 'creditpool' },
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(protocol !== undefined && { protocol }),
    ...(line !== undefined && { httpClient: openLine(line) }),
  });
}
