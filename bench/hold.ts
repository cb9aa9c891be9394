// Holds on one hot pool at 64 connections, against a route that does nothing and against one transaction a request.
import { median, pairedRatio, quantile, rounded } from './rounds.ts';
import type { Stage } from './stage.ts';

const CONNECTIONS = 64;
const AMOUNT = { credits: '0.01' };

export interface HoldResult {
  readonly ratio: number;
  readonly vs_naive: number;
  readonly p99_ms: number;
  readonly holds_per_s: number;
  readonly noop_per_s: number;
  readonly naive_per_s: number;
}

/** All three get the same request, body and headers. */
export async function measureHold(stage: Stage): Promise<HoldResult> {
  const holds: number[] = [];
  const noops: number[] = [];
  const naives: number[] = [];
  const p99s: number[] = [];
  for (let round = -1; round < stage.sizes.rounds; round += 1) {
    const noop = await slice(stage, '/noop');
    const hold = await slice(stage, '/v1/holds');
    const naive = await slice(stage, '/naive/holds');
    stage.say(
      `hold ${round < 0 ? 'warm-up' : round + 1}: ${Math.round(hold.perSecond)}/s, no-op ${Math.round(noop.perSecond)}/s, naive ${Math.round(naive.perSecond)}/s`,
    );
    if (round < 0) continue;
    holds.push(hold.perSecond);
    noops.push(noop.perSecond);
    naives.push(naive.perSecond);
    p99s.push(quantile(hold.latenciesMs, 0.99));
  }
  return {
    ratio: rounded(pairedRatio(holds, noops)),
    vs_naive: rounded(pairedRatio(holds, naives)),
    p99_ms: rounded(median(p99s)),
    holds_per_s: Math.round(median(holds)),
    noop_per_s: Math.round(median(noops)),
    naive_per_s: Math.round(median(naives)),
  };
}

async function slice(
  { load, hot, headers, sizes }: Stage,
  path: string,
): Promise<{ readonly perSecond: number; readonly latenciesMs: readonly number[] }> {
  const { requests, seconds, latenciesMs } = await load.run({
    kind: 'repeated',
    path,
    connections: CONNECTIONS,
    headers: { ...headers, 'idempotency-key': '{n}' },
    body: JSON.stringify({ customer: hot, action: 'llm.complete', ...AMOUNT }),
    forMs: sizes.sliceMs,
  });
  return { perSecond: requests / seconds, latenciesMs };
}
