// Lots as Stripe's billing credits. Amount, scope, category and priority of a grant are fixed; only its end can move.
import type { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';

export type CreditGrantRequest = Stripe.Billing.CreditGrantCreateParams;

/** A grant as Stripe took it: it reaches invoices whose period ends at or after effectiveAt. */
export interface GivenGrant {
  readonly id: string;
  readonly effectiveAt: Date;
}

export async function createCreditGrant(
  stripe: StripeGateway,
  request: CreditGrantRequest,
  idempotencyKey: string,
): Promise<GivenGrant> {
  return given(await stripe.billing.creditGrants.create(request, { idempotencyKey }));
}

function given({ id, effective_at: effectiveAt, created }: Stripe.Billing.CreditGrant): GivenGrant {
  return { id, effectiveAt: new Date((effectiveAt ?? created) * 1000) };
}

/** Ends a grant now, whatever is left of it. */
export async function expireCreditGrant(stripe: StripeGateway, id: string, idempotencyKey: string): Promise<void> {
  await stripe.billing.creditGrants.expire(id, {}, { idempotencyKey });
}

/** Moves a grant's end; null lets it never end. */
export async function moveCreditGrantEnd(
  stripe: StripeGateway,
  id: string,
  expiresAt: number | null,
  idempotencyKey: string,
): Promise<void> {
  await stripe.billing.creditGrants.update(id, { expires_at: expiresAt ?? '' }, { idempotencyKey });
}

/** The few facts of a grant at Stripe that we act on. */
export interface CreditGrantFacts {
  readonly id: string;
  readonly expiresAt: number | null;
  readonly isEnded: boolean;
}

export async function readCreditGrant(stripe: StripeGateway, id: string): Promise<CreditGrantFacts> {
  const grant = await stripe.billing.creditGrants.retrieve(id);
  // Ending a grant stamps its expiry with that moment; a backstop lies in the future when it is set.
  const isExpired = grant.expires_at !== null && grant.expires_at <= grant.updated;
  return { id: grant.id, expiresAt: grant.expires_at, isEnded: grant.voided_at !== null || isExpired };
}

const GRANTS_READ_MAX = 1_000;

/** The grant of a customer that carries our key; null when Stripe has none. */
export async function findCreditGrant(
  stripe: StripeGateway,
  stripeCustomerId: string,
  creditpoolKey: string,
): Promise<GivenGrant | null> {
  let read = 0;
  for await (const grant of stripe.billing.creditGrants.list({ customer: stripeCustomerId, limit: 100 })) {
    if (grant.metadata['creditpool_key'] === creditpoolKey) return given(grant);
    read += 1;
    if (read >= GRANTS_READ_MAX) throw new Error(`${stripeCustomerId} has more than ${GRANTS_READ_MAX} credit grants`);
  }
  return null;
}

/** One movement of a grant's balance. Amounts are positive minor units; the type says which way. */
export interface CreditMovement {
  readonly id: string;
  readonly stripeGrantId: string;
  readonly type: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly effectiveAt: Date;
  readonly object: Stripe.Billing.CreditBalanceTransaction;
}

/** A customer's credit balance transactions, newest first, until one that is known; Stripe has no filter by time. */
export async function creditMovements(
  stripe: StripeGateway,
  stripeCustomerId: string,
  isKnown: (id: string) => boolean,
): Promise<readonly CreditMovement[]> {
  const movements: CreditMovement[] = [];
  for await (const transaction of stripe.billing.creditBalanceTransactions.list({
    customer: stripeCustomerId,
    limit: 100,
  })) {
    if (isKnown(transaction.id)) break;
    movements.push(movement(transaction));
  }
  return movements;
}

function movement(object: Stripe.Billing.CreditBalanceTransaction): CreditMovement {
  const { credit, debit } = object;
  const monetary = (credit ?? debit)?.amount.monetary;
  const type = credit?.type ?? debit?.type;
  if (monetary === null || monetary === undefined || type === undefined) {
    throw new Error(`credit balance transaction ${object.id} is neither credit nor debit of money`);
  }
  return {
    id: object.id,
    stripeGrantId: idOf(object.credit_grant),
    type,
    amountMinor: BigInt(monetary.value),
    currency: monetary.currency,
    invoiceId: invoiceOf(object),
    effectiveAt: new Date(object.effective_at * 1000),
    object,
  };
}

function invoiceOf({ credit, debit }: Stripe.Billing.CreditBalanceTransaction): string | null {
  const invoice = debit?.credits_applied?.invoice ?? credit?.credits_application_invoice_voided?.invoice;
  return invoice === undefined ? null : idOf(invoice);
}

function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
