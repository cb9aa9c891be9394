import { now } from '../storage/clock.ts';
import { unguardedSubscriptions } from '../storage/settlements.ts';
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
  for (const { subscriptionId } of waiting) {
    for (const { invoiceId, isCycle } of await listInvoiceDrafts(deps.stripe, subscriptionId)) {
      if (isCycle && (await guardDraft(deps, invoiceId)) === 'guarded') guarded += 1;
    }
  }
  return { subscriptions: waiting.length, guarded };
}
