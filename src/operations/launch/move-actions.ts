// Steps on the ladder. Up needs the gate and who may change a launch; down is free of proofs, since it only takes away.
import { type ActionMode, isBelow } from '../../domain/ladder.ts';
import type { GateRow } from '../../domain/launch-gate.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertModeChanges, insertReview } from '../../storage/action-modes.ts';
import { lockCatalogue } from '../../storage/catalogues.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import { invalidateRates } from '../../storage/plans.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';
import { type Launch, launchOf, type LaunchQuestion } from './read-launch.ts';
import { isReviewDate } from './set-review-date.ts';

export interface Promotion extends LaunchQuestion {
  readonly reason: string;
  /** YYYY-MM-DD: when the credit model is looked at again. */
  readonly reviewOn?: string;
}

export interface Moved {
  readonly mode: ActionMode;
  readonly actions: readonly string[];
  readonly gate: readonly GateRow[] | null;
  /** Where everything stands now. */
  readonly launch: Launch;
}

/** Takes actions one rung up, if every row of the gate holds. Refused with the rows (`details`) where one does not. */
export async function promoteActions(deps: Deps, acting: Acting, asked: Promotion): Promise<Moved | Refused> {
  return moved(deps, async (trx) => {
    const actor = await permitted(trx, acting, 'launch.change');
    if ('rejected' in actor) return actor;
    const at = await now(trx);
    const { reviewOn, reason } = asked;
    if (reviewOn !== undefined && !isReviewDate(reviewOn, at)) return notAReviewDate(reviewOn);
    const launch = await launchOf(trx, asked, reviewOn === undefined ? null : { reviewOn, setBy: actor.name });
    if ('rejected' in launch) return launch;
    const { next, unit } = launch;
    if (next === null) return refuse('mode_not_next', 'Everything is enforced already.', { param: 'to' });
    if (!next.passed) return gateRefusal(next.gate);
    const { to: mode, actions, gate } = next;
    if (reviewOn !== undefined) {
      await insertReview(trx, { modelReviewId: deps.newId(), reviewOn, setAt: at, setBy: actor.name, reason });
    }
    const change = { unit, actions, mode, changedAt: at, changedBy: actor.name, reason, gate };
    await insertModeChanges(trx, change, deps.newId);
    await audit(deps, trx, actor, {
      action: 'launch.promoted',
      objectType: 'actions',
      objectId: actions.join(','),
      after: { mode },
      reason,
    });
    return { mode, actions, gate };
  });
}

/** Takes actions down at once; what they drew before stays drawn. */
export async function demoteActions(
  deps: Deps,
  acting: Acting,
  asked: { readonly actions: readonly string[]; readonly to: ActionMode; readonly reason: string },
): Promise<Moved | Refused> {
  return moved(deps, async (trx) => {
    const actor = await permitted(trx, acting, 'launch.change');
    if ('rejected' in actor) return actor;
    const launch = await launchOf(trx, {});
    if ('rejected' in launch) return launch;
    const chosen = launch.actions.filter(({ action }) => asked.actions.includes(action));
    const notAbove = chosen.filter(({ mode }) => !isBelow(asked.to, mode));
    if (chosen.length === 0 || chosen.length < asked.actions.length || notAbove.length > 0) {
      const where = chosen.map(({ action, mode }) => `${action} is in ${mode}`).join(', ');
      return refuse(
        'mode_not_next',
        `Not all of ${asked.actions.join(', ')} can go down to ${asked.to}: ${where || 'none is known'}.`,
        { param: 'actions' },
      );
    }
    const change = { unit: launch.unit, actions: asked.actions, mode: asked.to, changedAt: launch.asOf };
    await insertModeChanges(trx, { ...change, changedBy: actor.name, reason: asked.reason, gate: null }, deps.newId);
    await audit(deps, trx, actor, {
      action: 'launch.demoted',
      objectType: 'actions',
      objectId: asked.actions.join(','),
      after: { mode: asked.to },
      reason: asked.reason,
    });
    return { mode: asked.to, actions: asked.actions, gate: null };
  });
}

type Step = Omit<Moved, 'launch'> | Refused;

/** One step at a time in the whole deployment; servers hear of it within a second. */
async function moved(
  deps: Deps,
  step: (trx: Parameters<Parameters<typeof transaction>[1]>[0]) => Promise<Step>,
): Promise<Moved | Refused> {
  const done = await transaction(deps.db, async (trx) => {
    await lockCatalogue(trx);
    return step(trx);
  });
  if ('rejected' in done) return done;
  invalidateRates(deps.db);
  const launch = await launchOf(deps.db, {});
  return 'rejected' in launch ? launch : { ...done, launch };
}

function gateRefusal(gate: readonly GateRow[]): Refused {
  const failing = gate.filter(({ state }) => state === 'fail' || state === 'sign_off');
  const said = failing.map(({ title, proof, fix }) => `${title}: ${proof} ${fix ?? ''}`.trim());
  return refuse('gate_not_passed', `The launch gate holds: ${said.join(' ')}`, { details: failing });
}

function notAReviewDate(text: string): Refused {
  return refuse('invalid_request', `${text} is no day after today; write one such as 2026-10-01.`, {
    param: 'review_on',
  });
}
