import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertReview } from '../../storage/action-modes.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

/** Says when the credit model is looked at again; also how a review that is done is closed. */
export async function setReviewDate(
  deps: Deps,
  acting: Acting,
  { reviewOn, reason }: { readonly reviewOn: string; readonly reason: string },
): Promise<{ readonly reviewOn: string } | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'launch.change');
    if ('rejected' in actor) return actor;
    const at = await now(trx);
    if (!isReviewDate(reviewOn, at)) {
      const message = `${reviewOn} is no day after today; write one such as 2026-10-01.`;
      return refuse('invalid_request', message, { param: 'review_on' });
    }
    await insertReview(trx, { modelReviewId: deps.newId(), reviewOn, setAt: at, setBy: actor.name, reason });
    await audit(deps, trx, actor, {
      action: 'launch.review_set',
      objectType: 'credit_model',
      objectId: reviewOn,
      after: { reviewOn },
      reason,
    });
    return { reviewOn };
  });
}

/** A calendar day that is still to come. */
export function isReviewDate(text: string, at: Date): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text && day > at;
}
