// Customers of one plan in the middle of their month, as Stripe's events would have left them.
import { typeid } from 'typeid-js';

import { openBillingPeriod } from '../src/operations/open-billing-period.ts';
import { type Database, transaction, type Transaction } from '../src/storage/database.ts';
import { saveCustomer } from '../src/storage/fetched-customers.ts';
import { listPlanVersions } from '../src/storage/plans.ts';
import { openPool, saveSubscription } from '../src/storage/subscriptions.ts';
import { hybrid, sampleCatalogue, storeSampleCatalogue } from '../test/support/catalogue.ts';

const DAY_MS = 86_400_000;
const IN_ONE_TRANSACTION = 100;
const PLAN = { ...hybrid, plan: 'bench', includedCredits: '4000000000' };

/** Stores the catalogue and customers who are so many days into their 30; returns their names. */
export async function subscribeCustomers(db: Database, count: number, days = 10): Promise<readonly string[]> {
  await storeSampleCatalogue(db, { catalogue: { ...sampleCatalogue, plans: [PLAN] } });
  const [version] = await listPlanVersions(db);
  if (version === undefined) throw new Error('the benchmark has no plan');
  const names: string[] = [];
  while (names.length < count) {
    await transaction(db, async (trx) => {
      for (let n = Math.min(IN_ONE_TRANSACTION, count - names.length); n > 0; n -= 1) {
        names.push(await subscribe(trx, version.planVersionId, days));
      }
    });
  }
  return names;
}

async function subscribe(trx: Transaction, planVersionId: string, days: number): Promise<string> {
  const newId = (): string => typeid().toUUID();
  const id = newId();
  const stripeCustomerId = `cus_${id.replaceAll('-', '')}`;
  const subscriptionId = `sub_${id.replaceAll('-', '')}`;
  const startsAt = new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS);
  const endsAt = new Date(startsAt.getTime() + 30 * DAY_MS);
  const facts = { stripeCustomerId, externalId: id, name: null, email: null, currency: 'usd', testClock: null };
  const key = await saveCustomer(
    trx,
    { ...facts, balanceMinor: 0n, createdAt: startsAt },
    { newId: id, fetchedAt: startsAt },
  );
  await openPool(trx, key, { poolId: newId(), unit: 'credit', planVersionId, openedAt: startsAt });
  await saveSubscription(trx, key, {
    facts: {
      subscriptionId,
      stripeCustomerId,
      status: 'active',
      items: [],
      cancelAtPeriodEnd: false,
      canceledAt: null,
      endedAt: null,
      pausedAt: null,
      billingAnchor: startsAt,
      object: '{}',
    },
    terms: { planVersionId, baseItemId: 'si_base', meteredItemId: 'si_metered', quantity: 1 },
    fetchedAt: startsAt,
  });
  const settings = { cutOffMinutes: 45, meterWindowMinutes: 60 };
  await openBillingPeriod({ newId, settings }, trx, key, { subscriptionId, startsAt, endsAt, includedLot: 'now' });
  return `ext:${id}`;
}
