import { shownMoney } from '../domain/currency.ts';
import { type Dispute, standOf } from '../domain/dispute.ts';
import { disputeFunds, disputeLost, disputeRecovered } from '../domain/entries-dispute.ts';
import { now, wallTime } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { saveDispute } from '../storage/disputes.ts';
import { postingsOf } from '../storage/revenue.ts';
import { firstEventAt } from '../storage/stripe-events.ts';
import { fetchDispute } from '../stripe/disputes.ts';
import { type Occasion, openByItself } from './cases/open-by-itself.ts';
import { clawBackCredits } from './claw-back-credits.ts';
import type { Deps } from './deps.ts';
import { mirrorInvoice } from './mirror-invoice.ts';
import { postOnce } from './post-money.ts';

/**
 * Mirrors a dispute as it is now and posts what became of it: money by its balance transactions, credits by where it
 * stands. Its invoice is mirrored first, so that what it bought is there. A decision has no time of its own at Stripe:
 * it is dated by the event that tells of it, else when we learn of it. Null for a payment of nobody we know, or on no
 * invoice.
 */
export async function mirrorDispute(deps: Deps, disputeId: string): Promise<Dispute | null> {
  const fetchedAt = await wallTime(deps.db);
  const dispute = await fetchDispute(deps.stripe, disputeId);
  if (dispute === null) return null;
  const mirrored = await mirrorInvoice(deps, dispute.invoiceId);
  if (mirrored === null) throw new Error(`Stripe has ${disputeId} but not its invoice ${dispute.invoiceId}`);
  const { key } = mirrored;
  const stand = standOf(dispute.status);
  await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    const isClosed = stand === 'won' || stand === 'lost';
    const instant = await now(trx);
    const told = isClosed ? await firstEventAt(trx, { type: 'charge.dispute.closed', objectId: disputeId }) : null;
    const closedAt = isClosed ? notAfter(instant, told ?? instant) : null;
    const saved = await saveDispute(trx, key, { dispute, fetchedAt, closedAt });
    if (saved === null) return;
    if (!isClosed) await openByItself(deps, trx, key, occasionOf(dispute));
    await postOnce(
      deps,
      trx,
      key,
      dispute.movements.map((movement) => disputeFunds(dispute, { ...movement, at: notAfter(instant, movement.at) })),
    );
    const unearned = await clawBackCredits(deps, trx, key, dispute.invoiceId);
    const decidedAt = saved.closedAt ?? instant;
    if (stand === 'lost') {
      await postOnce(deps, trx, key, [disputeLost(dispute, unearned.get(disputeId) ?? 0n, decidedAt)]);
    }
    if (stand === 'won') {
      const loss = { sourceType: 'stripe_dispute', sourceId: disputeId, kind: 'dispute.lost' };
      await postOnce(deps, trx, key, [disputeRecovered(dispute, await postingsOf(trx, key, loss), decidedAt)]);
    }
  });
  return dispute;
}

/** Payments of a test clock are stamped with real time, which may lie beyond the clock's. */
function notAfter(instant: Date, at: Date): Date {
  return at < instant ? at : instant;
}

function occasionOf({ disputeId, invoiceId, amountMinor, currency, reason, evidenceDueBy }: Dispute): Occasion {
  const until = evidenceDueBy === null ? '' : ` Evidence is due by ${evidenceDueBy.toISOString()}.`;
  const explanation = `The customer's bank disputes ${shownMoney(amountMinor, currency)} (${reason}).${until}`;
  return { kind: 'dispute', cause: 'dispute.opened', stripeObject: disputeId, invoiceId, explanation };
}
