// The cycle of A1 with Stripe's own events: use in April, the draft, the cut-off, the gate, the final invoice.
import { pollDrafts } from '../../src/operations/poll-drafts.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { settleDrafts } from '../../src/operations/settle-draft.ts';
import type { Inbox, SignedUp } from './inbox.ts';

/** Ends April for a customer; returns the finalized invoice's id. `listen`: apply what Stripe tells on the way. */
export async function endApril(stage: Inbox, customer: SignedUp, { listen = true } = {}): Promise<string> {
  const { deps } = stage;
  const key = await stage.keyOf(customer);
  const apply = async (): Promise<unknown> => (listen ? stage.apply() : stage.simulator.settled());
  await stage.advance(customer, '2026-05-01T00:00:10Z');
  await apply();
  await stage.touch(key);
  await pollDrafts(deps, { limit: 10 });
  await stage.advance(customer, '2026-05-01T00:46:00Z');
  await stage.touch(key);
  await rollUpUsage(deps, { limit: 100 });
  await stage.drain();
  await settleDrafts(deps, { limit: 100 });
  await stage.drain();
  await apply();
  const { data } = await deps.stripe.invoices.list({ subscription: customer.subscriptionId, limit: 10 });
  const cycle = data.find((invoice) => invoice.billing_reason === 'subscription_cycle');
  if (cycle === undefined || cycle.status === 'draft') throw new Error(`the cycle's invoice is ${cycle?.status}`);
  return cycle.id;
}
