// The one door to Stripe. Files beside this one hold our calls per object and turn Stripe's shape into the facts we use.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import { Stripe } from 'stripe';

import { NO_OBSERVER, type Observer } from '../telemetry/observer.ts';
import { type LineSettings, openLine } from './line.ts';
import { namedFailures } from './named-failures.ts';
import { observedClient } from './observed-client.ts';
import { readingHttpClient } from './reading-client.ts';

/** The SDK client; only files of this folder call it. */
export type StripeGateway = Stripe;

export interface StripeConnection {
  readonly secretKey: string;
  readonly host?: string;
  readonly port?: number;
  readonly protocol?: 'http' | 'https';
  /** How long an answer may take; default 20 000. */
  readonly timeoutMs?: number;
  /** Paces all calls and lets them rest while Stripe is down. */
  readonly line?: LineSettings;
  /** For those who only look: at most so many GETs a second, and nothing else. */
  readonly readsPerSecond?: number;
  /** Hears of every call. */
  readonly observer?: Observer;
  /** Keeps connections; default: the SDK's, which all users of the SDK in this process share. */
  readonly agent?: StripeAgent;
}

export type StripeAgent = HttpAgent | HttpsAgent;

/** Connections of one deployment's own: `destroy()` closes them. */
export function openStripeAgent({ protocol }: Pick<StripeConnection, 'protocol'>): StripeAgent {
  return protocol === 'http' ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true });
}

/** Opens the SDK at its pinned API version. Retries are ours (outbox), so that every send has our own key. */
export function connectStripe(connection: StripeConnection): StripeGateway {
  const {
    secretKey,
    host,
    port,
    protocol,
    timeoutMs = 20_000,
    line,
    readsPerSecond,
    observer = NO_OBSERVER,
    agent,
  } = connection;
  const calls = namedFailures(observedClient(observer, Stripe.createNodeHttpClient(agent)));
  const inner = line === undefined ? calls : openLine(line, calls);
  return new Stripe(secretKey, {
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    appInfo: { name: 'creditpool' },
    httpClient: readsPerSecond === undefined ? inner : readingHttpClient(readsPerSecond, inner),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(protocol !== undefined && { protocol }),
  });
}
