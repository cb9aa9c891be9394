// A credit grant that was at Stripe before us, as the lot that it opens here.
import { dividedDown } from './amount.ts';
import type { CreditPrice } from './credit-price.ts';
import type { CreditMovementThere, GrantThere } from './statement.ts';

export interface AdoptableGrant {
  readonly grant: GrantThere;
  readonly leftMinor: bigint;
  /** What it buys at the plan's price, rounded down: Stripe's money rounds up again to the same minor unit. */
  readonly micro: bigint;
}

/** Grants of a customer that may pay for a plan's credits and have something left. */
export function adoptableGrants(
  grants: readonly GrantThere[],
  movements: readonly CreditMovementThere[],
  { price, meteredPriceId, now }: { readonly price: CreditPrice; readonly meteredPriceId: string; readonly now: Date },
): readonly AdoptableGrant[] {
  return grants.flatMap((grant) => {
    const isOpen = grant.voidedAt === null && (grant.expiresAt === null || grant.expiresAt > now);
    const reachesUs = grant.priceIds === null || grant.priceIds.includes(meteredPriceId);
    if (!isOpen || !reachesUs || grant.currency !== price.currency) return [];
    const leftMinor = grant.amountMinor - takenOf(grant, movements);
    const micro = leftMinor <= 0n ? 0n : creditsFor(price, leftMinor);
    return micro === 0n ? [] : [{ grant, leftMinor, micro }];
  });
}

function takenOf({ stripeGrantId }: GrantThere, movements: readonly CreditMovementThere[]): bigint {
  return movements
    .filter((movement) => movement.stripeGrantId === stripeGrantId && movement.invoiceId !== null)
    .reduce((sum, { type, amountMinor }) => sum + (type === 'credits_applied' ? amountMinor : -amountMinor), 0n);
}

function creditsFor({ perMicro }: CreditPrice, minor: bigint): bigint {
  return dividedDown(minor * perMicro.denominator, perMicro.numerator);
}
