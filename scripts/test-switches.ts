/**
 * The full matrix: every story, while any two uncertain facts about Stripe meet in each combination of their positions.
 * `npm run test:switches -- alone` tries every other position by itself instead, one run for each;
 * `-- summaryEnd a1` tries the positions and stories that these words name, `-- 3 4` the third run and the fourth, as after
 * one that was cut short.
 */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';

import progress from 'cli-progress';
import Table from 'cli-table3';

import { OTHER_POSITIONS } from '../src/simulator/switches.ts';
import { NOT_IN_A_STORY, type Position, POSITIONS, TOGETHER } from '../test/support/positions.ts';

/** Where every run of the tests leaves its report. */
const REPORT = 'reports/tests.json';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const alone = process.argv.includes('alone');
const words = process.argv.slice(2).filter((word) => word !== 'alone');
const facts = words.filter((word) => word in OTHER_POSITIONS);
const runs = words.map(Number).filter((word) => word > 0);
const stories = words
  .filter((word) => !(word in OTHER_POSITIONS) && !(Number(word) > 0))
  .map((word) => `test/stories/${word}`);
const named = POSITIONS.filter(({ name }) => facts.includes(name.split('=')[0] ?? ''));
const all = alone ? POSITIONS : TOGETHER.filter((_, at) => runs.length === 0 || runs.includes(at + 1));
const chosen = facts.length === 0 ? all : named;

/** One run of the stories; the report that vitest wrote. */
async function run({ switches }: Position): Promise<Report> {
  await rm(REPORT, { force: true });
  const paths = stories.length === 0 ? ['test/stories'] : stories;
  const setting = `STORY_SWITCHES=${JSON.stringify(switches)}`;
  const child = spawn('env', [setting, process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...paths], {
    stdio: 'ignore',
  });
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(await readFile(REPORT, 'utf8')) as Report;
}

const bar = new progress.SingleBar({ format: '{bar} {value}/{total} {position}', etaBuffer: 5 }, progress.Presets.rect);
const table = new Table({ head: ['position', 'passed', 'failed', 'seconds', 'what failed'], wordWrap: true });
let failures = 0;
bar.start(chosen.length, 0, { position: '' });
for (const position of chosen) {
  bar.update({ position: position.name });
  const begun = performance.now();
  const report = await run(position);
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed');
  failures += failed.length;
  const seconds = Math.round((performance.now() - begun) / 1000);
  const what = failed.map(({ fullName }) => fullName.trim()).join('\n');
  // A log has no bar, and a run of hours may be cut short.
  if (!process.stderr.isTTY) console.error(`${position.name}: ${report.numPassedTests} passed, ${seconds} s\n${what}`);
  table.push([position.name, report.numPassedTests, report.numFailedTests, seconds, what]);
  bar.increment();
}
bar.stop();
console.log(table.toString());
for (const [name, why] of Object.entries(NOT_IN_A_STORY)) console.log(`${name}: not tried, because ${why}`);
process.exitCode = failures === 0 ? 0 : 1;
