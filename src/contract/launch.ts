import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import { ACTION_MODES, type ActionMode } from '../domain/ladder.ts';
import type { GateRow, SignOff } from '../domain/launch-gate.ts';
import type { ReviewState } from '../domain/model-review.ts';
import { text } from './text.ts';

const mode = z.enum(ACTION_MODES);
const action = z.string().max(64);
const day = z.iso.date();

/** Which rung is asked about; none: the next one of the lowest actions. */
export const launchQuery = z.strictObject({
  to: mode.exactOptional(),
  actions: z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim()))
    .exactOptional(),
});

export const promotion = z.strictObject({
  to: mode.exactOptional(),
  actions: z.array(action).min(1).max(200).exactOptional(),
  reason: text(500),
  review_on: day.exactOptional(),
});

export const demotion = z.strictObject({ to: mode, actions: z.array(action).min(1).max(200), reason: text(500) });

export const signature = z.strictObject({ row: z.string().max(40), reason: text(500) });

export const reviewDate = z.strictObject({ review_on: day, reason: text(500) });

interface LaunchAction {
  readonly action: string;
  readonly feature: string;
  readonly mode: ActionMode;
  readonly price: string;
  readonly observed: number;
  readonly change: { readonly changedAt: Date; readonly changedBy: string; readonly reason: string } | null;
  readonly shadow: {
    readonly events: number;
    readonly lots: bigint;
    readonly overage: bigint;
    readonly debt: bigint;
    readonly refused: bigint;
  } | null;
}

interface Launch {
  readonly asOf: Date;
  readonly actions: readonly LaunchAction[];
  readonly next: {
    readonly to: ActionMode;
    readonly actions: readonly string[];
    readonly gate: readonly GateRow[];
    readonly passed: boolean;
  } | null;
  readonly review: ReviewState;
}

export function shownLaunch({ asOf, actions, next, review }: Launch) {
  return {
    object: 'launch',
    as_of: asOf,
    actions: actions.map(({ action: name, feature, mode: at, price, observed, change, shadow }) => ({
      action: name,
      feature,
      mode: at,
      price,
      since: change === null ? null : change.changedAt,
      moved_by: change === null ? null : change.changedBy,
      reason: change === null ? null : change.reason,
      uses_beside_the_books: observed,
      shadow:
        shadow === null
          ? null
          : {
              uses: shadow.events,
              would_draw: formatCredits(shadow.lots),
              would_be_overage: formatCredits(shadow.overage),
              would_be_debt: formatCredits(shadow.debt),
              would_be_refused: formatCredits(shadow.refused),
            },
    })),
    next:
      next === null
        ? null
        : { to: next.to, actions: next.actions, passed: next.passed, gate: next.gate.map((row) => shownGateRow(row)) },
    review: { review_on: review.reviewOn, set_by: review.setBy, overdue: review.isOver },
  };
}

function shownGateRow({ row, title, state, proof, fix, evidence, signed }: GateRow) {
  return { row, title, state, proof, fix, evidence, signed: signed === null ? null : shownSignOff(signed) };
}

export function shownSignOff({ row, by, at, reason }: SignOff) {
  return { row, signed_by: by, signed_at: at, reason };
}
