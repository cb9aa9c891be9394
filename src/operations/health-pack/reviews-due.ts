import { endOf, type Month } from '../../domain/health-pack/section.ts';
import { lastReview } from '../../storage/action-modes.ts';
import type { Deps } from '../deps.ts';

/** The day on which the credit model was to be looked at again, when it came in the month or before it. */
export async function readReviewsDue({ db }: Pick<Deps, 'db'>, month: Month): Promise<readonly string[]> {
  const review = await lastReview(db);
  if (review === null || new Date(review.reviewOn) >= endOf(month)) return [];
  return [`review of ${review.reviewOn}`];
}
