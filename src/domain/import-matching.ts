// Who a Stripe account's customers are to us: known already, new, or not to be told apart without a person.
import { maySpend } from './subscription.ts';

export interface CustomerAtStripe {
  readonly stripeCustomerId: string;
  readonly externalId: string | null;
  readonly createdAt: Date;
}

export interface SubscriptionAtStripe {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  readonly status: string;
  readonly latestInvoiceId: string | null;
  readonly items: readonly {
    readonly priceId: string;
    readonly meterId: string | null;
    /** The period that runs. */
    readonly startsAt: Date;
    readonly endsAt: Date;
  }[];
}

/** What we know and sell. */
export interface KnownHere {
  /** Stripe customers that are mirrored. */
  readonly stripeCustomerIds: ReadonlySet<string>;
  /** External ids that are taken, with the Stripe customer that has them. */
  readonly ownerOfExternalId: ReadonlyMap<string, string>;
  /** Plan by each price of ours. */
  readonly planOfPrice: ReadonlyMap<string, string>;
  readonly meterIds: ReadonlySet<string>;
}

export interface Match {
  readonly stripeCustomerId: string;
  readonly externalId: string | null;
  /** outside: subscribed to none of our plans. */
  readonly match: 'linked' | 'new' | 'ambiguous' | 'outside';
  readonly plan: string | null;
  readonly subscriptions: readonly SubscriptionAtStripe[];
  /** What a person must settle at Stripe before it can be imported. */
  readonly because: string | null;
}

/** Matches each customer; the oldest first, so that those who come during an import come last. */
export function matchCustomers(
  customers: readonly CustomerAtStripe[],
  subscriptions: readonly SubscriptionAtStripe[],
  known: KnownHere,
): readonly Match[] {
  const live = subscriptions.filter(({ status }) => maySpend(status));
  const byCustomer = Map.groupBy(live, ({ stripeCustomerId }) => stripeCustomerId);
  const namesakes = Map.groupBy(customers, ({ externalId }) => externalId);
  return customers
    .toSorted(
      (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.stripeCustomerId < b.stripeCustomerId ? -1 : 1),
    )
    .map((customer) => {
      const { stripeCustomerId, externalId } = customer;
      const ours = (byCustomer.get(stripeCustomerId) ?? []).filter((one) => countsHere(one, known));
      const plan = ours.flatMap(({ items }) => items).map(({ priceId }) => known.planOfPrice.get(priceId));
      const facts = {
        stripeCustomerId,
        externalId,
        plan: plan.find((name) => name !== undefined) ?? null,
        subscriptions: ours,
      };
      const because = ours.length === 0 ? null : unclear(customer, ours, namesakes.get(externalId) ?? [], known);
      if (because !== null) return { ...facts, match: 'ambiguous', because } as const;
      if (known.stripeCustomerIds.has(stripeCustomerId)) return { ...facts, match: 'linked', because } as const;
      return { ...facts, match: ours.length === 0 ? 'outside' : 'new', because } as const;
    });
}

function countsHere({ items }: SubscriptionAtStripe, { planOfPrice, meterIds }: KnownHere): boolean {
  return items.some(({ priceId, meterId }) => planOfPrice.has(priceId) || (meterId !== null && meterIds.has(meterId)));
}

function unclear(
  { stripeCustomerId, externalId }: CustomerAtStripe,
  ours: readonly SubscriptionAtStripe[],
  namesakes: readonly CustomerAtStripe[],
  { ownerOfExternalId, planOfPrice, meterIds }: KnownHere,
): string | null {
  const owner = externalId === null ? undefined : ownerOfExternalId.get(externalId);
  if (owner !== undefined && owner !== stripeCustomerId) return `${externalId} is ${owner} here`;
  const others = externalId === null ? [] : namesakes.filter((one) => one.stripeCustomerId !== stripeCustomerId);
  if (others.length > 0) {
    return `${externalId} is also ${others.map((other) => other.stripeCustomerId).join(', ')}; leave metadata.external_id on one`;
  }
  const metered = ours.flatMap(({ items }) => items).filter(({ meterId }) => meterId !== null && meterIds.has(meterId));
  const foreign = metered.find(({ priceId }) => !planOfPrice.has(priceId));
  if (foreign !== undefined)
    return `${foreign.priceId} counts by our meter and is no plan's price; move the subscription`;
  if (metered.length > 1)
    return `${ours.map((one) => one.subscriptionId).join(', ')} bill the same meter twice; end one`;
  return null;
}
