import { duePools } from '../storage/due-pools.ts';
import type { RealTime } from './track-usage.ts';

const SLICE = 100;

/**
 * Brings pools up to date that nobody touches: opens periods, lapses holds, cuts off, expires. Through the executor,
 * in slices, so that it never stands long before a customer's request. Returns how many pools were caught up; as many
 * as `limit` means there may be more.
 */
export async function catchUpPools(
  { deps, executor }: RealTime,
  { limit }: { readonly limit: number },
): Promise<{ readonly pools: number }> {
  const customers = await duePools(deps.db, limit);
  for (let start = 0; start < customers.length; start += SLICE) {
    const slice = customers.slice(start, start + SLICE);
    await executor.submit(slice.map((customer) => ({ kind: 'touch', customer }) as const));
  }
  return { pools: customers.length };
}
