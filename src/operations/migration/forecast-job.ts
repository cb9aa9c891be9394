// A forecast of bills as work of its own: what was asked and what came of it stand beside the request, as plain JSON.
import type { FinanceJob } from '../../storage/finance-jobs.ts';
import type { Deps } from '../deps.ts';
import { type BillsForecast, forecastBills } from './forecast-bills.ts';
import type { Rollout } from './forecast-cohorts.ts';

/** Three months of bills are compared, as on the side-by-side page of a health pack. */
const FORECAST_MONTHS = 3;

/** What a forecast was asked for. */
export function rolloutOf({ asked }: FinanceJob): Rollout | null {
  return asked as Rollout | null;
}

/** Works it out; a rollout that cannot be is told as the job's failure. */
export async function performForecast(
  deps: Deps,
  job: FinanceJob,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<FinanceJob, 'result' | 'failure'>> {
  const rollout = rolloutOf(job);
  if (rollout === null) throw new Error(`job ${job.financeJobId} says nothing of a rollout`);
  const forecast = await forecastBills(deps, { rollout, months: FORECAST_MONTHS, onProgress });
  if ('rejected' in forecast) return { result: null, failure: forecast.rejected.message };
  return { result: kept(forecast), failure: null };
}

function kept(forecast: BillsForecast): Record<string, unknown> {
  const text = JSON.stringify(forecast, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  return JSON.parse(text) as Record<string, unknown>;
}

type Plain<Value> = Value extends bigint | Date
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Plain<Value[Key]> }
      : Value;

/** What came of a forecast; null while there is nothing yet. */
export function forecastOf({ result }: FinanceJob): BillsForecast | null {
  if (result === null) return null;
  const plain = result as unknown as Plain<BillsForecast>;
  return {
    ...plain,
    from: new Date(plain.from),
    to: new Date(plain.to),
    cohorts: plain.cohorts.map(({ firstRenewalAt, ...cohort }) => ({
      ...cohort,
      firstRenewalAt: firstRenewalAt === null ? null : new Date(firstRenewalAt),
    })),
    sums: plain.sums.map(({ beforeMinor, afterMinor, ...sum }) => ({
      ...sum,
      beforeMinor: BigInt(beforeMinor),
      afterMinor: BigInt(afterMinor),
    })),
    bills: plain.bills.map(({ beforeMinor, afterMinor, ...bill }) => ({
      ...bill,
      beforeMinor: BigInt(beforeMinor),
      afterMinor: BigInt(afterMinor),
    })),
  };
}
