// The line to Stripe: all calls of this process pass here. They are paced by a budget that all replicas share, and stop
// for a while when Stripe fails again and again, so that an outage neither is made worse nor uses up anybody's attempts.
import { setTimeout as sleep } from 'node:timers/promises';

import { Stripe } from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;
type HttpAnswer = Awaited<ReturnType<HttpClient['makeRequest']>>;
export type Bucket = 'calls' | 'meter';

/** What the replicas share; storage keeps it. */
export interface LineState {
  /** Takes up to `wanted` calls; `waitMs` until there is one again. */
  readonly take: (bucket: Bucket, wanted: number) => Promise<{ readonly granted: number; readonly waitMs: number }>;
  /** The account calls too much: nobody takes for so long. */
  readonly empty: (bucket: Bucket, seconds: number) => Promise<void>;
  readonly rest: () => Promise<{
    readonly since: Date | null;
    readonly leftMs: number;
    readonly reason: string | null;
  }>;
  readonly begin: (reason: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

export interface LineSettings {
  readonly state: LineState;
  /** Calls a second of all replicas together; null: as fast as they come. */
  readonly callsPerSecond: number | null;
  /** Reports of usage have a limit of their own in live mode; null: they count as calls. */
  readonly meterCallsPerSecond: number | null;
}

/** Nothing was sent: Stripe fails, and everybody waits until it is tried again. */
export class LineRests extends Error {
  readonly seconds: number;
  constructor(reason: string, leftMs: number) {
    super(`not sent, tried again in ${Math.ceil(leftMs / 1000)} s: ${reason}`);
    this.seconds = Math.max(1, leftMs / 1000);
  }
}

/** Failures in a row, with no success between, after which Stripe counts as down. */
const FAILURES_MAX = 5;
/** What is taken from the budget at once serves for so long; what is left of it then is given up. */
const STOCK_MS = 500;
const METER_PATHS = /^\/v[12]\/billing\/meter_event(s|_stream)\b/;
const RATE_LIMITS = /^(global|endpoint)-rate$/;

/** The SDK's own HTTP client behind the line. */
export function openLine(settings: LineSettings, inner: HttpClient = Stripe.createNodeHttpClient()): HttpClient {
  const { state, callsPerSecond, meterCallsPerSecond } = settings;
  const paces = {
    calls: callsPerSecond === null ? null : openPace(state, 'calls', callsPerSecond),
    meter: meterCallsPerSecond === null ? null : openPace(state, 'meter', meterCallsPerSecond),
  };
  let failures = 0;
  const line: { probe: Promise<unknown> | null } = { probe: null };

  const observe = async (failure: string | null): Promise<void> => {
    const wasDown = failures >= FAILURES_MAX;
    failures = failure === null ? 0 : failures + 1;
    if (failure !== null && failures >= FAILURES_MAX) await state.begin(failure);
    if (failure === null && wasDown) await state.end();
  };
  const call = async (send: () => Promise<HttpAnswer>, bucket: Bucket): Promise<HttpAnswer> => {
    try {
      const answer = await send();
      const status = answer.getStatusCode();
      const limit = String(answer.getHeaders()['stripe-rate-limited-reason'] ?? '');
      if (status === 429 && RATE_LIMITS.test(limit)) await state.empty(bucket, 1);
      await observe(status >= 500 ? `it answers ${status}` : null);
      return answer;
    } catch (error) {
      await observe(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };

  return Object.assign(Object.create(inner) as HttpClient, {
    makeRequest: async (...request: Parameters<HttpClient['makeRequest']>): Promise<HttpAnswer> => {
      const bucket = METER_PATHS.test(request[2]) && paces.meter !== null ? 'meter' : 'calls';
      const send = async (): Promise<HttpAnswer> => call(async () => inner.makeRequest(...request), bucket);
      await paces[bucket]?.();
      if (failures < FAILURES_MAX) return send();
      // One at a time tries whether Stripe is back; the others wait to hear of it.
      while (line.probe !== null) await Promise.allSettled([line.probe]);
      if (failures < FAILURES_MAX) return send();
      const trying = probeOnce(state, send);
      line.probe = trying;
      try {
        return await trying;
      } finally {
        line.probe = null;
      }
    },
  });
}

async function probeOnce(state: LineState, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  const { since, leftMs, reason } = await state.rest();
  if (since !== null && leftMs > 0) throw new LineRests(`Stripe fails: ${reason ?? 'it does not answer'}`, leftMs);
  return send();
}

/** Waits in the order of asking until the shared budget grants a call. */
function openPace(state: LineState, bucket: Bucket, perSecond: number): () => Promise<void> {
  const stockSize = Math.max(1, Math.floor((perSecond * STOCK_MS) / 5_000));
  let stock = { calls: 0, until: 0 };
  let turn: Promise<unknown> = Promise.resolve();
  const take = async (): ReturnType<LineState['take']> => {
    try {
      return await state.take(bucket, stockSize);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LineRests(`how much may be sent cannot be read: ${reason}`, 1_000);
    }
  };
  const takeOne = async (): Promise<void> => {
    while (stock.calls < 1 || stock.until < performance.now()) {
      const { granted, waitMs } = await take();
      stock = { calls: granted, until: performance.now() + STOCK_MS };
      if (granted === 0) await sleep(waitMs);
    }
    stock.calls -= 1;
  };
  return async () => {
    const mine = Promise.allSettled([turn]).then(takeOne);
    turn = mine;
    await mine;
  };
}
