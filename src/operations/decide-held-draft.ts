import { refuse, type Refused } from '../domain/rejection.ts';
import { decideCycle } from '../domain/settlement.ts';
import { now } from '../storage/clock.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { findSettlement, saveHumanDecision, type ShownSettlement } from '../storage/settlement-decisions.ts';
import { readInvoiceDraft } from '../stripe/invoice-drafts.ts';
import { correctionItem, enqueueCorrection, standingCorrection } from './correct-draft.ts';
import { readCycleNumbers } from './cycle-numbers.ts';
import type { Deps } from './deps.ts';
import { type Acting, audit, permitted } from './operators/acting.ts';
import { settleDraft } from './settle-draft.ts';
import { stripeRefusal } from './stripe-refusal.ts';

export interface HeldDraftDecision {
  readonly billingPeriodId: string;
  /** accept: it goes out as it is, a gift. correct: an item makes it ask what the ledger says is owed. */
  readonly decision: 'accept' | 'correct';
  readonly reason: string;
  /** Who decided. */
  readonly actor: string;
  /** The person behind it, for the audit log; null: a key or the command line. */
  readonly acting?: Acting;
}

/** Lets a held draft go by a person's decision, who is recorded with the reason. The same decision again changes nothing. */
export async function decideHeldDraft(
  deps: Deps,
  asked: HeldDraftDecision,
): Promise<{ readonly settlement: ShownSettlement } | Refused> {
  const held = await findSettlement(deps.db, asked.billingPeriodId);
  if (held === null) return refuse('unknown_settlement', 'no cycle is settled under this id', { param: 'id' });
  if (held.decision !== null && held.decision === asked.decision) return { settlement: held };
  if (held.state !== 'held' || held.decision !== null) {
    return refuse('settlement_not_held', `this draft is not held: it is ${held.decision ?? held.state} already`);
  }
  try {
    const refusal = await decide(deps, held, asked);
    if (refusal !== null) return refusal;
  } catch (error) {
    return stripeRefusal(error);
  }
  const settlement = await findSettlement(deps.db, asked.billingPeriodId);
  if (settlement === null) throw new Error(`settlement ${asked.billingPeriodId} has vanished`);
  return { settlement };
}

async function decide(deps: Deps, held: ShownSettlement, asked: HeldDraftDecision): Promise<Refused | null> {
  const draft = await readInvoiceDraft(deps.stripe, held.invoiceId);
  if (draft.status !== 'draft') return refuse('settlement_not_held', `${held.invoiceId} is ${draft.status} already`);
  const reading = await readCycleNumbers(deps, held, draft);
  if ('unreadable' in reading) return refuse('settlement_not_held', `it cannot be decided yet: ${reading.unreadable}`);
  const { chargeMinor, owedMinor, differenceMinor } = decideCycle(reading.numbers);
  const standing = standingCorrection(held, draft);
  if (asked.decision === 'accept' && chargeMinor + standing > owedMinor) {
    const sentence = `as it is the customer would pay ${chargeMinor + standing} for usage and owes ${owedMinor}; apply the correction`;
    return refuse('settlement_overcharges', sentence);
  }
  const correctionMinor = asked.decision === 'accept' ? standing : differenceMinor;
  const item = await correctionItem(deps, held, draft, correctionMinor - standing);
  const at = await now(deps.db);
  const numbers = { owedMinor, expectedMinor: chargeMinor, correctionMinor };
  const isSaved = await transaction(deps.db, async (trx) => {
    if (!(await saveHumanDecision(trx, held, { ...asked, ...numbers, at }))) return false;
    await enqueueCorrection(trx, held, item);
    if (asked.acting !== undefined) await noteDecision(deps, trx, asked.acting, asked, held);
    return true;
  });
  if (!isSaved) return refuse('settlement_not_held', 'somebody else has decided meanwhile');
  await settleDraft(deps, { ...held, state: 'corrected', correctionMinor });
  return null;
}

async function noteDecision(
  deps: Deps,
  trx: Transaction,
  acting: Acting,
  { decision, reason }: HeldDraftDecision,
  { customerId, invoiceId, billingPeriodId }: ShownSettlement,
): Promise<void> {
  const actor = await permitted(trx, acting, 'draft.decide');
  if ('rejected' in actor) throw new Error(`${acting.subject} lost the role while deciding ${billingPeriodId}`);
  await audit(deps, trx, actor, {
    action: 'draft.decided',
    objectType: 'invoice',
    objectId: invoiceId,
    customerId,
    after: { decision },
    reason,
  });
}
