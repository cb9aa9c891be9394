// The v2 stream: a hundred customers' usage in one call; nothing is checked before Stripe answers.
import { describe, expect, test } from 'vitest';

import { applyStripeEvents } from '../../src/operations/apply-stripe-events.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { fillEventGap } from '../../src/operations/fill-event-gap.ts';
import { listParkedMessages } from '../../src/operations/list-parked-messages.ts';
import { relayOutbox } from '../../src/operations/relay-outbox.ts';
import { retryMessage } from '../../src/operations/retry-message.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { unfinishedMessages } from '../../src/storage/outbox.ts';
import { execute, query } from '../../src/storage/query.ts';
import { inboxRegistry } from '../../webhooks/index.ts';
import { cloneDatabase } from '../support/database.ts';
import { countedInApril, openProjection, type Projected } from '../support/projection.ts';
import { use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const stage = await openProjection(database);
const { simulator } = stage;
const deps: Deps = { ...stage.deps, settings: { ...stage.deps.settings, meterEvents: 'stream' } };
const STREAM = '/v2/billing/meter_event_stream';

/** How often a path was asked so far. */
async function asked(path: string): Promise<number> {
  const answer = await fetch(`${simulator.url}/_simulator/requests`);
  const requests = (await answer.json()) as readonly { readonly path: string }[];
  return requests.filter(({ path: one }) => one === path).length;
}

async function withUsage(calls: number): Promise<Projected> {
  const customer = await stage.subscribe();
  await stage.drain();
  await use(stage, customer, calls);
  return customer;
}

test('usage of many customers goes in one call, each counted once, with one session', async () => {
  const customers = [await withUsage(10), await withUsage(20), await withUsage(30)];
  await rollUpUsage(deps, { limit: 10, flush: true });
  expect(await relayOutbox(deps, { limit: 100 })).toMatchObject({ sent: 3, waiting: 0 });
  expect(await asked(STREAM)).toBe(1);
  await use(stage, await withUsage(40), 2);
  await rollUpUsage(deps, { limit: 10, flush: true });
  await stage.drain(deps);
  expect(await asked(STREAM)).toBe(2);
  expect(await asked('/v2/billing/meter_event_session')).toBe(1);
  expect(await asked('/v1/billing/meter_events')).toBe(0);
  const counted = await Promise.all(customers.map(async (customer) => countedInApril(deps, customer)));
  expect(counted).toEqual([10_000, 20_000, 30_000]);
});

describe('a lost answer', () => {
  test.for([
    ['after Stripe took it', 'cut_after'],
    ['before Stripe took it', 'cut_before'],
    ['a 500 after Stripe took it', '500_after'],
    ['a 500 before Stripe took it', '500_before'],
    ['a rate limit', '429'],
  ] as const)('%s counts the usage once', async ([, kind]) => {
    const customer = await withUsage(12);
    await rollUpUsage(deps, { limit: 10, flush: true });
    simulator.faults.add({ match: { path: STREAM, times: 2 }, kind });
    expect(await relayOutbox(deps, { limit: 100 })).toMatchObject({ sent: 0, waiting: 1 });
    await stage.drain(deps);
    expect(await countedInApril(deps, customer)).toBe(12_000);
    expect(await unfinishedMessages(database, customer)).toEqual([]);
  });

  test('looked into a day later, the sum tells, not the stream', async () => {
    const customer = await withUsage(12);
    await rollUpUsage(deps, { limit: 10, flush: true });
    simulator.faults.add({ match: { path: STREAM, times: 2 }, kind: 'cut_after' });
    await relayOutbox(deps, { limit: 100 });
    await execute(
      database,
      `update outbox set first_sent_at = first_sent_at - interval '25 hours' where lane = $1 and customer_id = $2`,
      [customer.lane, customer.customerId],
    );
    const before = await asked(STREAM);
    await stage.drain(deps);
    expect(await asked(STREAM)).toBe(before);
    expect(await countedInApril(deps, customer)).toBe(12_000);
  });
});

test('what Stripe reports later is parked with its reason, and counted after a retry', async () => {
  const customer = await withUsage(9);
  const other = await withUsage(4);
  const [meter] = (await deps.stripe.billing.meters.list()).data;
  if (meter === undefined) throw new Error('there is no meter');
  await rollUpUsage(deps, { limit: 10, flush: true });
  await deps.stripe.billing.meters.deactivate(meter.id);
  expect(await relayOutbox(deps, { limit: 100 })).toMatchObject({ sent: 2 });
  await deps.stripe.billing.meters.reactivate(meter.id);
  expect(await countedInApril(deps, customer)).toBe(0);

  // No thin endpoint is registered: the gap filler lists the reports.
  expect((await fillEventGap(deps)).found).toBeGreaterThanOrEqual(1);
  await applyStripeEvents(deps, inboxRegistry, { limit: 500 });
  const reports = await query<{ outcome: string }>(
    database,
    `select outcome from stripe_events where type = 'v1.billing.meter.error_report_triggered' order by 1`,
  );
  expect(reports.every(({ outcome }) => outcome.endsWith('of ours parked'))).toBe(true);
  const { messages } = await listParkedMessages(deps, 10);
  expect(messages.map(({ customerId }) => customerId).toSorted((a, b) => a.localeCompare(b))).toEqual(
    [customer.customerId, other.customerId].toSorted((a, b) => a.localeCompare(b)),
  );
  expect(messages[0]).toMatchObject({
    outcome: expect.stringContaining('reported later: archived_meter') as string,
    why: expect.stringContaining('could not count') as string,
  });
  for (const { outboxId } of messages) await retryMessage(deps, String(outboxId));
  await stage.drain(deps);
  expect(await countedInApril(deps, customer)).toBe(9_000);
  expect(await countedInApril(deps, other)).toBe(4_000);
  // Told of it again after a crash, nothing of what was sent since is parked.
  await execute(
    database,
    `update outbox set finished_at = finished_at + interval '2 minutes' where lane between 0 and 63 and state = 'done'`,
  );
  await execute(
    database,
    `update stripe_events set state = 'received', next_at = clock_timestamp()
     where type = 'v1.billing.meter.error_report_triggered'`,
  );
  await applyStripeEvents(deps, inboxRegistry, { limit: 500 });
  expect(await unfinishedMessages(database, customer)).toEqual([]);
});
