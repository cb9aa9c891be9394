import { refundFailed, refundSucceeded } from '../domain/entries-payment.ts';
import { now } from '../storage/clock.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { entryExists } from '../storage/journal.ts';
import { fetchRefund } from '../stripe/refunds.ts';
import type { Deps } from './deps.ts';
import { knownCustomer } from './mirror-customer.ts';
import { postOnce } from './post-money.ts';

/** Posts what became of a refund, whoever made it. Null when it belongs to nobody we know. */
export async function mirrorRefund(deps: Deps, refundId: string): Promise<string | null> {
  const refund = await fetchRefund(deps.stripe, refundId);
  if (refund === null || refund.stripeCustomerId === null) return null;
  const { status, createdAt } = refund;
  const key = await knownCustomer(deps, refund.stripeCustomerId);
  await transaction(deps.db, async (trx) => {
    await lockCustomer(trx, key);
    if (status === 'succeeded') await postOnce(deps, trx, key, [refundSucceeded(refund, createdAt)]);
    const left = await entryExists(trx, key, 'stripe_refund', refundId, 'refund.succeeded');
    // Stripe does not say when a refund failed, so it is dated when we learn of it.
    if (left && (status === 'failed' || status === 'canceled')) {
      await postOnce(deps, trx, key, [refundFailed(refund, await now(trx))]);
    }
  });
  return status;
}
