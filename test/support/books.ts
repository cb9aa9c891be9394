// A sandbox with customers whose books can be used at once: what the product does on a paid subscription, without Stripe.
import { afterAll, afterEach } from 'vitest';

import { formatCredits } from '../../src/domain/amount.ts';
import type { Catalogue, Plan, Policy } from '../../src/domain/catalogue.ts';
import { customerKey, type CustomerKey } from '../../src/domain/customer.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { type ExecutorOptions, startExecutor } from '../../src/operations/executor.ts';
import { openBillingPeriod } from '../../src/operations/open-billing-period.ts';
import type { RealTime } from '../../src/operations/track-usage.ts';
import { setSimulatedClock } from '../../src/storage/clock.ts';
import { transaction, type Database } from '../../src/storage/database.ts';
import { stampOnce } from '../../src/storage/deployment.ts';
import { saveCustomer } from '../../src/storage/fetched-customers.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { openPool, saveSubscription } from '../../src/storage/subscriptions.ts';
import { hybrid, sampleCatalogue, samplePolicy, storeSampleCatalogue } from './catalogue.ts';
import { newId, testDeps } from './deps.ts';
import { expectSoundBooks } from './sound-books.ts';

/** April 2026, as in the money stories. */
const APRIL = { startsAt: new Date('2026-04-01T00:00:00Z'), endsAt: new Date('2026-05-01T00:00:00Z') };

export interface Books extends RealTime {
  readonly db: Database;
  /** Sets the sandbox's clock. */
  readonly at: (instant: string) => Promise<void>;
  /** A new customer of the plan whose April has begun; its name is `ext:…`. */
  readonly subscribe: (plan: string, terms?: Terms) => Promise<Subscriber>;
}

export interface Terms {
  readonly startsAt?: Date;
  readonly endsAt?: Date;
  readonly quantity?: number;
  readonly cancelAtPeriodEnd?: boolean;
  readonly includedLot?: 'now' | 'on_payment';
}

export interface Subscriber extends CustomerKey {
  readonly name: string;
  readonly stripeCustomerId: string;
  readonly subscriptionId: string;
  readonly poolId: string;
}

/** The sample plan under another name, with some rules changed. */
export function planWith(plan: string, policy: Partial<Policy>, content: Partial<Omit<Plan, 'plan' | 'policy'>> = {}) {
  return { ...hybrid, ...content, plan, policy: { ...samplePolicy, ...policy } } satisfies Plan;
}

/** Opens a sandbox on 10 April 2026 that sells these plans; after each test of the file its books must be sound. */
export async function openBooks(
  db: Database,
  {
    plans = [hybrid],
    burnTable = sampleCatalogue.burnTable,
    executor: options = {},
  }: { plans?: readonly Plan[]; burnTable?: Catalogue['burnTable']; executor?: ExecutorOptions } = {},
): Promise<Books> {
  const deps = testDeps(db);
  await stampOnce(db, { account: 'acct_test', livemode: false, sandbox: true });
  await storeSampleCatalogue(db, { catalogue: { ...sampleCatalogue, burnTable, plans } });
  await setSimulatedClock(db, new Date('2026-04-10T09:00:00Z'));
  const executor = startExecutor(deps, options);
  afterEach(() => expectSoundBooks(db));
  afterAll(() => executor.close());
  return {
    db,
    deps,
    executor,
    at: (instant) => setSimulatedClock(db, new Date(instant)),
    subscribe: (plan, terms) => subscribe(deps, plan, terms),
  };
}

async function subscribe(deps: Deps, plan: string, terms: Terms = {}): Promise<Subscriber> {
  const { startsAt = APRIL.startsAt, endsAt = APRIL.endsAt, includedLot = 'now' } = terms;
  const { planVersionId } = await versionOf(deps.db, plan);
  const id = newId();
  const subscriptionId = `sub_${id.replaceAll('-', '')}`;
  const names = { name: `ext:${id}`, stripeCustomerId: `cus_${id.replaceAll('-', '')}` };
  return transaction(deps.db, async (trx) => {
    const key = await saveCustomer(
      trx,
      {
        stripeCustomerId: names.stripeCustomerId,
        externalId: id,
        name: null,
        email: null,
        currency: 'usd',
        testClock: null,
        balanceMinor: 0n,
        createdAt: startsAt,
      },
      { newId: id, fetchedAt: startsAt },
    );
    const poolId = await openPool(trx, key, { poolId: newId(), unit: 'credit', planVersionId, openedAt: startsAt });
    await saveSubscription(trx, key, {
      facts: {
        subscriptionId,
        stripeCustomerId: names.stripeCustomerId,
        status: 'active',
        items: [],
        cancelAtPeriodEnd: terms.cancelAtPeriodEnd ?? false,
        canceledAt: null,
        endedAt: null,
        pausedAt: null,
        billingAnchor: startsAt,
        object: '{}',
      },
      terms: { planVersionId, baseItemId: 'si_base', meteredItemId: 'si_metered', quantity: terms.quantity ?? 1 },
      fetchedAt: startsAt,
    });
    await openBillingPeriod(deps, trx, key, { subscriptionId, startsAt, endsAt, includedLot });
    return { ...customerKey(id), ...names, subscriptionId, poolId };
  });
}

async function versionOf(db: Database, plan: string) {
  const version = (await listPlanVersions(db)).find((offered) => offered.plan === plan);
  if (version === undefined) throw new Error(`the sandbox does not sell ${plan}`);
  return version;
}

/** What stands in the credits book of one customer, by kind of account, periods added up; zero balances left out. */
export async function balances(
  db: Database,
  { lane, customerId }: CustomerKey,
): Promise<Readonly<Record<string, string>>> {
  const rows = await query<{ kind: string; balance: string }>(
    db,
    `select kind, sum(balance)::text as balance from accounts where lane = $1 and customer_id = $2 and unit = 'credit'
     group by kind having sum(balance) <> 0 order by kind`,
    [lane, customerId],
  );
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, formatCredits(BigInt(balance))]));
}

/** What Stripe's meter will be told of each billing period, oldest first. */
export async function metered(db: Database, { lane, customerId }: CustomerKey): Promise<readonly string[]> {
  const rows = await query<{ metered: string }>(
    db,
    `select coalesce(sum(b.metered), 0)::text as metered
     from billing_periods p left join meter_buckets b
       on b.lane = p.lane and b.customer_id = p.customer_id and b.billing_period_id = p.billing_period_id
     where p.lane = $1 and p.customer_id = $2 group by p.starts_at order by p.starts_at`,
    [lane, customerId],
  );
  return rows.map((row) => formatCredits(BigInt(row.metered)));
}
