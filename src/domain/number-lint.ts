import { AMOUNT_MAX, parseCredits } from './amount.ts';
import type { Finding } from './finding.ts';

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

/** A whole number within its bounds, both included. */
export function* lintRange(path: string, value: number, [least, most]: readonly [number, number]): Iterable<Finding> {
  if (value >= least && value <= most) return;
  yield {
    path,
    code: 'out_of_range',
    message: `${path} is ${value}.`,
    fix: `Write a whole number from ${least} to ${most}.`,
  };
}
