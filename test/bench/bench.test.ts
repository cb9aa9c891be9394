import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

interface Figures {
  readonly [key: string]: number | Figures;
}

test('the benchmark prints one JSON document with every figure, measured', () => {
  const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, '--json', '--tiny'], { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const figures = JSON.parse(stdout) as Figures;
  for (const path of KEYS) {
    const value = path
      .split('.')
      .reduce<number | Figures | undefined>(
        (inner, key) => (typeof inner === 'object' ? inner[key] : undefined),
        figures,
      );
    expect({ path, isMeasured: typeof value === 'number' && value > 0 }).toEqual({ path, isMeasured: true });
  }
}, 240_000);

const KEYS = [
  'ingest.ratio',
  'hold.ratio',
  'hold.vs_naive',
  'hold.p99_ms',
  'commit_ms',
  'check.ratio',
  'burn.vs_pgledger',
  'webhook.vs_sync_engine',
  'webhook.vs_sync_engine_unfetched',
  'recon.ratio',
  'recon.compare_ms',
  'recon.ended_lots_ratio',
  'recon.rss_mb',
  'recon.postgres_rss_mb',
  'recon.tenth_rss_mb',
  'memory.rss_mb',
  'growth.ratio',
];
