import { shownMoney } from '../domain/currency.ts';
import { refundFailed, refundSucceeded } from '../domain/entries-payment.ts';
import { isGoing, type Refund } from '../domain/refund.ts';
import { now, wallTime } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { entryExists } from '../storage/journal.ts';
import { isNotedByUs, mirroredNoteIds, saveRefund } from '../storage/refunds.ts';
import { listCreditNoteIds } from '../stripe/credit-notes.ts';
import { fetchRefund } from '../stripe/refunds.ts';
import { type Occasion, openByItself } from './cases/open-by-itself.ts';
import { clawBackCredits } from './claw-back-credits.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditNote } from './mirror-credit-note.ts';
import { mirrorInvoice } from './mirror-invoice.ts';
import { postOnce } from './post-money.ts';

/**
 * Mirrors a refund as it is now, whoever made it, and posts what became of it. A credit note that accounts for it is
 * mirrored first; what none accounts for ends the credits that it paid back, as a note would. Null when it returns a
 * payment of nobody we know, or on no invoice.
 */
export async function mirrorRefund(deps: Deps, refundId: string): Promise<Refund | null> {
  const fetchedAt = await wallTime(deps.db);
  const refund = await fetchRefund(deps.stripe, refundId);
  if (refund === null) return null;
  const { status, createdAt, invoiceId } = refund;
  const mirrored = await mirrorInvoice(deps, invoiceId);
  if (mirrored === null) throw new Error(`Stripe has ${refundId} but not its invoice ${invoiceId}`);
  const { key } = mirrored;
  const known = await mirroredNoteIds(deps.db, key, invoiceId);
  for (const noteId of await listCreditNoteIds(deps.stripe, invoiceId)) {
    if (!known.has(noteId)) await mirrorCreditNote(deps, noteId);
  }
  await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    if (!(await saveRefund(trx, key, { refund, fetchedAt }))) return;
    if (status === 'succeeded' || refund.failedAt !== null) {
      await postOnce(deps, trx, key, [refundSucceeded(refund, createdAt)]);
    }
    const left = await entryExists(trx, key, 'stripe_refund', refundId, 'refund.succeeded');
    if (left && (status === 'failed' || status === 'canceled')) {
      await postOnce(deps, trx, key, [refundFailed(refund, refund.failedAt ?? (await now(trx)))]);
    }
    await clawBackCredits(deps, trx, key, invoiceId);
    const occasion = occasionOf(refund, await isNotedByUs(trx, key, refundId));
    if (occasion !== null) await openByItself(deps, trx, key, occasion);
  });
  return refund;
}

/** What somebody here should look at: money that came back, and money that another hand sent. */
function occasionOf(refund: Refund, isOurs: boolean): Occasion | null {
  const { refundId: stripeObject, invoiceId, amountMinor, currency, failureReason } = refund;
  const amount = shownMoney(amountMinor, currency);
  const occasion = { kind: 'refund', stripeObject, invoiceId } as const;
  if (!isGoing(refund)) {
    const why = failureReason === null ? '' : ` (${failureReason})`;
    const explanation = `The refund of ${amount} came back${why}: it is owed to the customer still.`;
    return { ...occasion, cause: 'refund.failed', explanation };
  }
  if (isOurs) return null;
  const explanation = `A refund of ${amount} was made at Stripe, by no case of ours: say why, or put it right.`;
  return { ...occasion, cause: 'refund.by_another_hand', explanation };
}
