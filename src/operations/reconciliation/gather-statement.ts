import type {
  BalanceMovementThere,
  CreditMovementThere,
  CreditNoteThere,
  CustomerThere,
  GrantThere,
  InvoiceThere,
} from '../../domain/statement.ts';
import type { StripeGateway } from '../../stripe/gateway.ts';
import { type MoneyBackAtStripe, moneyBackThere } from '../../stripe/money-back.ts';
import {
  type Adopted,
  balanceMovementsThere,
  creditMovementsThere,
  creditNotesThere,
  customerThere,
  grantsThere,
  invoicesThere,
  type ReadCount,
} from '../../stripe/statements.ts';

/** What Stripe says of one customer. */
export interface Statement {
  readonly customer: CustomerThere | null;
  readonly grants: readonly GrantThere[];
  readonly movements: readonly CreditMovementThere[];
  readonly invoices: readonly InvoiceThere[];
  readonly notes: readonly CreditNoteThere[];
  readonly balanceMovements: readonly BalanceMovementThere[];
  readonly back: MoneyBackAtStripe;
}

/** Reads Stripe's lists of a customer, one after the other: Stripe allots calls in flight, too. */
export async function gatherStatement(
  stripe: StripeGateway,
  count: ReadCount,
  stripeCustomerId: string,
  adopted: Adopted | null,
): Promise<Statement> {
  const customer = await customerThere(stripe, count, stripeCustomerId);
  if (customer === null) {
    return {
      customer,
      grants: [],
      movements: [],
      invoices: [],
      notes: [],
      balanceMovements: [],
      back: { refunds: [], disputes: [] },
    };
  }
  const grants = await grantsThere(stripe, count, stripeCustomerId);
  const invoices = await invoicesThere(stripe, count, stripeCustomerId, adopted);
  const notes = await creditNotesThere(stripe, count, stripeCustomerId);
  return {
    customer,
    grants,
    // Without a grant there is nothing that could move.
    movements: grants.length === 0 ? [] : await creditMovementsThere(stripe, count, stripeCustomerId),
    invoices,
    // A note stands and falls with its invoice.
    notes: adopted === null ? notes : notes.filter((note) => invoices.some((one) => one.invoiceId === note.invoiceId)),
    balanceMovements: await balanceMovementsThere(stripe, count, stripeCustomerId),
    back: await moneyBackThere(stripe, count, { customer: stripeCustomerId, invoices }),
  };
}
