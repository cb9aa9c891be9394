// Looks at what many events tell of in one go: fetched side by side, applied in one transaction, customer by customer and
// in step, so that the statements of all of them go out together.
import type { CustomerKey } from '../domain/customer.ts';
import { wallTime } from '../storage/clock.ts';
import { lockCustomers, resolveCustomers } from '../storage/customers.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { saveCustomer } from '../storage/fetched-customers.ts';
import { walkTogether } from '../storage/in-step.ts';
import { lockPools } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { fetchLives, type Life, type SharedSighting } from './fetch-lives.ts';
import { storeBalance } from './mirror-customer.ts';
import { storeInvoice } from './mirror-invoice.ts';
import { storeSubscription } from './mirror-subscription.ts';

/** What became of a sighting, in words for the inbox. */
export type Seen = readonly [sighting: SharedSighting, outcome: string];

export interface LookedTogether {
  readonly seen: readonly Seen[];
  /** What could not be fetched, and why. */
  readonly failed: readonly (readonly [SharedSighting, unknown])[];
}

/**
 * Applies sightings in one transaction, in which `finish` notes what became of them. What is unusual is in neither list:
 * it is to be looked at alone. Throws, and nothing is changed, when any of them cannot be applied.
 */
export async function lookTogether(
  deps: Deps,
  sightings: readonly SharedSighting[],
  finish: (trx: Transaction, seen: readonly Seen[]) => Promise<void>,
): Promise<LookedTogether> {
  const fetchedAt = await wallTime(deps.db);
  const { lives, failed } = await fetchLives(deps, sightings);
  const known = await resolveCustomers(
    deps.db,
    lives.map(({ stripeCustomerId }) => stripeCustomerId),
  );
  const usual = lives.filter((life) => known.has(life.stripeCustomerId) || life.customer !== null);
  const seen = usual.flatMap((life) => life.sightings.map((sighting): Seen => [sighting, outcomeOf(life, sighting)]));
  if (seen.length === 0) return { seen, failed };
  await transaction(deps.db, async (trx) => {
    const keys = [...known.values()];
    // All of them before anything else and in order, so that nobody waits for two who wait for each other.
    await Promise.all([lockCustomers(trx, keys), lockPools(trx, keys)]);
    await walkTogether(trx, usual, async (own, life) => {
      await applyLife(deps, own, { life, known: known.get(life.stripeCustomerId), fetchedAt });
    });
    await finish(trx, seen);
  });
  return { seen, failed };
}

async function applyLife(
  deps: Deps,
  trx: Transaction,
  { life, known, fetchedAt }: { life: Life; known: CustomerKey | undefined; fetchedAt: Date },
): Promise<void> {
  const { customer, movements, subscriptions, invoices, sightings } = life;
  const isTold = sightings.some(({ kind }) => kind === 'customer');
  const saved =
    customer !== null && (known === undefined || isTold)
      ? await saveCustomer(trx, customer, { newId: deps.newId(), fetchedAt })
      : known;
  if (saved === undefined) throw new Error(`nobody knows Stripe's customer ${life.stripeCustomerId}`);
  if (movements !== null) await storeBalance(deps, trx, saved, movements);
  for (const { kind, id, since } of sightings) {
    const facts = kind === 'subscription' ? subscriptions.get(id) : undefined;
    if (facts !== undefined) await storeSubscription(deps, trx, saved, { facts, fetchedAt, changedAt: since });
  }
  for (const invoice of invoices) await storeInvoice(deps, trx, saved, { ...invoice, fetchedAt });
}

function outcomeOf({ subscriptions, invoices }: Life, { kind, id }: SharedSighting): string {
  if (kind === 'customer') return `customer ${id}`;
  if (kind === 'subscription') return `subscription is ${subscriptions.get(id)?.status}`;
  return `invoice is ${invoices.find(({ invoice }) => invoice.invoiceId === id)?.invoice.status}`;
}
