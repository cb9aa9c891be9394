// The registry of models, keys, features and members: who is known, who answers for it, who is blocked.
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { RegisteredUse, ShadowKind } from '../../domain/shadow.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import {
  forgetRegisteredUses,
  listRegisteredUses,
  lockRegisteredUse,
  saveRegisteredUse,
} from '../../storage/shadow.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

export interface ShadowDecision {
  readonly kind: ShadowKind;
  readonly name: string;
  readonly state: RegisteredUse['state'];
  /** Who answers for it; null keeps the one there is, else whoever decides. */
  readonly owner: string | null;
  readonly reason: string;
}

/**
 * Registers a name (which acknowledges what was found of it) or blocks it: the next check or hold that names it is
 * refused, and what is tracked is stored all the same.
 */
export async function decideShadow(
  deps: Deps,
  acting: Acting,
  decision: ShadowDecision,
): Promise<RegisteredUse | Refused> {
  const { kind, name, state, owner, reason } = decision;
  for (const [text, param, max] of [
    [name, 'name', 200],
    [reason, 'reason', 500],
    [owner ?? 'unnamed', 'owner', 200],
  ] as const) {
    const refusal = refusedText(text, param, max);
    if (refusal !== null) return refusal;
    if (text.trim() === '') return refuse('invalid_request', `${param} is missing`, { param });
  }
  if (name.slice(0, -1).includes('*')) {
    return refuse('invalid_request', `${name} has a * before its end; a * stands at the end alone.`, { param: 'name' });
  }
  const decided = await transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'shadow.decide');
    if ('rejected' in actor) return actor;
    const before = await lockRegisteredUse(trx, kind, name);
    const changed = { changedBy: actor.subject, changedAt: await now(trx) };
    const after = { kind, name, state, owner: owner ?? before?.owner ?? actor.name, reason, ...changed };
    await saveRegisteredUse(trx, after);
    await audit(deps, trx, actor, {
      action: state === 'blocked' ? 'use.blocked' : 'use.registered',
      objectType: 'registered_use',
      objectId: `${kind}/${name}`,
      ...(before !== null && { before }),
      after,
      reason,
    });
    return after;
  });
  forgetRegisteredUses(deps.db);
  return decided;
}

/** The registry, for whoever may see margins. */
export async function readRegistry(deps: Deps, acting: Acting): Promise<readonly RegisteredUse[] | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  return 'rejected' in actor ? actor : listRegisteredUses(deps.db);
}
