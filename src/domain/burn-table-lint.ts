import type { BurnRow } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintReportedName, lintUnique } from './name-lint.ts';
import { lintRate } from './rate-lint.ts';

/** Every row prices its action without a gap: readable numbers, distinct quantities, one row per action and instant. */
export function* lintBurnTable(rows: readonly BurnRow[]): Iterable<Finding> {
  if (rows.length === 0) {
    yield {
      path: 'burnTable',
      code: 'no_rate',
      message: 'The burn table is empty, so nothing could be rated.',
      fix: 'Add a row for each action.',
    };
  }
  for (const [index, row] of rows.entries()) {
    const path = `burnTable[${index}]`;
    yield* lintReportedName(`${path}.action`, row.action);
    yield* lintReportedName(`${path}.feature`, row.feature);
    yield* lintInstant(`${path}.effectiveFrom`, row.effectiveFrom);
    yield* lintRate(`${path}.rate`, row.rate);
  }
  yield* lintUnique(
    'burnTable',
    'effectiveFrom',
    rows.map(({ action, effectiveFrom }) => `${action} from ${sameInstant(effectiveFrom)}`),
  );
}

function* lintInstant(path: string, text: string): Iterable<Finding> {
  const year = new Date(text).getUTCFullYear();
  if (year >= 2000 && year < 2200) return;
  yield {
    path,
    code: 'bad_instant',
    message: `${text} is not an instant between the years 2000 and 2200.`,
    fix: 'Write an instant such as "2026-01-01T00:00:00Z".',
  };
}

/** Two spellings of one instant are one instant; what cannot be read is itself. */
function sameInstant(text: string): string {
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? text : instant.toISOString();
}
