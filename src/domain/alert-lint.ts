import type { AlertRules } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { lintRange } from './number-lint.ts';

/** Alerts that can ever be raised, each once. */
export function* lintAlerts(alerts: AlertRules, path: string): Iterable<Finding> {
  yield* lintThresholds(alerts.thresholdsPercent, `${path}.thresholdsPercent`);
  yield* lintDays(alerts.expiringDays, `${path}.expiringDays`);
  const { runawayFactor, silenceHours, daysLeft } = alerts;
  if (runawayFactor !== null) yield* lintRange(`${path}.runawayFactor`, runawayFactor, [2, 1000]);
  if (silenceHours !== null) yield* lintRange(`${path}.silenceHours`, silenceHours, [1, 744]);
  if (daysLeft !== null) yield* lintRange(`${path}.daysLeft`, daysLeft, [1, 365]);
}

function* lintThresholds(thresholds: readonly number[], path: string): Iterable<Finding> {
  for (const [index, threshold] of thresholds.entries()) {
    yield* lintRange(`${path}[${index}]`, threshold, [1, 1000]);
    if (threshold > (thresholds[index - 1] ?? 0)) continue;
    yield {
      path: `${path}[${index}]`,
      code: 'contradiction',
      message: 'Thresholds rise from one to the next, each of them once.',
      fix: 'Sort them and remove what is there twice.',
    };
  }
}

function* lintDays(days: readonly number[], path: string): Iterable<Finding> {
  for (const [index, day] of days.entries()) {
    yield* lintRange(`${path}[${index}]`, day, [1, 3650]);
    if (day < (days[index - 1] ?? Infinity)) continue;
    yield {
      path: `${path}[${index}]`,
      code: 'contradiction',
      message: 'Days before expiry fall from one to the next, each of them once.',
      fix: 'Write the longest notice first: [30, 7, 1].',
    };
  }
}
