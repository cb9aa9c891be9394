// Checks over all pools at 64 connections, against a route that does nothing with the same body.
import { median, pairedRatio, quantile, rounded } from './rounds.ts';
import type { Stage } from './stage.ts';

const CONNECTIONS = 64;

export interface CheckResult {
  readonly ratio: number;
  readonly p99_ms: number;
  readonly checks_per_s: number;
  readonly noop_per_s: number;
}

export async function measureCheck(stage: Stage): Promise<CheckResult> {
  const checks: number[] = [];
  const noops: number[] = [];
  const p99s: number[] = [];
  for (let round = -1; round < stage.sizes.rounds; round += 1) {
    const noop = await slice(stage, '/noop');
    const check = await slice(stage, '/v1/check');
    stage.say(
      `check ${round < 0 ? 'warm-up' : round + 1}: ${Math.round(check.perSecond)}/s, no-op ${Math.round(noop.perSecond)}/s`,
    );
    if (round < 0) continue;
    checks.push(check.perSecond);
    noops.push(noop.perSecond);
    p99s.push(quantile(check.latenciesMs, 0.99));
  }
  return {
    ratio: rounded(pairedRatio(checks, noops)),
    p99_ms: rounded(median(p99s)),
    checks_per_s: Math.round(median(checks)),
    noop_per_s: Math.round(median(noops)),
  };
}

async function slice({ load, hot, headers, sizes }: Stage, path: string) {
  const { requests, seconds, latenciesMs } = await load.run({
    kind: 'repeated',
    path,
    connections: CONNECTIONS,
    headers,
    body: JSON.stringify({
      customer: hot,
      action: 'llm.complete',
      quantities: { input_tokens: 900, output_tokens: 120 },
    }),
    forMs: sizes.sliceMs,
  });
  return { perSecond: requests / seconds, latenciesMs };
}
