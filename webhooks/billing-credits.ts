import type { StripeNotice } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { type ChangedCredits, mirrorBillingCredits } from '../src/operations/mirror-billing-credits.ts';
import type { Handlers, Mirror, Outcome } from '../src/stripe/events.ts';

const idOf = ({ objectId }: StripeNotice): string | null => objectId;

async function look(changed: ChangedCredits, deps: Deps): Promise<Outcome> {
  const mirrored = await mirrorBillingCredits(deps, changed);
  return mirrored === null ? { ignored: 'credits of nobody we know' } : { applied: `${mirrored.stored} new movements` };
}

const grants: Mirror<Deps> = { idOf, look: async ({ id }, deps) => look({ grantId: id }, deps) };

export const billingCreditHandlers: Handlers<Deps> = {
  // What an invoice took from a grant is what our lots must agree with.
  'billing.credit_balance_transaction.created': {
    idOf,
    look: async ({ id }, deps) => look({ transactionId: id }, deps),
  },

  // A grant that somebody else made, voided or ended shows here first.
  'billing.credit_grant.created': grants,
  'billing.credit_grant.updated': grants,
};
