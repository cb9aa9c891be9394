import { lanesOfIdentifiers } from '../domain/meter.ts';
import { parkReported } from '../storage/meter-sums.ts';
import { fetchMeterErrors } from '../stripe/meter-errors.ts';
import type { Deps } from './deps.ts';

export interface MeterErrorsNoted {
  /** Messages that Stripe had taken and are parked now: they were not counted. */
  readonly parked: number;
  readonly reported: number;
}

/**
 * Follows an error report: each report of usage that it names was never counted, so it is parked with Stripe's reason and
 * no longer adds to what we say was sent. It names only samples; the comparison of sums before the invoice finds the rest.
 * Null when Stripe has no such report.
 */
export async function noteMeterErrors(deps: Deps, eventId: string): Promise<MeterErrorsNoted | null> {
  const errors = await fetchMeterErrors(deps.stripe, eventId);
  if (errors === null) return null;
  const lanes = lanesOfIdentifiers(errors.samples.map(({ identifier }) => identifier));
  const { count, from, to } = errors;
  const parked = await parkReported(deps.db, lanes, errors.samples, to);
  deps.log.error({ event: eventId, count, from, to, parked }, 'Stripe could not count usage that it had taken');
  return { parked, reported: count };
}
