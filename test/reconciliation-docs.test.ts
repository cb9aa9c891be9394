import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { METER_LAG_MS, MESSAGE_LAG_MS } from '../src/domain/reconciliation.ts';
import { CLEARING_DAYS, JOB_LAG_MS } from '../src/domain/reconciliation/ourselves.ts';
import { VARIANCE_KINDS } from '../src/domain/variance-kinds.ts';
import { CHECKS, type CheckName, type VarianceKind } from '../src/domain/variance.ts';

const page = await readFile(new URL('../docs/reconciliation.md', import.meta.url), 'utf8');

function rowsOf(check: CheckName): readonly string[] {
  return Object.entries<VarianceKind>(VARIANCE_KINDS)
    .filter(([, kind]) => kind.check === check)
    .map(([name, kind]) => {
      const hand = kind.safeRepair === undefined ? '' : ' _by itself_';
      return `| \`${name}\` | ${kind.class} | ${kind.cause} | ${kind.repair}${hand} |`;
    });
}

/** The table rows under a check's heading. */
function documented(check: CheckName): readonly string[] {
  const section = page.split('\n## ').find((text) => text.startsWith(`\`${check}\``)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => row.replaceAll(/ +/g, ' '));
}

test.for(CHECKS)('docs/reconciliation.md has the kinds of check %s as the code has them', (check) => {
  expect(documented(check)).toEqual(rowsOf(check));
});

test('docs/reconciliation.md names the limits that the code uses', () => {
  expect(page).toContain(`meter lag is ${METER_LAG_MS / 60_000} minutes`);
  expect(page).toContain(`message lag is ${MESSAGE_LAG_MS / 60_000} minutes`);
  expect(page).toContain(`job lag is ${JOB_LAG_MS / 60_000} minutes`);
  expect(page).toContain(`${CLEARING_DAYS} days`);
});
