import type { StripeNotice } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { mirrorPaidInvoice } from '../src/operations/mirror-invoice.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** A thin event names the payment and nothing of it, so its invoice has to be asked for. */
async function mirrorPayment({ objectId }: StripeNotice, deps: Deps): Promise<Outcome> {
  const mirrored = objectId === null ? null : await mirrorPaidInvoice(deps, objectId);
  return mirrored === null
    ? { ignored: 'a payment of no invoice' }
    : { applied: `invoice is ${mirrored.invoice.status}` };
}

/** The thin twins of snapshot events: each names the same object under `v1.` and the same type. */
export function thinTwins(snapshots: Handlers<Deps>): Handlers<Deps> {
  const twins = Object.entries(snapshots).map(([type, handler]) => [`v1.${type}`, handler] as const);
  return { ...Object.fromEntries(twins), 'v1.invoice_payment.paid': mirrorPayment };
}
