import { materialMinor } from '../domain/currency.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { countMaterial, countUnexplained as countAll, unexplainedUnits } from '../storage/unexplained.ts';
import type { Deps } from './deps.ts';

/**
 * Open variances that nothing explains, of one customer or of all. With a materiality (major units of whatever currency:
 * "1.00") smaller differences in money are left out; those in credits, and those without an amount, always count.
 */
export async function countUnexplained(
  { db }: Pick<Deps, 'db'>,
  { materiality, customer }: { readonly materiality: string | null; readonly customer: CustomerKey | null },
): Promise<number> {
  if (materiality === null) return countAll(db, customer ?? undefined);
  const least = new Map<string, bigint>();
  for (const unit of await unexplainedUnits(db)) {
    const minor = materialMinor(unit, materiality);
    if (minor !== null) least.set(unit, minor);
  }
  return countMaterial(db, least, customer ?? undefined);
}
