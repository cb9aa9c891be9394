import { now } from '../storage/clock.ts';
import { periodOfCycle, readSettlement, unguardedSubscriptions } from '../storage/settlements.ts';
import { stripeFailure } from '../stripe/failures.ts';
import { listInvoiceDrafts } from '../stripe/invoice-drafts.ts';
import type { Deps } from './deps.ts';
import { guardDraft } from './guard-drafts.ts';

export interface PolledDrafts {
  readonly subscriptions: number;
  readonly guarded: number;
}

/** Looks for drafts of ended cycles whose invoice.created never came, and guards them. */
export async function pollDrafts(deps: Deps, { limit }: { readonly limit: number }): Promise<PolledDrafts> {
  const waiting = await unguardedSubscriptions(deps.db, { now: await now(deps.db), limit });
  let guarded = 0;
  for (const { subscriptionId } of waiting) guarded += await guardDraftsOf(deps, subscriptionId);
  return { subscriptions: waiting.length, guarded };
}

async function guardDraftsOf(deps: Deps, subscriptionId: string): Promise<number> {
  let guarded = 0;
  try {
    for (const { invoiceId, isCycle, periodEnd } of await listInvoiceDrafts(deps.stripe, subscriptionId)) {
      if (!isCycle || (await isKnown(deps, subscriptionId, periodEnd))) continue;
      if ((await guardDraft(deps, invoiceId)) === 'guarded') guarded += 1;
    }
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    deps.log.warn({ subscription: subscriptionId, reason: failure.reason }, 'its drafts could not be read yet');
  }
  return guarded;
}

/** The draft of the cycle before stands there still while the one that ended too has none. */
async function isKnown(deps: Deps, subscriptionId: string, periodEnd: Date): Promise<boolean> {
  const period = await periodOfCycle(deps.db, subscriptionId, periodEnd);
  return period !== null && (await readSettlement(deps.db, period, period.billingPeriodId)) !== null;
}
