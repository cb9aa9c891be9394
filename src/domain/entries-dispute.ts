// The accounting manual's page on disputes. What the bank withdraws is disputed cash until it decides: won, it comes
// back; lost, it is gone, first at the cost of what bought credits were not earned yet, the rest as a loss.
import type { Dispute, DisputeMovement } from './dispute.ts';
import type { Draft } from './entries-invoice.ts';
import type { Posting } from './journal.ts';
import { reversed } from './journal.ts';
import { moved, STRIPE } from './money-postings.ts';

type Disputed = Pick<Dispute, 'disputeId' | 'invoiceId' | 'amountMinor' | 'currency'>;

/** Money that a dispute moved, once per balance transaction: withdrawn with Stripe's fee, or reinstated. */
export function disputeFunds(dispute: Disputed, movement: DisputeMovement): Draft | null {
  const { transactionId, amountMinor, feeMinor, feeCurrency, at } = movement;
  const kind = amountMinor < 0n ? 'dispute.funds_withdrawn' : 'dispute.funds_reinstated';
  return entry(dispute, kind, { at, sourceId: `${dispute.disputeId}/${transactionId}` }, [
    ...moved('disputed', 'cash', amountMinor, dispute.currency),
    ...moved('cash', 'dispute_fees', feeMinor, feeCurrency),
  ]);
}

/** Lost: the price of the credits that ended with it was never earned, what is left of the money is a loss. */
export function disputeLost(dispute: Disputed, unearnedMinor: bigint, at: Date): Draft | null {
  const { disputeId, amountMinor, currency } = dispute;
  return entry(dispute, 'dispute.lost', { at, sourceId: disputeId }, [
    ...moved('disputed', 'deferred.credits', unearnedMinor, currency),
    ...moved('disputed', 'dispute_losses', amountMinor - unearnedMinor, currency),
  ]);
}

/** Won after it was lost: the opposite of what the loss posted. */
export function disputeRecovered(dispute: Disputed, posted: readonly Posting[], at: Date): Draft | null {
  return entry(dispute, 'dispute.recovered', { at, sourceId: dispute.disputeId }, reversed(posted));
}

function entry(
  { disputeId, invoiceId }: Disputed,
  kind: string,
  { at, sourceId }: { readonly at: Date; readonly sourceId: string },
  postings: readonly Posting[],
): Draft | null {
  if (postings.length === 0) return null;
  return {
    kind,
    effectiveAt: at,
    actor: STRIPE,
    sourceType: 'stripe_dispute',
    sourceId,
    stripe: { dispute: disputeId, invoice: invoiceId },
    postings,
  };
}
