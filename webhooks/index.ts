// Which Stripe event does what. A type that is not here is stored and ignored; docs/webhooks.md is this list in words.
import type { Deps } from '../src/operations/deps.ts';
import type { Handlers } from '../src/stripe/events.ts';
import { billingCreditHandlers } from './billing-credits.ts';
import { creditNoteHandlers } from './credit-notes.ts';
import { customerHandlers } from './customers.ts';
import { disputeHandlers } from './disputes.ts';
import { invoiceHandlers } from './invoices.ts';
import { meterHandlers } from './meters.ts';
import { refundHandlers } from './refunds.ts';
import { subscriptionHandlers } from './subscriptions.ts';
import { thinTwins } from './thin.ts';

/** Snapshot events: what an endpoint is subscribed to. */
export const webhookRegistry: Handlers<Deps> = {
  ...customerHandlers,
  ...subscriptionHandlers,
  ...invoiceHandlers,
  ...creditNoteHandlers,
  ...refundHandlers,
  ...disputeHandlers,
  ...billingCreditHandlers,
};

/** Everything that the inbox applies: snapshot events, their thin twins, and what Stripe tells only thinly. */
export const inboxRegistry: Handlers<Deps> = {
  ...webhookRegistry,
  ...thinTwins(webhookRegistry),
  ...meterHandlers,
};
