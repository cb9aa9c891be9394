// Stripe's two books of credit: the customer balance (money on account) and the billing credits.
import type { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';
import { asStored, idOf, idOrNull, instant, minor, unlessMissing } from './reading.ts';

export interface CustomerBalanceTransaction {
  readonly transactionId: string;
  readonly type: string;
  /** Negative gives the customer credit. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly creditNoteId: string | null;
  readonly createdAt: Date;
  /** All of it as it came, JSON text. */
  readonly object: string;
}

/** A customer's balance transactions, newest first. */
export async function* listCustomerBalanceTransactions(
  stripe: StripeGateway,
  stripeCustomerId: string,
): AsyncGenerator<CustomerBalanceTransaction> {
  for await (const found of stripe.customers.listBalanceTransactions(stripeCustomerId, { limit: 100 })) {
    yield toTransaction(found);
  }
}

/** All of them where one call brings them; null where there are more. */
export async function fewBalanceTransactions(
  stripe: StripeGateway,
  stripeCustomerId: string,
): Promise<readonly CustomerBalanceTransaction[] | null> {
  const page = await stripe.customers.listBalanceTransactions(stripeCustomerId, { limit: 100 });
  return page.has_more ? null : page.data.map(toTransaction);
}

function toTransaction(found: Stripe.CustomerBalanceTransaction): CustomerBalanceTransaction {
  return {
    transactionId: found.id,
    type: found.type,
    amountMinor: minor(found.amount),
    currency: found.currency,
    invoiceId: idOrNull(found.invoice),
    creditNoteId: idOrNull(found.credit_note),
    createdAt: instant(found.created),
    object: asStored(found),
  };
}

/** Whose billing credits this transaction moved: only its grant knows. */
export async function fetchCreditMovementOwner(stripe: StripeGateway, transactionId: string): Promise<string | null> {
  const found = await unlessMissing(stripe.billing.creditBalanceTransactions.retrieve(transactionId));
  return found === null ? null : fetchGrantOwner(stripe, idOf(found.credit_grant));
}

/** Whose billing credit grant this is. */
export async function fetchGrantOwner(stripe: StripeGateway, stripeGrantId: string): Promise<string | null> {
  const grant = await unlessMissing(stripe.billing.creditGrants.retrieve(stripeGrantId));
  return grant === null ? null : idOrNull(grant.customer);
}
