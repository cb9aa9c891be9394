import type { Deps } from '../src/operations/deps.ts';
import { type ChangedCredits, mirrorBillingCredits } from '../src/operations/mirror-billing-credits.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

async function mirror(changed: ChangedCredits | null, deps: Deps): Promise<Outcome> {
  const mirrored = changed === null ? null : await mirrorBillingCredits(deps, changed);
  return mirrored === null ? { ignored: 'credits of nobody we know' } : { applied: `${mirrored.stored} new movements` };
}

export const billingCreditHandlers: Handlers<Deps> = {
  // What an invoice took from a grant is what our lots must agree with.
  'billing.credit_balance_transaction.created': async ({ objectId }, deps) =>
    mirror(objectId === null ? null : { transactionId: objectId }, deps),

  // A grant that somebody else made, voided or ended shows here first.
  'billing.credit_grant.created': async ({ objectId }, deps) =>
    mirror(objectId === null ? null : { grantId: objectId }, deps),
  'billing.credit_grant.updated': async ({ objectId }, deps) =>
    mirror(objectId === null ? null : { grantId: objectId }, deps),
};
