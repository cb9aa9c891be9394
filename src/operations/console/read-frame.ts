import type { NotEnforced } from '../../domain/ladder.ts';
import { type ReviewState, reviewState } from '../../domain/model-review.ts';
import { lastReview } from '../../storage/action-modes.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { countCases } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { countWaitingCorrections } from '../../storage/corrections.ts';
import type { Deps } from '../deps.ts';
import { readNotEnforced } from '../launch/read-not-enforced.ts';

export interface FrameState {
  /** Cases and corrections that wait for a second person. */
  readonly waiting: number;
  /** One person may release what he asked for himself: everybody should see that. */
  readonly singleOperator: boolean;
  readonly review: ReviewState;
  readonly notEnforced: NotEnforced;
}

/** What every page of the console shows around its content. */
export async function readFrame({ db }: Pick<Deps, 'db'>): Promise<FrameState> {
  const [cases, corrections, { approvals }, review, at, notEnforced] = await Promise.all([
    countCases(db, 'waiting'),
    countWaitingCorrections(db),
    readApprovalRules(db),
    lastReview(db),
    now(db),
    readNotEnforced({ db }),
  ]);
  return {
    waiting: cases + corrections,
    singleOperator: approvals === 'single_operator',
    review: reviewState(review, at),
    notEnforced,
  };
}
