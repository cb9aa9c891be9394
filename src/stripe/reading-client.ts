// For those who only look: requests leave at a measured pace, a 429 is waited out, and nothing but a GET leaves at all.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Stripe } from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

const TRIES_MAX = 6;
const FIRST_PAUSE_MS = 1_000;

/** The SDK's HTTP client, sending so many GETs a second at most, and throwing at anything else. */
export function readingHttpClient(perSecond: number, inner: HttpClient): HttpClient {
  let nextAt = 0;
  const turn = async (): Promise<void> => {
    const now = performance.now();
    nextAt = Math.max(now, nextAt) + 1_000 / perSecond;
    await sleep(nextAt - 1_000 / perSecond - now);
  };
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: async (...request) => {
      const [, , path, method] = request;
      if (method !== 'GET') throw new Error(`this only reads, and was about to send ${method} ${path}`);
      for (let tries = 1; ; tries += 1) {
        await turn();
        const response = await inner.makeRequest(...request);
        if (response.getStatusCode() !== 429 || tries === TRIES_MAX) return response;
        await sleep(FIRST_PAUSE_MS * 2 ** (tries - 1));
      }
    },
  };
}
