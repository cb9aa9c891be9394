// What a rollout does to bills: who it would move, each with what he would have paid under the plan to come for what he did.
import type { CohortForecast, ForecastBill } from '../../domain/migration-forecast.ts';
import type { Refused } from '../../domain/rejection.ts';
import { assumptionsOf } from '../../domain/simulation/assumptions.ts';
import type { Comparison } from '../../domain/simulation/bill-comparison.ts';
import { summarise } from '../../domain/simulation/bill-comparison.ts';
import { now as clock } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type LeftOut, simulatePlans } from '../simulation/simulate-plans.ts';
import { forecastCohorts, type Rollout, rolloutTarget } from './forecast-cohorts.ts';

export interface BillsForecast {
  readonly toPlan: string;
  readonly toVersion: number;
  readonly changesPackaging: boolean;
  readonly cohorts: readonly CohortForecast[];
  /** Whole billing periods of this span are compared. */
  readonly from: Date;
  readonly to: Date;
  readonly assumptions: readonly string[];
  /** By currency. */
  readonly sums: readonly Comparison[];
  /** Who would pay more, the most first; then who would pay less. */
  readonly bills: readonly ForecastBill[];
  readonly leftOut: readonly LeftOut[];
}

const DAY_MS = 86_400_000;
const MONTH_DAYS_MAX = 31;

export interface ForecastOf {
  readonly rollout: Rollout;
  /** Looks back so many months. */
  readonly months: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Simulates the bills of everybody whom a rollout would move; reads only. */
export async function forecastBills(
  deps: Deps,
  { rollout, months, onProgress }: ForecastOf,
): Promise<BillsForecast | Refused> {
  const at = await clock(deps.db);
  const forecast = await transaction(deps.db, async (trx) => {
    const target = await rolloutTarget(trx, rollout);
    if ('rejected' in target) return target;
    const { to, changesPackaging } = target;
    const planned = {
      ...rollout,
      planMigrationId: deps.newId(),
      toPlanVersionId: to.planVersionId,
      plannedAt: at,
    };
    return { to, changesPackaging, ...(await forecastCohorts(trx, planned)) };
  });
  if ('rejected' in forecast) return forecast;
  const { to, changesPackaging, cohorts, moving } = forecast;
  const candidate = { kind: 'plan', plan: to.plan, version: to.version } as const;
  const span = { from: new Date(at.getTime() - months * MONTH_DAYS_MAX * DAY_MS), to: at };
  const simulation = await simulatePlans(deps, {
    candidate,
    ...span,
    customer: null,
    only: moving,
    ...(onProgress !== undefined && { onProgress }),
  });
  if ('rejected' in simulation) return simulation;
  return {
    toPlan: to.plan,
    toVersion: to.version,
    changesPackaging,
    cohorts,
    ...span,
    assumptions: assumptionsOf(candidate),
    sums: summarise(simulation.bills),
    bills: simulation.bills.map(({ customerId, externalId, name, beforeMinor, afterMinor, after: { currency } }) => ({
      customerId,
      externalId,
      name,
      currency,
      beforeMinor,
      afterMinor,
    })),
    leftOut: simulation.leftOut,
  };
}
