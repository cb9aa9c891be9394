// Which Stripe event does what. A type that is not here is stored and ignored; docs/webhooks.md is this list in words.
import type { Deps } from '../src/operations/deps.ts';
import type { Handlers } from '../src/stripe/events.ts';
import { billingCreditHandlers } from './billing-credits.ts';
import { creditNoteHandlers } from './credit-notes.ts';
import { customerHandlers } from './customers.ts';
import { disputeHandlers } from './disputes.ts';
import { invoiceHandlers } from './invoices.ts';
import { refundHandlers } from './refunds.ts';
import { subscriptionHandlers } from './subscriptions.ts';

export const webhookRegistry: Handlers<Deps> = {
  ...customerHandlers,
  ...subscriptionHandlers,
  ...invoiceHandlers,
  ...creditNoteHandlers,
  ...refundHandlers,
  ...disputeHandlers,
  ...billingCreditHandlers,
};
