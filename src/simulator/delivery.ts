import { createHmac } from 'node:crypto';

import type { Delivery } from './collections.ts';
import type { World } from './world.ts';

export interface Deliveries {
  /** New deliveries may be waiting. */
  readonly wake: () => void;
  /** Resolves once no delivery is waiting for its first or an overdue try. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The header of a signed webhook: one v1 per live secret. */
export function signature(body: string, secret: string, seconds: number): string {
  const v1 = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${v1}`;
}

async function post(url: string, body: string, secret: string, timeoutMs: number): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': signature(body, secret, Math.floor(Date.now() / 1000)),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // A refused connection or a time-out is an ordinary failed try; it is on record as status 0.
    return 0;
  }
}

/** Sends what is on record to the endpoints: in order per endpoint, failed ones again later. */
export function createDeliveries(
  world: World,
  bodyOf: (event: string) => string,
  onAcknowledged: (event: string) => void,
): Deliveries {
  const working = new Map<string, Promise<void>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;

  const waiting = (endpoint: string): Delivery[] => {
    const now = Date.now();
    return world.store.by('deliveries', 'queue', endpoint).filter(({ next_try_at: at }) => at <= now);
  };
  const record = (delivery: Delivery, status: number): void => {
    const { webhookRetryMs, webhookRetryMsMax, webhookTriesMax } = world.switches;
    const tries = delivery.tries + 1;
    const arrived = status >= 200 && status < 300;
    const failed = tries >= webhookTriesMax ? 'given_up' : 'pending';
    const pause = Math.min(webhookRetryMsMax, webhookRetryMs * 2 ** (tries - 1));
    world.store.transact(() => {
      if (world.store.find('deliveries', delivery.id) === undefined) return;
      const state = arrived ? 'acknowledged' : failed;
      const queue = state === 'pending' ? delivery.endpoint : null;
      world.store.patch('deliveries', delivery.id, { tries, status, state, queue, next_try_at: Date.now() + pause });
      if (arrived) onAcknowledged(delivery.event);
    });
  };
  const attempt = async (delivery: Delivery): Promise<void> => {
    const { drop, duplicate, delayMs } = world.faults.webhooks;
    const endpoint =
      world.store.find('webhook_endpoints', delivery.endpoint) ??
      world.store.find('event_destinations', delivery.endpoint);
    if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (endpoint === undefined || drop === true) {
      record(delivery, 0);
      return;
    }
    const body = bodyOf(delivery.event);
    const send = async (): Promise<number> =>
      post(endpoint.url, body, endpoint.secret ?? '', world.switches.webhookTimeoutMs);
    const status = await send();
    if (duplicate === true) await send();
    if (!closed) record(delivery, status);
  };
  const work = async (endpoint: string): Promise<void> => {
    for (;;) {
      const due = waiting(endpoint);
      const index = world.faults.webhooks.shuffle === true ? Math.floor(Math.random() * due.length) : 0;
      const delivery = due[index];
      if (delivery === undefined || closed) break;
      await attempt(delivery);
    }
    working.delete(endpoint);
    planRetry(endpoint);
  };
  const start = (endpoint: string): void => {
    if (closed || working.has(endpoint) || waiting(endpoint).length === 0) return;
    working.set(endpoint, work(endpoint));
  };
  const planRetry = (endpoint: string): void => {
    clearTimeout(timers.get(endpoint));
    const pending = world.store.by('deliveries', 'queue', endpoint);
    if (pending.length === 0 || closed) return;
    const at = Math.min(...pending.map((delivery) => delivery.next_try_at));
    const timer = setTimeout(() => retry(endpoint), Math.max(1, at - Date.now()));
    timer.unref();
    timers.set(endpoint, timer);
  };
  /** A timer may fire a moment early. */
  const retry = (endpoint: string): void => {
    if (waiting(endpoint).length === 0) planRetry(endpoint);
    else start(endpoint);
  };
  const wake = (): void => {
    for (const { id } of world.store.all('webhook_endpoints')) start(id);
    for (const { id } of world.store.all('event_destinations')) start(id);
  };

  return {
    wake,
    settled: async () => {
      wake();
      while (working.size > 0) {
        await Promise.all(working.values());
        wake();
      }
    },
    close: async () => {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(working.values());
    },
  };
}
