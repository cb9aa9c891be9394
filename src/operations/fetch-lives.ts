// What Stripe has about the customers of many events, fetched side by side with as few calls as there are.
import type { CustomerFacts } from '../domain/stripe-customer.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import { type CustomerBalanceTransaction, fewBalanceTransactions } from '../stripe/balance-transactions.ts';
import { fetchCustomer } from '../stripe/customers.ts';
import type { SharedKind, Sighting } from '../stripe/events.ts';
import { fetchInvoice, type InvoiceSight } from '../stripe/invoices.ts';
import { fetchSubscriptionWithCustomer } from '../stripe/subscriptions.ts';
import type { Deps } from './deps.ts';
import { recognisePrices } from './recognise-prices.ts';

export interface SharedSighting extends Sighting {
  readonly kind: SharedKind;
}

/** All that was fetched about one customer. */
export interface Life {
  readonly stripeCustomerId: string;
  /** null for a customer who was deleted */
  customer: CustomerFacts | null;
  /** All movements of the customer balance; null where no event tells of any. */
  movements: readonly CustomerBalanceTransaction[] | null;
  readonly subscriptions: Map<string, SubscriptionFacts>;
  readonly invoices: InvoiceSight[];
  /** What this answers. */
  readonly sightings: SharedSighting[];
}

export interface FetchedLives {
  readonly lives: readonly Life[];
  /** What could not be fetched, and why. */
  readonly failed: readonly (readonly [SharedSighting, unknown])[];
}

/** Calls of Stripe under way at once. */
const CALLS = 5;

/**
 * With an invoice come its subscription and its customer, with a subscription its customer: what is wanted of those is
 * not fetched again. What Stripe does not have, and what asks for more than that, is in no life and has not failed.
 */
export async function fetchLives(deps: Deps, sightings: readonly SharedSighting[]): Promise<FetchedLives> {
  const { stripe } = deps;
  const lives = new Map<string, Life>();
  const failed: (readonly [SharedSighting, unknown])[] = [];
  const lifeOf = (stripeCustomerId: string, customer: CustomerFacts | null): Life => {
    const life = lives.get(stripeCustomerId) ?? newLife(stripeCustomerId);
    life.customer ??= customer;
    lives.set(stripeCustomerId, life);
    return life;
  };
  const eachOf = async (kind: SharedKind, fetch: (sighting: SharedSighting) => Promise<void>): Promise<void> => {
    const wanted = sightings.filter((sighting) => sighting.kind === kind).values();
    const call = async (): Promise<void> => {
      for (const sighting of wanted) await fetch(sighting).catch((error: unknown) => failed.push([sighting, error]));
    };
    await Promise.all(Array.from({ length: CALLS }, call));
  };
  await eachOf('invoice', async (sighting) => {
    const sight = await fetchInvoice(stripe, sighting.id);
    // The usage of a void invoice goes back in transactions of its own.
    if (sight === null || sight.invoice.voidedAt !== null) return;
    await recognisePrices(deps, sight.invoice.lines);
    const life = lifeOf(sight.invoice.stripeCustomerId, sight.customer);
    life.invoices.push(sight);
    life.sightings.push(sighting);
    const { subscription } = sight;
    if (subscription !== null) life.subscriptions.set(subscription.subscriptionId, subscription);
  });
  const came = new Map([...lives.values()].flatMap((life) => [...life.subscriptions.keys()].map((id) => [id, life])));
  await eachOf('subscription', async (sighting) => {
    const known = came.get(sighting.id);
    const sight = known === undefined ? await fetchSubscriptionWithCustomer(stripe, sighting.id) : null;
    const life = sight === null ? known : lifeOf(sight.facts.stripeCustomerId, sight.customer);
    if (sight !== null) life?.subscriptions.set(sighting.id, sight.facts);
    life?.sightings.push(sighting);
  });
  await eachOf('customer', async (sighting) => {
    const customer = lives.get(sighting.id)?.customer ?? (await fetchCustomer(stripe, sighting.id));
    if (customer === null) return;
    // The customer balance has no events of its own: a change of it shows as an updated customer.
    const isUpdated = sighting.types.has('customer.updated');
    const movements = isUpdated ? await fewBalanceTransactions(stripe, sighting.id) : null;
    if (isUpdated && movements === null) return;
    const life = lifeOf(sighting.id, customer);
    life.movements = movements;
    life.sightings.push(sighting);
  });
  return { lives: [...lives.values()], failed };
}

function newLife(stripeCustomerId: string): Life {
  return {
    stripeCustomerId,
    customer: null,
    movements: null,
    subscriptions: new Map(),
    invoices: [],
    sightings: [],
  };
}
