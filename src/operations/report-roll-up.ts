import { readRollUpReport, type RollUpReport } from '../storage/roll-up-report.ts';
import type { Deps } from './deps.ts';

export interface RollUpSummary extends RollUpReport {
  /** Customers × windows of the span: no month has more meter events, late and corrected usage apart. */
  readonly most: number;
  readonly windowMinutes: number;
}

/** How many meter events a span's usage became, and how many they can be at most. */
export async function reportRollUp(
  { db, settings }: Pick<Deps, 'db' | 'settings'>,
  span: { readonly from: Date; readonly to: Date },
): Promise<RollUpSummary> {
  const report = await readRollUpReport(db, span);
  const { meterWindowMinutes: windowMinutes } = settings;
  const windows = Math.ceil((span.to.getTime() - span.from.getTime()) / (windowMinutes * 60_000));
  return { ...report, most: report.customers * windows, windowMinutes };
}
