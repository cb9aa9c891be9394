// Exactly one effect at Stripe, whatever breaks: the answer in the middle, the patience, or the process (kill -9), looked
// into at once or after Stripe has forgotten the key.
import { describe, expect, test } from 'vitest';

import type { Deps } from '../../src/operations/deps.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { transaction } from '../../src/storage/database.ts';
import { enqueue, unfinishedMessages } from '../../src/storage/outbox.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { execute, query } from '../../src/storage/query.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { hybrid } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';
import { countedInApril, grantsAtStripe, openProjection, type Projected } from '../support/projection.ts';
import { use } from '../support/requests.ts';
import { openBadLine } from '../support/stripe-proxy.ts';

const { database, connectionString } = await cloneDatabase();
const stage = await openProjection(database, {
  plans: [hybrid, { ...hybrid, plan: 'larger', includedCredits: '20000' }],
});
const { simulator } = stage;
const line = await openBadLine(simulator);
const { secretKey } = simulator;
const through = (timeoutMs?: number): Deps => ({
  ...stage.deps,
  stripe: connectStripe({
    secretKey,
    host: line.host,
    port: line.port,
    protocol: 'http',
    ...(timeoutMs !== undefined && { timeoutMs }),
  }),
});

/** A customer with one message about a plan. */
async function ofPlan(call: string, plan: string, more: object, key: string): Promise<Projected> {
  const customer = await stage.subscribe();
  await stage.drain();
  const version = (await listPlanVersions(database)).find((offered) => offered.plan === plan);
  const request = { planVersionId: version?.planVersionId ?? '', quantity: 1, ...more };
  const message = { queue: 'documents', call, subjectId: customer.subscriptionId, request, key } as const;
  await transaction(database, async (trx) => enqueue(trx, customer, message));
  return customer;
}

/** The kinds of message, each with the path that it is sent to and how often it was done at Stripe. */
const KINDS = [
  {
    name: 'credit grant',
    path: /credit_grants$/,
    write: async (): Promise<Projected> => stage.subscribe(),
    done: async (customer: Projected): Promise<number> => (await grantsAtStripe(stage.deps, customer)).length,
  },
  {
    name: 'meter event',
    path: /meter_events$/,
    write: async (): Promise<Projected> => {
      const customer = await stage.subscribe();
      await stage.drain();
      await use(stage, customer, 12);
      await rollUpUsage(stage.deps, { limit: 10, flush: true });
      return customer;
    },
    done: async (customer: Projected): Promise<number> => (await countedInApril(stage.deps, customer)) / 12_000,
  },
  {
    name: 'invoice item',
    path: /invoiceitems$/,
    write: async (): Promise<Projected> => {
      const customer = await stage.subscribe();
      await stage.drain();
      const { id } = await stage.deps.stripe.invoices.create({
        customer: customer.stripeCustomerId,
        auto_advance: false,
      });
      const request = { customer: customer.stripeCustomerId, invoice: id, amount: -300, currency: 'usd' };
      await transaction(database, async (trx) =>
        enqueue(trx, customer, {
          queue: 'documents',
          call: 'invoice_item.create',
          subjectId: id,
          request,
          key: 'item',
        }),
      );
      return customer;
    },
    done: async ({ stripeCustomerId }: Projected): Promise<number> =>
      (await stage.deps.stripe.invoiceItems.list({ customer: stripeCustomerId, pending: false })).data.length,
  },
  {
    name: 'new subscription',
    path: /subscriptions$/,
    write: async (): Promise<Projected> => ofPlan('subscription.start', 'larger', { trialDays: null }, 'start'),
    done: async ({ stripeCustomerId: customer }: Projected): Promise<number> =>
      (await stage.deps.stripe.subscriptions.list({ customer })).data.length - 1,
  },
  {
    name: 'plan change with the renewal',
    path: /subscription_schedules\/\w+$/,
    write: async (): Promise<Projected> => ofPlan('subscription.schedule_plan', 'larger', {}, 'larger'),
    done: async ({ stripeCustomerId: customer }: Projected): Promise<number> => {
      const { data } = await stage.deps.stripe.subscriptionSchedules.list({ customer });
      return data.flatMap(({ phases }) => phases.slice(1)).length;
    },
  },
] as const;

/** Leases run out, pauses are over; and so many hours pass since the first send. */
async function later(hours: number): Promise<void> {
  await execute(
    database,
    `update outbox set lease_until = clock_timestamp(), next_at = clock_timestamp(),
       first_sent_at = first_sent_at - make_interval(hours => $1)
     where lane between 0 and 63 and state in ('pending', 'sending', 'unknown')`,
    [hours],
  );
}

/** How often it was done at Stripe once nothing is left to send. */
async function timesDone(customer: Projected, done: (customer: Projected) => Promise<number>): Promise<number> {
  await stage.drain();
  expect(await unfinishedMessages(database, customer)).toEqual([]);
  return done(customer);
}

describe.for(KINDS)('one $name', ({ path, write, done }) => {
  test('when the answer breaks off in the middle', async () => {
    const customer = await write();
    line.spoil(path, 'truncated', 2);
    await stage.drain(through());
    expect(await timesDone(customer, done)).toBe(1);
  });

  test('when Stripe did it and its answer does not come', async () => {
    const customer = await write();
    line.spoil(path, 'kept', 1);
    await stage.drain(through(300));
    expect(await timesDone(customer, done)).toBe(1);
  });

  test.for([
    ['after Stripe did it', 'kept', 0],
    ['after Stripe did it, looked into 25 hours later', 'kept', 25],
    ['before it left, looked into 25 hours later', 'unsent', 25],
  ] as const)('when the process is killed %s', { timeout: 60_000 }, async ([, fault, hours]) => {
    const customer = await write();
    line.spoil(path, fault);
    const relay = startProcess('relay-process.ts', connectionString, line.host, String(line.port), secretKey);
    await line.stuck();
    relay.child.kill('SIGKILL');
    expect(await relay.ended).toBeNull();
    const [left] = await query<{ state: string }>(
      database,
      `select state from outbox where lane = $1 and customer_id = $2 and state <> 'done' order by outbox_id limit 1`,
      [customer.lane, customer.customerId],
    );
    expect(left).toEqual({ state: 'sending' });
    expect(await done(customer)).toBe(fault === 'kept' ? 1 : 0);
    await later(hours);
    expect(await timesDone(customer, done)).toBe(1);
  });
});
