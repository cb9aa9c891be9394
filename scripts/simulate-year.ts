// `npm run -s simulate:year -- --seed N --json`: a year of customers who buy, use, change and undo, and of hands at Stripe's
// dashboard, through the whole product; closed month by month, and worked out once more from the log of what was done.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { isSound } from './year/add-up.ts';
import { livesOf } from './year/lives.ts';
import { liveYear, momentsOf } from './year/run.ts';

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    customers: { type: 'string', default: '200' },
    months: { type: 'string', default: '12' },
    directory: { type: 'string' },
    resume: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const [seed, customers, months] = [whole('seed', 1e9), whole('customers', 1_000), whole('months', 12)];
const acts = livesOf(seed, { customers, months });
if (given['dry-run']) {
  for (const [what, done] of Map.groupBy(acts, ({ deed }) => deed.what))
    out(`${String(done.length).padStart(6)}  ${what}`);
  out(`${String(momentsOf(acts, months).length).padStart(6)}  moments at which something happens`);
} else {
  try {
    await live();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

async function live(): Promise<void> {
  const directory = given.directory ?? mkdtempSync(join(tmpdir(), 'creditpool-year-'));
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
    say('stopping after this moment …');
  });
  const { resume } = given;
  const options = { seed, customers, months, directory, resume, say, stopped: () => interrupted };
  const result = await liveYear(options);
  process.exitCode = 1;
  const again = `npm run -s simulate:year -- --seed ${seed} --customers ${customers} --months ${months} --directory ${directory} --resume`;
  if (result === null) {
    say(`stopped; go on with: ${again}`);
    return;
  }
  if (given.json) out(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) out(`${name.padEnd(16)} ${value}`);
  if (!isSound(result, months)) {
    say(`the books are in ${directory}; after a change, go on with: ${again}`);
    return;
  }
  process.exitCode = 0;
  if (given.directory === undefined) rmSync(directory, { recursive: true, force: true });
}

function out(line: string): void {
  process.stdout.write(`${line}\n`);
}

function whole(name: 'seed' | 'customers' | 'months', most: number): number {
  const value = Number(given[name]);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  say(`--${name} ${given[name]} is not usable: name a whole number from 1 to ${most}`);
  return process.exit(2);
}
