// Looks at what many events tell of in one go: fetched side by side, applied in one transaction, customer by customer and
// in step, so that the statements of all of them go out together.
import type { CustomerKey } from '../domain/customer.ts';
import type { SubscriptionFacts } from '../domain/subscription.ts';
import { beginBatch } from '../storage/batch-settings.ts';
import { wallTime } from '../storage/clock.ts';
import { lockCustomers, resolveCustomers } from '../storage/customers.ts';
import { type Transaction, transaction } from '../storage/database.ts';
import { saveCustomer } from '../storage/fetched-customers.ts';
import { walkTogether } from '../storage/in-step.ts';
import { lockPools } from '../storage/pool-books.ts';
import { countVersions } from '../storage/pool-versions.ts';
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

/** Customers in one transaction: whoever draws on one of their pools waits until all are written. */
const TOGETHER = 40;
/** Fewer are not worth a transaction of their own. */
const TOGETHER_MIN = 10;
/** While PostgreSQL writes one lot of customers, another is fetched. */
const LOTS = 3;

/**
 * Applies sightings, many customers to a transaction, in which `finish` notes what became of them. What is unusual is in
 * neither list, nor are the customers of a transaction that failed: they are to be looked at alone.
 */
export async function lookTogether(
  deps: Deps,
  sightings: readonly SharedSighting[],
  finish: (trx: Transaction, seen: readonly Seen[]) => Promise<void>,
): Promise<LookedTogether> {
  const lots = lotsOf(sightings).values();
  const seen: Seen[] = [];
  const failed: LookedTogether['failed'][number][] = [];
  const work = async (): Promise<void> => {
    for (const lot of lots) {
      const looked = await lookAtLot(deps, lot, finish);
      seen.push(...looked.seen);
      failed.push(...looked.failed);
    }
  };
  await Promise.all(Array.from({ length: LOTS }, work));
  return { seen, failed };
}

/** All that is about one customer is in one lot, as far as the events name him. */
function lotsOf(sightings: readonly SharedSighting[]): readonly (readonly SharedSighting[])[] {
  const customers = [...Map.groupBy(sightings, ({ id, stripeCustomerId }) => stripeCustomerId ?? id).values()];
  const size = Math.min(TOGETHER, Math.max(TOGETHER_MIN, Math.ceil(customers.length / LOTS)));
  return Array.from({ length: Math.ceil(customers.length / size) }, (_, at) =>
    customers.slice(at * size, (at + 1) * size).flat(),
  );
}

async function lookAtLot(
  deps: Deps,
  lot: readonly SharedSighting[],
  finish: Parameters<typeof lookTogether>[2],
): Promise<LookedTogether> {
  const fetchedAt = await wallTime(deps.db);
  const { lives: found, failed } = await fetchLives(deps, lot);
  const known = await resolveCustomers(
    deps.db,
    found.map(({ stripeCustomerId }) => stripeCustomerId),
  );
  const lives = found.filter((life) => known.has(life.stripeCustomerId) || life.customer !== null);
  if (lives.length === 0) return { seen: [], failed };
  const seen = lives.flatMap((life) => life.sightings.map((sighting): Seen => [sighting, outcomeOf(life, sighting)]));
  try {
    await transaction(deps.db, async (trx) => {
      await applyLives(deps, trx, { lives, known, fetchedAt });
      await finish(trx, seen);
    });
    return { seen, failed };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.warn({ customers: lives.length, error: reason }, 'customers whose events failed together are taken alone');
    return { seen: [], failed };
  }
}

interface Fetched {
  readonly lives: readonly Life[];
  readonly known: ReadonlyMap<string, CustomerKey>;
  readonly fetchedAt: Date;
}

async function applyLives(deps: Deps, trx: Transaction, { lives, known, fetchedAt }: Fetched): Promise<void> {
  const keys = lives.flatMap(({ stripeCustomerId }) => known.get(stripeCustomerId) ?? []);
  // All of them before anything else and in order, so that nobody waits for two who wait for each other.
  await Promise.all([beginBatch(trx), lockCustomers(trx, keys), lockPools(trx, keys)]);
  const written: CustomerKey[] = [];
  await walkTogether(trx, lives, async (own, life) => {
    written.push(await applyLife(deps, own, { life, known: known.get(life.stripeCustomerId), fetchedAt }));
  });
  await countVersions(trx, written);
}

async function applyLife(
  deps: Deps,
  trx: Transaction,
  { life, known, fetchedAt }: { life: Life; known: CustomerKey | undefined; fetchedAt: Date },
): Promise<CustomerKey> {
  const { customer, movements, subscriptions, invoices, sightings } = life;
  const isTold = sightings.some(({ kind }) => kind === 'customer');
  const saved =
    customer !== null && (known === undefined || isTold)
      ? await saveCustomer(trx, customer, { newId: deps.newId(), fetchedAt })
      : known;
  if (saved === undefined) throw new Error(`nobody knows Stripe's customer ${life.stripeCustomerId}`);
  if (movements !== null) await storeBalance(deps, trx, saved, movements);
  const told = new Set<SubscriptionFacts | null>();
  for (const { kind, id, since } of sightings) {
    const facts = kind === 'subscription' ? subscriptions.get(id) : undefined;
    if (facts === undefined) continue;
    await storeSubscription(deps, trx, saved, { facts, fetchedAt, changedAt: since });
    told.add(facts);
  }
  for (const { subscription, ...seen } of invoices) {
    const isStored = told.has(subscription);
    await storeInvoice(deps, trx, saved, { ...seen, subscription: isStored ? null : subscription, fetchedAt });
  }
  return saved;
}

function outcomeOf({ subscriptions, invoices }: Life, { kind, id }: SharedSighting): string {
  if (kind === 'customer') return `customer ${id}`;
  if (kind === 'subscription') return `subscription is ${subscriptions.get(id)?.status}`;
  return `invoice is ${invoices.find(({ invoice }) => invoice.invoiceId === id)?.invoice.status}`;
}
