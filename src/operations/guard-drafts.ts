import { invoiceText } from '../domain/policy-text.ts';
import { DRAFT_GUARD_MS } from '../domain/settlement.ts';
import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { noteGuarded, periodOfCycle, readSettlement } from '../storage/settlements.ts';
import { FOOTER_MAX, readInvoiceDraft, scheduleFinalization } from '../stripe/invoice-drafts.ts';
import { unlessMissing } from '../stripe/reading.ts';
import { correctProvisionally } from './correct-provisionally.ts';
import type { Deps } from './deps.ts';
import { readPolicyOfVersion } from './read-policy.ts';

/**
 * Sets the dead man's switch on a cycle's draft: Stripe finalizes it 48 hours after its creation, if we have not by
 * then, and takes off what it would charge too much as things stand; where nothing stands below it, the plan's rules on
 * overage, expiry and rollover do. Settling it is another job's. Doing it twice changes nothing.
 */
export async function guardDraft(deps: Deps, invoiceId: string): Promise<'guarded' | 'not ours' | 'not a draft'> {
  const draft = await unlessMissing(readInvoiceDraft(deps.stripe, invoiceId));
  if (draft === null) return 'not a draft';
  if (draft.subscriptionId === null || !draft.isCycle) return 'not ours';
  if (draft.status !== 'draft') return 'not a draft';
  const period = await periodOfCycle(deps.db, draft.subscriptionId, draft.periodEnd);
  if (period === null) return 'not ours';
  const finalizesAt = new Date(draft.createdAt.getTime() + DRAFT_GUARD_MS);
  const isSet = draft.autoAdvance && draft.finalizesAt?.getTime() === finalizesAt.getTime();
  // Kept a draft by another hand, such as a pause of collection: no switch of ours may undo that.
  if (!isSet && draft.autoAdvance) {
    const footer = draft.footer === null ? await rulesInWriting(deps, period.planVersionId) : null;
    await scheduleFinalization(deps.stripe, invoiceId, { at: finalizesAt, footer });
  }
  await transaction(deps.db, async (trx) => noteGuarded(trx, period, { invoiceId, guardedAt: await now(trx) }));
  const settlement = await readSettlement(deps.db, period, period.billingPeriodId);
  if (settlement?.invoiceId === invoiceId) await correctProvisionally(deps, settlement, draft);
  return 'guarded';
}

/** Of the version that the period was sold under; a text that Stripe would not take is left out whole. */
async function rulesInWriting({ db }: Deps, planVersionId: string): Promise<string | null> {
  const text = invoiceText(await readPolicyOfVersion(db, planVersionId));
  return text.length <= FOOTER_MAX ? text : null;
}
