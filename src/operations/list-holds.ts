import { now as clock } from '../storage/clock.ts';
import { openHolds } from '../storage/open-holds.ts';
import type { Deps } from './deps.ts';

/** Open holds that were placed longer ago than that, the oldest first: work that never said how it ended. */
export async function listHolds(
  { db }: Pick<Deps, 'db'>,
  wanted: { readonly olderThanSeconds: number; readonly after: string | null; readonly limit: number },
) {
  const { olderThanSeconds, after, limit } = wanted;
  const now = await clock(db);
  const before = new Date(now.getTime() - olderThanSeconds * 1000);
  const holds = await openHolds(db, { before, after, limit: limit + 1 });
  return {
    now,
    holds: holds
      .slice(0, limit)
      .map((hold) => ({ ...hold, ageSeconds: Math.floor((now.getTime() - hold.placedAt.getTime()) / 1000) })),
    hasMore: holds.length > limit,
  };
}
