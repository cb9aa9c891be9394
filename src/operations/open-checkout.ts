import { refuse, type Refused } from '../domain/rejection.ts';
import { listPackVersions } from '../storage/plans.ts';
import { openPackCheckout } from '../stripe/checkout-sessions.ts';
import type { Deps } from './deps.ts';
import { stripeCustomerOf } from './read-portal.ts';

export interface CheckoutRequest {
  readonly customer: string;
  readonly pack: string;
  readonly returnUrl: string;
}

/** Opens Stripe's page on which the customer buys a pack as it is sold now; the paid invoice grants it. */
export async function openCheckout(
  deps: Deps,
  { customer, pack, returnUrl }: CheckoutRequest,
): Promise<{ readonly url: string; readonly expiresAt: Date } | Refused> {
  const stripeCustomer = await stripeCustomerOf(deps, customer);
  if (typeof stripeCustomer !== 'string') return stripeCustomer;
  const sold = (await listPackVersions(deps.db)).find((each) => each.pack === pack);
  if (sold === undefined || sold.stripePriceId === null) {
    return refuse('unknown_pack', `No pack ${pack} is sold. See GET /v1/portal for those that are.`, { param: 'pack' });
  }
  const request = {
    customer: stripeCustomer,
    price: sold.stripePriceId,
    successUrl: returnUrl,
    cancelUrl: returnUrl,
  };
  return openPackCheckout(deps.stripe, request, deps.newId());
}
