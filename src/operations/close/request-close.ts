import { refusedText } from '../../domain/free-text.ts';
import type { Permission } from '../../domain/operator.ts';
// The two signatures of a close, what comes between them, and the way back.
import { CONFIRMED_BY_HAND, type ConfirmedByHand } from '../../domain/period-close.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { type AccountingPeriod, lastClosedMonth, lockPeriod, savePeriod } from '../../storage/accounting-periods.ts';
import { insertAlerts } from '../../storage/alerts.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { now } from '../../storage/clock.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { deploymentAlert } from '../deployment-alert.ts';
import type { Deps } from '../deps.ts';
import { type Acting, type Actor, audit, permitted } from '../operators/acting.ts';
import { type Close, closeOf } from './read-close.ts';
import { figuresOf } from './roll-forward.ts';

/** The first signature: the month is pending until somebody else signs the very same proofs. */
export async function requestClose(deps: Deps, acting: Acting, month: string): Promise<Close | Refused> {
  return change(deps, acting, 'close.request', month, async (trx, actor, period) => {
    if (period.state === 'closed') return alreadyClosed(month);
    const close = await closeOf(trx, month);
    const undone = close.checklist.filter(({ done }) => !done);
    if (undone.length > 0) return notReady(close);
    const at = await now(trx);
    return {
      action: 'close.requested',
      after: { ...period, requestedBy: actor.subject, requestedAt: at, requestHash: close.hash },
    };
  });
}

/**
 * The second signature freezes the month: from this commit on the database refuses any entry dated into it. The checklist
 * is computed again under the lock; when it says something else than what was signed first, the request is void.
 */
export async function signClose(
  deps: Deps,
  acting: Acting,
  { month, hash }: { readonly month: string; readonly hash?: string },
): Promise<Close | Refused> {
  return change(deps, acting, 'close.sign', month, async (trx, actor, period) => {
    if (period.state === 'closed') return alreadyClosed(month);
    if (period.requestedBy === null || period.requestHash === null)
      return refuse('close_not_requested', `nobody has asked to close ${month}; finance does so first`);
    if (actor.subject.startsWith('key:'))
      return refuse('close_needs_second_person', 'an API key is nobody who could sign; use a key made for the person');
    const { approvals } = await readApprovalRules(trx);
    const isAlone = period.requestedBy === actor.subject;
    if (isAlone && approvals === 'two_people')
      return refuse('close_needs_second_person', `${actor.name} asked for this close; somebody else has to sign it`);
    const close = await closeOf(trx, month);
    if (close.checklist.some(({ done }) => !done)) return notReady(close);
    if (close.hash !== period.requestHash || (hash !== undefined && hash !== close.hash)) {
      return refuse('close_changed', 'the proofs are not those that were signed first; look at them and ask again', {
        details: { signed: period.requestHash, now: close.hash },
      });
    }
    const at = await now(trx);
    const approval = isAlone ? 'single_operator' : 'two_people';
    const told = { month, closed_at: at.toISOString(), approval };
    await insertAlerts(trx, at, [deploymentAlert(deps, 'period.closed', `${month}/${at.toISOString()}`, told)]);
    return {
      action: 'close.signed',
      after: { ...period, closedBy: actor.subject, closedAt: at, approval },
      proofs: { checklist: close.checklist, figures: await figuresOf(trx, month) },
    };
  });
}

/** Takes a request back before it is signed. */
export async function withdrawClose(deps: Deps, acting: Acting, month: string): Promise<Close | Refused> {
  return change(deps, acting, 'close.request', month, async (_trx, _actor, period) => {
    if (period.state !== 'pending') return refuse('close_not_requested', `no request to close ${month} is pending`);
    return { action: 'close.withdrawn', after: { ...period, requestedBy: null, requestedAt: null, requestHash: null } };
  });
}

/** Opens the last closed month again. What it was closed with stays in the audit log. */
export async function reopenClose(
  deps: Deps,
  acting: Acting,
  { month, reason }: { readonly month: string; readonly reason: string },
): Promise<Close | Refused> {
  const refusal = refusedText(reason, 'reason', 2_000);
  if (refusal !== null) return refusal;
  if (reason.trim() === '')
    return refuse('invalid_request', 'say why the month is opened again; the auditor will ask', { param: 'reason' });
  return change(deps, acting, 'close.reopen', month, async (trx, _actor, period) => {
    if (period.state !== 'closed') return refuse('close_not_closed', `${month} is not closed`);
    const last = await lastClosedMonth(trx);
    if (last !== month)
      return refuse('close_not_last', `only the last closed month may be opened again, and that is ${last ?? 'none'}`);
    return {
      action: 'close.reopened',
      reason,
      after: {
        ...period,
        requestedBy: null,
        requestedAt: null,
        requestHash: null,
        closedBy: null,
        closedAt: null,
        approval: null,
      },
    };
  });
}

/** Ticks what happened in another system, with the name of who says so. */
export async function confirmClose(
  deps: Deps,
  acting: Acting,
  { month, what, note }: { readonly month: string; readonly what: ConfirmedByHand; readonly note: string },
): Promise<Close | Refused> {
  const refusal = refusedText(note, 'note', 2_000);
  if (refusal !== null) return refusal;
  if (!(what in CONFIRMED_BY_HAND)) {
    return refuse('invalid_request', `only ${Object.keys(CONFIRMED_BY_HAND).join(', ')} is confirmed by hand`, {
      param: 'what',
    });
  }
  return change(deps, acting, 'close.request', month, async (trx, actor, period) => {
    if (period.state === 'closed') return alreadyClosed(month);
    const confirmed = { by: actor.subject, at: (await now(trx)).toISOString(), note };
    return {
      action: 'close.confirmed',
      reason: note,
      after: { ...period, confirmations: { ...period.confirmations, [what]: confirmed } },
    };
  });
}

interface Change {
  readonly action: string;
  readonly after: AccountingPeriod;
  readonly reason?: string;
  readonly proofs?: { readonly checklist: readonly object[]; readonly figures: object };
}

/** One act on a month: who may, under the month's lock, with its row of the audit log. */
async function change(
  deps: Deps,
  acting: Acting,
  permission: Permission,
  month: string,
  decide: (trx: Transaction, actor: Actor, period: AccountingPeriod) => Promise<Change | Refused>,
): Promise<Close | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, permission);
    if ('rejected' in actor) return actor;
    const before = await lockPeriod(trx, month);
    const decided = await decide(trx, actor, before);
    if ('rejected' in decided) return decided;
    await savePeriod(trx, decided.after, decided.proofs ?? null);
    await audit(deps, trx, actor, {
      action: decided.action,
      objectType: 'accounting_period',
      objectId: month,
      before,
      after: decided.after,
      reason: decided.reason ?? null,
    });
    return closeOf(trx, month);
  });
}

function notReady(close: Close): Refused {
  const undone = close.checklist.filter(({ done }) => !done);
  return refuse('close_not_ready', undone.map(({ title, proof }) => `${title}: no; ${proof}`).join('. '), {
    details: { undone: undone.map(({ key }) => key) },
  });
}

function alreadyClosed(month: string): Refused {
  return refuse('close_already_closed', `${month} is closed; late entries go to the open month with belongs_to`);
}
