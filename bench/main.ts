// npm run -s bench -- --json [--quick]: how fast the credit engine is, as ratios against what was measured in the same
// run. One JSON document on standard output, progress on standard error.
import { parseArgs } from 'node:util';

import { measureBurn } from './burn.ts';
import { measureCheck } from './check.ts';
import { measureCommit } from './commit.ts';
import { measureGrowth } from './growth.ts';
import { measureHold } from './hold.ts';
import { measureIngest } from './ingest.ts';
import { measureRecon } from './recon.ts';
import { FULL, QUICK, TINY } from './sizes.ts';
import { onStage, type Stage } from './stage.ts';
import { measureWebhook } from './webhook.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    /** So little that it only proves that everything runs. */
    tiny: { type: 'boolean', default: false },
    /** A folder for the server's CPU profile and the statements that PostgreSQL spent its time on. */
    profile: { type: 'string' },
    /** Only these: ingest, hold, check, burn, webhook, recon, growth. */
    only: { type: 'string', multiple: true },
  },
});

const started = performance.now();
const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
};
const mode = options.tiny ? 'tiny' : options.quick ? 'quick' : 'full';
const sizes = { tiny: TINY, quick: QUICK, full: FULL }[mode];
const wanted = (name: string): boolean => options.only === undefined || options.only.includes(name);

async function measureAll(stage: Stage) {
  const commitMs = await measureCommit(stage);
  const ingest = wanted('ingest') ? await measureIngest(stage) : null;
  const hold = wanted('hold') ? await measureHold(stage) : null;
  const check = wanted('check') ? await measureCheck(stage) : null;
  const burn = wanted('burn') ? await measureBurn(stage) : null;
  const webhook = wanted('webhook') ? await measureWebhook(stage) : null;
  const recon = wanted('recon') ? await measureRecon(stage) : null;
  const growth = wanted('growth') ? await measureGrowth(stage) : null;
  return {
    mode,
    ingest,
    hold: hold === null ? null : { ...hold, commit_ms: commitMs },
    commit_ms: commitMs,
    check,
    burn,
    webhook,
    recon,
    memory: { rss_mb: Math.round(await stage.server.peakRssMb()) },
    growth,
    seconds: Math.round((performance.now() - started) / 1_000),
  };
}

const result = await onStage({ sizes, say, profileTo: options.profile ?? null }, measureAll);
if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
else
  process.stdout.write(
    `${Object.entries(result)
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
      .join('\n')}\n`,
  );
