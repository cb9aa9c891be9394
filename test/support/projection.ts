// A sandbox whose Stripe is the simulator: customers live on a test clock there, and both clocks move together.
import { afterAll, beforeEach } from 'vitest';

import type { Plan } from '../../src/domain/catalogue.ts';
import { customerKey } from '../../src/domain/customer.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { startExecutor } from '../../src/operations/executor.ts';
import { openBillingPeriod } from '../../src/operations/open-billing-period.ts';
import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import type { RealTime } from '../../src/operations/track-usage.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { Switches } from '../../src/simulator/switches.ts';
import { setSimulatedClock } from '../../src/storage/clock.ts';
import { type Database, transaction } from '../../src/storage/database.ts';
import { stampOnce } from '../../src/storage/deployment.ts';
import { saveCustomer } from '../../src/storage/fetched-customers.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { execute, query } from '../../src/storage/query.ts';
import { openPool, saveSubscription } from '../../src/storage/subscriptions.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import type { Subscriber } from './books.ts';
import { hybrid, sampleCatalogue } from './catalogue.ts';
import { newId, testDeps } from './deps.ts';

export interface Projection extends RealTime {
  readonly db: Database;
  readonly simulator: Simulator;
  /** A customer who signed up at 1 April 2026 00:00 and paid. */
  readonly subscribe: (plan?: string) => Promise<Projected>;
  /** Moves the customer's test clock, and the sandbox's with it. */
  readonly advance: (customer: Projected, instant: string) => Promise<void>;
  /** Opens, lapses and cuts off what is due for a customer. */
  readonly touch: (customer: Projected) => Promise<void>;
  /** Sends all that waits, pauses included. */
  readonly drain: (deps?: Deps) => Promise<void>;
}

export interface Projected extends Subscriber {
  readonly clock: string;
  readonly meteredPriceId: string;
}

const START = new Date('2026-04-01T00:00:00Z');
const ROUNDS_MAX = 20;

export async function openProjection(
  db: Database,
  { plans = [hybrid], switches = {} }: { plans?: readonly Plan[]; switches?: Partial<Switches> } = {},
): Promise<Projection> {
  const simulator = await startSimulator({ switches });
  const { host, port, secretKey } = simulator;
  const deps: Deps = { ...testDeps(db), stripe: connectStripe({ secretKey, host, port, protocol: 'http' }) };
  await stampOnce(db, { account: simulator.accountId, livemode: false, sandbox: true });
  await setSimulatedClock(db, START);
  const pushed = await pushCatalogue(deps, { ...sampleCatalogue, plans });
  if ('rejected' in pushed) throw new Error(JSON.stringify(pushed.rejected));
  const executor = startExecutor(deps);
  beforeEach(async () => {
    simulator.faults.clear();
    await setSimulatedClock(db, START);
  });
  afterAll(async () => {
    await executor.close();
    await simulator.close();
  });
  return {
    db,
    deps,
    executor,
    simulator,
    subscribe: (plan = 'hybrid') => subscribe(deps, plan),
    advance: async ({ clock }, instant) => {
      await deps.stripe.testHelpers.testClocks.advance(clock, { frozen_time: Date.parse(instant) / 1000 });
      await simulator.settled();
      await setSimulatedClock(db, new Date(instant));
    },
    touch: async (customer) => {
      await executor.submit([{ kind: 'touch', customer }]);
    },
    drain: async (through = deps) => {
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        await execute(
          db,
          `update outbox set next_at = clock_timestamp() where lane between 0 and 63 and state in ('pending', 'unknown')`,
        );
        const { sent, waiting, cancelled } = await relayOutbox(through, { limit: 1_000 });
        if (sent + waiting + cancelled === 0) return;
      }
      const waiting = await query(
        db,
        `select call, state, outcome from outbox where lane between 0 and 63 and finished_at is null`,
      );
      throw new Error(`the outbox does not come to rest: ${JSON.stringify(waiting)}`);
    },
  };
}

async function subscribe(deps: Deps, plan: string): Promise<Projected> {
  const { stripe, db } = deps;
  const version = (await listPlanVersions(db)).find((offered) => offered.plan === plan);
  const meteredPriceId = version?.stripeMeteredPriceId ?? null;
  if (version === undefined || meteredPriceId === null) throw new Error(`the sandbox does not sell ${plan}`);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START.getTime() / 1000 });
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const prices = [version.stripeBasePriceId, meteredPriceId].flatMap((price) => (price === null ? [] : [{ price }]));
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: prices });
  const id = newId();
  const names = { name: `ext:${id}`, stripeCustomerId: customer.id };
  const { planVersionId } = version;
  return transaction(db, async (trx) => {
    const facts = { stripeCustomerId: customer.id, externalId: id, name: null, email: null, currency: 'usd' };
    const key = await saveCustomer(
      trx,
      { ...facts, testClock: clock.id, balanceMinor: 0n, createdAt: START },
      { newId: id, fetchedAt: START },
    );
    const poolId = await openPool(trx, key, { poolId: newId(), unit: 'credit', planVersionId, openedAt: START });
    await saveSubscription(trx, key, {
      facts: {
        subscriptionId: subscription.id,
        stripeCustomerId: customer.id,
        status: 'active',
        items: [],
        cancelAtPeriodEnd: false,
        canceledAt: null,
        endedAt: null,
        pausedAt: null,
        billingAnchor: START,
        object: '{}',
      },
      terms: { planVersionId, baseItemId: 'si_base', meteredItemId: 'si_metered', quantity: 1 },
      fetchedAt: START,
    });
    const april = { startsAt: START, endsAt: new Date('2026-05-01T00:00:00Z') };
    await openBillingPeriod(deps, trx, key, { subscriptionId: subscription.id, ...april, includedLot: 'now' });
    return { ...customerKey(id), ...names, subscriptionId: subscription.id, poolId, clock: clock.id, meteredPriceId };
  });
}

/** What Stripe holds of a customer's grants, oldest first: what is open, of what, since when, until when. */
export async function grantsAtStripe({ stripe }: Deps, { stripeCustomerId }: Projected) {
  const { data } = await stripe.billing.creditGrants.list({ customer: stripeCustomerId, limit: 100 });
  const movements = await stripe.billing.creditBalanceTransactions.list({ customer: stripeCustomerId, limit: 100 });
  return data.toReversed().map((grant) => {
    const own = movements.data.filter(({ credit_grant: id }) => id === grant.id);
    const taken = own
      .filter(({ type }) => type === 'debit')
      .reduce((sum, { debit }) => sum + (debit?.amount.monetary?.value ?? 0), 0);
    return {
      value: grant.amount.monetary?.value ?? 0,
      left: (grant.amount.monetary?.value ?? 0) - taken,
      effectiveAt: new Date((grant.effective_at ?? 0) * 1000).toISOString(),
      expiresAt: grant.expires_at === null ? null : new Date(grant.expires_at * 1000).toISOString(),
    };
  });
}

/** What Stripe counts of a customer in April 2026, in meter units. */
export async function countedInApril({ stripe }: Deps, { stripeCustomerId }: Projected): Promise<number> {
  const meters = await stripe.billing.meters.list({ limit: 1 });
  const summaries = await stripe.billing.meters.listEventSummaries(meters.data[0]?.id ?? '', {
    customer: stripeCustomerId,
    start_time: START.getTime() / 1000,
    end_time: Date.parse('2026-05-01T00:00:00Z') / 1000,
  });
  return summaries.data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
}
