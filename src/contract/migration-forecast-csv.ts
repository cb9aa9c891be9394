import type { ForecastBill } from '../domain/migration-forecast.ts';
import { toWireId } from './ids.ts';
import { csv, guarded } from './spreadsheet.ts';

/** A row for each customer whom a rollout would move, who would pay most more first. */
export function forecastCsv(bills: readonly ForecastBill[]): string {
  return csv(
    ['customer', 'external_id', 'name', 'currency', 'before_minor', 'after_minor', 'difference_minor'],
    bills.map(({ customerId, externalId, name, currency, beforeMinor, afterMinor }) => [
      toWireId('customer', customerId),
      guarded(externalId),
      guarded(name),
      currency,
      String(beforeMinor),
      String(afterMinor),
      String(afterMinor - beforeMinor),
    ]),
  );
}
