import { AMOUNT_MAX, parseCredits, parseFraction } from './amount.ts';
import type { BurnRate, BurnRow } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintReportedName, lintUnique } from './name-lint.ts';

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

const EACH_MAX = 1_000_000_000_000;

function* lintRate(path: string, rate: BurnRate): Iterable<Finding> {
  const per = rate.per ?? [];
  if (rate.flat === undefined && per.length === 0) {
    yield {
      path,
      code: 'silent_rate',
      message: 'The rate does not say what the action costs.',
      fix: "Write flat or per; flat: '0' when it is free.",
    };
  }
  if (rate.flat !== undefined) yield* lintCredits(`${path}.flat`, rate.flat);
  if (rate.minimum !== undefined) yield* lintCredits(`${path}.minimum`, rate.minimum);
  if (rate.minimum !== undefined && per.length === 0) {
    yield {
      path: `${path}.minimum`,
      code: 'contradiction',
      message: 'A flat rate has no need of a minimum; one of the two never applies.',
      fix: 'Keep flat only.',
    };
  }
  yield* lintUnique(
    `${path}.per`,
    'quantity',
    per.map(({ quantity }) => quantity),
  );
  for (const [index, { quantity, credits, each }] of per.entries()) {
    const place = `${path}.per[${index}]`;
    yield* lintReportedName(`${place}.quantity`, quantity);
    if (parseFraction(credits) === null) {
      yield {
        path: `${place}.credits`,
        code: 'bad_decimal',
        message: `${credits} is not a plain decimal with at most 18 digits and 12 places.`,
        fix: 'Write fewer places, or raise each.',
      };
    }
    if (each < 1 || each > EACH_MAX) {
      yield {
        path: `${place}.each`,
        code: 'out_of_range',
        message: `A price for each ${each} ${quantity} cannot be rated.`,
        fix: `Write a whole number from 1 to ${EACH_MAX}.`,
      };
    }
  }
}

/** An amount of credits: at most six places, and within what an amount holds. */
export function* lintCredits(path: string, text: string): Iterable<Finding> {
  if (parseCredits(text) !== null) return;
  yield {
    path,
    code: 'bad_decimal',
    message: `${text} is not an amount of credits: a plain decimal with at most six places, up to ${AMOUNT_MAX / 1_000_000n}.`,
    fix: 'Write fewer places or a smaller amount.',
  };
}
