// A sandbox that hears of Stripe as in production: signed webhooks over HTTP, stored, then applied.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll } from 'vitest';

import type { Plan } from '../../src/domain/catalogue.ts';
import type { CustomerKey } from '../../src/domain/customer.ts';
import { applyStripeEvents } from '../../src/operations/apply-stripe-events.ts';
import { guardDraft } from '../../src/operations/guard-drafts.ts';
import { receiveStripeEvent } from '../../src/operations/receive-stripe-event.ts';
import { registerWebhook } from '../../src/operations/register-webhook.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import type { Switches } from '../../src/simulator/switches.ts';
import { setSimulatedClock } from '../../src/storage/clock.ts';
import { customerByStripeId } from '../../src/storage/customers.ts';
import type { Database } from '../../src/storage/database.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { execute, query } from '../../src/storage/query.ts';
import { webhookRegistry } from '../../webhooks/index.ts';
import { openProjection, type Projection } from './projection.ts';

export interface Inbox extends Omit<Projection, 'advance' | 'touch' | 'subscribe'> {
  /** Moves the customer's test clock, and the sandbox's with it. */
  readonly advance: (customer: SignedUp, instant: string) => Promise<void>;
  /** Opens, lapses and cuts off what is due for a customer. */
  readonly touch: (customer: CustomerKey) => Promise<void>;
  /** Applies all that was delivered, pauses included; returns how many events were applied. */
  readonly apply: () => Promise<number>;
  /** Signs a new customer up at Stripe on 1 April 2026; nothing here knows of it until webhooks are applied. */
  readonly signUp: (options?: {
    plan?: string;
    collect?: 'charge_automatically' | 'send_invoice';
  }) => Promise<SignedUp>;
  /** Sets the sandbox's clock back to 1 April 2026, for the next customer of the same test. */
  readonly restart: () => Promise<void>;
  readonly keyOf: (customer: SignedUp) => Promise<CustomerKey>;
  /** Tracks calls; returns the usage event's id. */
  readonly use: (customer: SignedUp, calls: number, at: string, eventId?: string) => Promise<string>;
  /** Account balances of the money book that are not zero, in minor units. */
  readonly money: (customer: CustomerKey) => Promise<Readonly<Record<string, bigint>>>;
}

export interface SignedUp {
  readonly stripeCustomerId: string;
  readonly subscriptionId: string;
  readonly clock: string;
}

const START = new Date('2026-04-01T00:00:00Z');
const ROUNDS_MAX = 50;

export async function openInbox(
  db: Database,
  options: { plans?: readonly Plan[]; switches?: Partial<Switches> } = {},
): Promise<Inbox> {
  const stage = await openProjection(db, options);
  const { deps, simulator, executor } = stage;
  const secrets: string[] = [];
  const url = await listen((rawBody, signature) =>
    receiveStripeEvent(deps, { rawBody, signature, secrets, receivedAt: new Date() }, guardDraft),
  );
  secrets.push(await registerWebhook(deps, url));
  const apply = async (): Promise<number> => {
    let applied = 0;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await simulator.settled();
      await execute(db, `update stripe_events set next_at = clock_timestamp() where state = 'received'`);
      const result = await applyStripeEvents(deps, webhookRegistry, { limit: 500 });
      applied += result.applied;
      if (result.applied + result.ignored + result.postponed === 0) return applied;
    }
    const stuck = await query(db, `select type, outcome from stripe_events where state = 'received'`);
    throw new Error(`the inbox does not come to rest: ${JSON.stringify(stuck)}`);
  };
  return {
    ...stage,
    apply,
    advance: async ({ clock }, instant) => {
      await deps.stripe.testHelpers.testClocks.advance(clock, { frozen_time: Date.parse(instant) / 1000 });
      await simulator.settled();
      await setSimulatedClock(db, new Date(instant));
    },
    touch: async (customer) => {
      await executor.submit([{ kind: 'touch', customer }]);
    },
    signUp: async ({ plan = 'hybrid', collect = 'charge_automatically' } = {}) => signUp(stage, plan, collect),
    restart: async () => setSimulatedClock(db, START),
    keyOf: async ({ stripeCustomerId }) => {
      const key = await customerByStripeId(db, stripeCustomerId);
      if (key === undefined) throw new Error(`${stripeCustomerId} is not mirrored`);
      return key;
    },
    use: async ({ stripeCustomerId }, calls, at, eventId = crypto.randomUUID()) => {
      const event = { eventId, customer: stripeCustomerId, action: 'api.call', member: null, source: 'test' };
      const [answer] = await trackUsage(
        { deps, executor },
        { events: [{ ...event, quantities: { calls: BigInt(calls) }, occurredAt: new Date(at) }] },
      );
      if (answer === undefined || 'rejected' in answer) throw new Error(JSON.stringify(answer));
      return answer.usageEventId;
    },
    money: async ({ lane, customerId }) => {
      const rows = await query<{ kind: string; balance: bigint }>(
        db,
        `select kind, balance from accounts where lane = $1 and customer_id = $2 and balance <> 0
           and pool_id = '00000000-0000-0000-0000-000000000000' order by kind`,
        [lane, customerId],
      );
      return Object.fromEntries(rows.map(({ kind, balance }) => [kind, balance]));
    },
  };
}

async function signUp(
  { deps: { stripe, db } }: Projection,
  plan: string,
  collect: 'charge_automatically' | 'send_invoice',
): Promise<SignedUp> {
  const version = (await listPlanVersions(db)).find((offered) => offered.plan === plan);
  if (version === undefined) throw new Error(`the sandbox does not sell ${plan}`);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START.getTime() / 1000 });
  const customer = await stripe.customers.create({
    name: 'Acme',
    test_clock: clock.id,
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const prices = [version.stripeBasePriceId, version.stripeMeteredPriceId];
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: prices.flatMap((price) => (price === null ? [] : [{ price }])),
    ...(collect === 'send_invoice' && { collection_method: collect, days_until_due: 30 }),
  });
  return { stripeCustomerId: customer.id, subscriptionId: subscription.id, clock: clock.id };
}

type Receive = (rawBody: Buffer, signature: string | undefined) => Promise<object>;

async function listen(receive: Receive): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'stripe-signature': signature } = request.headers;
      receive(Buffer.concat(chunks), typeof signature === 'string' ? signature : undefined).then(
        (answer) => response.writeHead('rejected' in answer ? 400 : 200).end(),
        () => response.writeHead(500).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`;
}
