// `npm run -s recon:selftest -- [--json]`: plants one difference of each kind, on both sides, and says what the
// reconciliation made of each. Exit 0 only when every one was found, classed right, and none was invented.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

import { table } from '../src/cli/output.ts';
import type { Detection } from '../test/support/detection-table.ts';

const asJson = process.argv.includes('--json');
/** Where the npm script tells the tests to write. */
const path = 'reports/detections.json';

rmSync(path, { force: true });
process.stderr.write('Planting one difference of each kind; this takes about a minute.\n');
const run = spawnSync('npx', ['vitest', 'run', 'test/operations/reconcile.test.ts', '--reporter=dot'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
const { detections, cleanBooks, falseAlarms } = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly detections: readonly Detection[];
  readonly cleanBooks: number;
  readonly falseAlarms: number;
};
const result = {
  seeded: detections.length,
  found: detections.filter(({ found }) => found).length,
  misclassified: detections.filter(({ misclassified }) => misclassified).length,
  false_alarms: falseAlarms,
};
if (asJson) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  const rows = detections.map(({ planted, done, check, class: kind, found, misclassified }) => [
    planted,
    check,
    kind,
    misclassified ? 'as another' : found ? 'yes' : 'NO',
    done,
  ]);
  process.stdout.write(`${table(['planted', 'check', 'class', 'found', 'what somebody did'], rows)}\n`);
  process.stdout.write(
    `${result.found} of ${result.seeded} found, ${result.misclassified} classed wrong, ` +
      `${falseAlarms} false alarms on ${cleanBooks} books that are right.\n`,
  );
}
const sound = result.found === result.seeded && result.misclassified === 0 && falseAlarms === 0;
process.exitCode = sound && run.status === 0 ? 0 : 3;
