import type { Stripe } from 'stripe';

import type { CustomerFacts } from '../domain/stripe-customer.ts';
import type { StripeGateway } from './gateway.ts';
import { idOrNull, instant, minor, unlessMissing } from './reading.ts';

/** A customer as it is now; null when it was deleted, of which Stripe keeps nothing but the id. */
export async function fetchCustomer(stripe: StripeGateway, stripeCustomerId: string): Promise<CustomerFacts | null> {
  const customer = await unlessMissing(stripe.customers.retrieve(stripeCustomerId));
  return customer === null ? null : customerFacts(customer);
}

/** What we read of a customer, also where it came with another object; null when it was deleted. */
export function customerFacts(customer: Stripe.Customer | Stripe.DeletedCustomer): CustomerFacts | null {
  if (customer.deleted === true) return null;
  return {
    stripeCustomerId: customer.id,
    externalId: customer.metadata['external_id'] ?? null,
    name: customer.name ?? null,
    email: customer.email,
    currency: customer.currency ?? null,
    testClock: idOrNull(customer.test_clock),
    balanceMinor: minor(customer.balance),
    createdAt: instant(customer.created),
  };
}
