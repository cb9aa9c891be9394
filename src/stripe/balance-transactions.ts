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
  readonly object: Readonly<Record<string, unknown>>;
}

export interface CreditBalanceTransaction {
  readonly transactionId: string;
  readonly stripeGrantId: string;
  /** credits_granted, credits_applied, credits_expired, credits_voided, credits_application_invoice_voided */
  readonly type: string;
  /** Negative took credits away. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly effectiveAt: Date;
  readonly object: Readonly<Record<string, unknown>>;
}

/** A customer's balance transactions, newest first. */
export async function* listCustomerBalanceTransactions(
  stripe: StripeGateway,
  stripeCustomerId: string,
): AsyncGenerator<CustomerBalanceTransaction> {
  for await (const found of stripe.customers.listBalanceTransactions(stripeCustomerId, { limit: 100 })) {
    yield {
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
}

/** A billing credit transaction and the customer it belongs to: only its grant knows him. */
export async function fetchCreditBalanceTransaction(
  stripe: StripeGateway,
  transactionId: string,
): Promise<{ readonly transaction: CreditBalanceTransaction; readonly stripeCustomerId: string } | null> {
  const found = await unlessMissing(stripe.billing.creditBalanceTransactions.retrieve(transactionId));
  if (found === null) return null;
  const transaction = toCreditBalanceTransaction(found);
  const grant = await fetchGrantOwner(stripe, transaction.stripeGrantId);
  return grant === null ? null : { transaction, stripeCustomerId: grant };
}

/** The transactions of one grant, newest first. */
export async function* listCreditBalanceTransactions(
  stripe: StripeGateway,
  { stripeCustomerId, stripeGrantId }: { readonly stripeCustomerId: string; readonly stripeGrantId?: string },
): AsyncGenerator<CreditBalanceTransaction> {
  const filter = { customer: stripeCustomerId, ...(stripeGrantId !== undefined && { credit_grant: stripeGrantId }) };
  for await (const found of stripe.billing.creditBalanceTransactions.list({ ...filter, limit: 100 })) {
    yield toCreditBalanceTransaction(found);
  }
}

/** Whose billing credit grant this is. */
export async function fetchGrantOwner(stripe: StripeGateway, stripeGrantId: string): Promise<string | null> {
  const grant = await unlessMissing(stripe.billing.creditGrants.retrieve(stripeGrantId));
  return grant === null ? null : idOrNull(grant.customer);
}

function toCreditBalanceTransaction(found: Stripe.Billing.CreditBalanceTransaction): CreditBalanceTransaction {
  const { credit, debit } = found;
  const monetary = (credit ?? debit)?.amount.monetary;
  if (monetary === undefined || monetary === null) throw new Error(`${found.id} moves no money`);
  const applied = debit?.credits_applied ?? credit?.credits_application_invoice_voided;
  return {
    transactionId: found.id,
    stripeGrantId: idOf(found.credit_grant),
    type: (credit ?? debit)?.type ?? 'unknown',
    amountMinor: found.type === 'debit' ? -BigInt(monetary.value) : BigInt(monetary.value),
    currency: monetary.currency,
    invoiceId: idOrNull(applied?.invoice),
    effectiveAt: instant(found.effective_at),
    object: asStored(found),
  };
}
