import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import type { Delivery } from './collections.ts';
import { secretsOf, signatureHeader } from './signing-secrets.ts';
import { wireWatcher } from './wire-watch.ts';
import type { World } from './world.ts';

export interface Deliveries {
  /** New deliveries may be waiting. */
  readonly wake: () => void;
  /** Makes every delivery that waits for a later try due now. */
  readonly hasten: () => void;
  /** Resolves once no delivery is waiting for its first or an overdue try. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface DeliveryParts {
  readonly world: World;
  readonly bodyOf: (event: string) => string;
  /** Runs inside the transaction that records the acknowledgement. */
  readonly onAcknowledged: (event: string) => void;
}

const KEEP_ALIVE = { keepAlive: true, maxSockets: 4 };
const agents = { http: new HttpAgent(KEEP_ALIVE), https: new HttpsAgent(KEEP_ALIVE) };

/** One POST; the status of the answer, or 0 when there was none: an ordinary failed try. */
async function post(url: string, body: string, secrets: readonly string[], signal: AbortSignal): Promise<number> {
  const secure = url.startsWith('https:');
  const options = {
    method: 'POST',
    agent: secure ? agents.https : agents.http,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'stripe-signature': signatureHeader(body, secrets, Math.floor(Date.now() / 1000)),
    },
    signal,
  };
  return new Promise((resolve) => {
    const failed = (): void => {
      // A kept connection that the endpoint had closed meanwhile: nothing was sent, so it is the same try.
      if (request.reusedSocket && !signal.aborted) resolve(post(url, body, secrets, signal));
      else resolve(0);
    };
    const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', failed);
    });
    request.once('error', failed);
    request.end(body);
  });
}

function waiting(world: World, endpoint: string): Delivery[] {
  const now = Date.now();
  return world.store.by('deliveries', 'queue', endpoint).filter(({ next_try_at: at }) => at <= now);
}

/** As they were caused, or in any other order. */
function inOrder(batch: readonly Delivery[], shuffled: boolean): readonly Delivery[] {
  if (!shuffled) return batch;
  const drawn = batch.map((delivery) => ({ delivery, lot: Math.random() }));
  return drawn.toSorted((a, b) => a.lot - b.lot).map(({ delivery }) => delivery);
}

function record({ world, onAcknowledged }: DeliveryParts, delivery: Delivery, status: number): void {
  const { webhookRetryMs, webhookRetryMsMax, webhookTriesMax } = world.switches;
  const tries = delivery.tries + 1;
  const arrived = status >= 200 && status < 300;
  const failed = tries >= webhookTriesMax ? 'given_up' : 'pending';
  const state = arrived ? 'acknowledged' : failed;
  const pause = Math.min(webhookRetryMsMax, webhookRetryMs * 2 ** (tries - 1));
  world.store.transact(() => {
    if (world.store.find('deliveries', delivery.id) === undefined) return;
    const queue = state === 'pending' ? delivery.endpoint : null;
    world.store.patch('deliveries', delivery.id, { tries, status, state, queue, next_try_at: Date.now() + pause });
    world.cause = { id: null, idempotency_key: null };
    if (arrived) onAcknowledged(delivery.event);
  });
}

/** One try; the status of the answer, 0 when there was none. */
async function attempt({ world, bodyOf }: DeliveryParts, delivery: Delivery, closing: AbortSignal): Promise<number> {
  const { drop, duplicate, delayMs } = world.faults.webhooks;
  const { store, switches } = world;
  const endpoint =
    store.find('webhook_endpoints', delivery.endpoint) ?? store.find('event_destinations', delivery.endpoint);
  if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (endpoint === undefined || drop === true) return 0;
  const body = bodyOf(delivery.event);
  wireWatcher()?.delivers(body);
  const send = async (): Promise<number> => {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(switches.webhookTimeoutMs)]);
    return post(endpoint.url, body, secretsOf(world, endpoint), signal);
  };
  const status = await send();
  if (duplicate === true) await send();
  return status;
}

/** Sends what is on record to the endpoints: in order per endpoint, failed ones again later. */
export function createDeliveries(parts: DeliveryParts): Deliveries {
  const { world } = parts;
  const working = new Map<string, Promise<void>>();
  const timers = new Map<string, NodeJS.Timeout>();
  const closing = new AbortController();

  const work = async (endpoint: string): Promise<void> => {
    let batch = waiting(world, endpoint);
    while (batch.length > 0 && !closing.signal.aborted) {
      for (const { id } of inOrder(batch, world.faults.webhooks.shuffle === true)) {
        const delivery = world.store.find('deliveries', id);
        if (delivery === undefined || delivery.queue === null || closing.signal.aborted) continue;
        const status = await attempt(parts, delivery, closing.signal);
        if (!closing.signal.aborted) record(parts, delivery, status);
      }
      batch = waiting(world, endpoint);
    }
    working.delete(endpoint);
    planRetry(endpoint);
  };
  const start = (endpoint: string): void => {
    if (closing.signal.aborted || working.has(endpoint) || waiting(world, endpoint).length === 0) return;
    working.set(endpoint, work(endpoint));
  };
  const planRetry = (endpoint: string): void => {
    clearTimeout(timers.get(endpoint));
    const pending = world.store.by('deliveries', 'queue', endpoint);
    if (pending.length === 0 || closing.signal.aborted) return;
    const at = pending.reduce((soonest, delivery) => Math.min(soonest, delivery.next_try_at), Infinity);
    const timer = setTimeout(() => retry(endpoint), Math.max(1, at - Date.now()));
    timer.unref();
    timers.set(endpoint, timer);
  };
  /** A timer may fire a moment early. */
  const retry = (endpoint: string): void => {
    if (waiting(world, endpoint).length === 0) planRetry(endpoint);
    else start(endpoint);
  };
  const wake = (): void => {
    for (const { id } of world.store.all('webhook_endpoints')) start(id);
    for (const { id } of world.store.all('event_destinations')) start(id);
  };

  const hasten = (): void => {
    world.store.transact(() => {
      for (const { id, queue } of world.store.all('deliveries')) {
        if (queue !== null) world.store.patch('deliveries', id, { next_try_at: 0 });
      }
    });
    wake();
  };

  return {
    wake,
    hasten,
    settled: async () => {
      wake();
      while (working.size > 0) {
        await Promise.all(working.values());
        wake();
      }
    },
    close: async () => {
      closing.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(working.values());
    },
  };
}
