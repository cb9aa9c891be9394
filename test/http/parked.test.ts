import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { execute } from '../../src/storage/query.ts';
import { storeStripeEvents } from '../../src/storage/stripe-events.ts';
import { cloneDatabase } from '../support/database.ts';
import { runCommand } from '../support/service-process.ts';
import { tellStory } from '../support/story.ts';
import { stripeEvent } from '../support/stripe-events.ts';

const clone = await cloneDatabase();
const { database } = clone;
const story = await tellStory(database);
const directory = await mkdtemp(join(tmpdir(), 'creditpool-parked-'));
afterAll(async () => rm(directory, { recursive: true }));
const onShell = async (...words: readonly string[]) =>
  runCommand({ CREDITPOOL_DIR: directory, DATABASE_URL: clone.ownerConnectionString }, ...words);

test('refused usage says what, since when, why and what to do, by API and CLI; a retry sends it and what waits', async () => {
  const { stripe } = story;
  const customer = await story.subscriber();
  const [meter] = (await stripe.billing.meters.list()).data;
  if (meter === undefined) throw new Error('the plan was pushed without a meter');
  // Somebody switches the meter off in the dashboard.
  await stripe.billing.meters.deactivate(meter.id);
  await customer.use(12);
  await story.until('2026-04-01T02:00:00Z');
  await customer.use(3);
  await story.until('2026-04-01T04:00:00Z');

  const { body } = await story.call('GET', '/v1/outbox');
  const [parked] = body['data'] as unknown as readonly Record<string, string>[];
  expect(parked).toMatchObject({
    state: 'parked',
    what: `report 12000 meter units of ${customer.stripeCustomer}, used 2026-04-01T00:00:01.000Z`,
    why: 'Stripe refuses it. 1 later of this customer waits behind it.',
    next: expect.stringContaining('then retry') as string,
    outcome: expect.stringContaining('archived_meter') as string,
    waiting: 1,
  });
  expect(Date.now() - Date.parse(parked?.['parked_at'] ?? '')).toBeLessThan(60_000);
  const { stdout } = await onShell('outbox', 'list');
  expect(stdout).toContain(`${parked?.['id']}  report 12000 meter units`);
  expect(stdout).toContain('why     Stripe refuses it. 1 later of this customer waits behind it.');

  await stripe.billing.meters.reactivate(meter.id);
  expect(await story.call('POST', `/v1/outbox/${parked?.['id']}/retry`)).toMatchObject({ status: 200 });
  await story.relayed();
  expect((await story.call('GET', '/v1/outbox')).body['data']).toEqual([]);
  const counted = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer: customer.stripeCustomer,
    start_time: Date.parse('2026-04-01T00:00:00Z') / 1000,
    end_time: Date.parse('2026-04-02T00:00:00Z') / 1000,
  });
  expect(counted.data.map(({ aggregated_value: value }) => value)).toEqual([15_000]);
}, 60_000);

test('a parked event is listed with its facts and replayed by API and CLI', async () => {
  const ids = ['evt_parked1', 'evt_parked2'];
  await storeStripeEvents(
    database,
    ids.map((eventId) => stripeEvent({ eventId, type: 'invoice.paid', objectId: 'in_1' })),
    'webhook',
  );
  await execute(
    database,
    `update stripe_events set state = 'parked', attempts = 8, outcome = 'cannot be read', finished_at = clock_timestamp()
     where event_id = any($1::text[])`,
    [ids],
  );
  const { body } = await story.call('GET', '/v1/stripe_events');
  expect(body['data']).toMatchObject(
    ids.map((id) => ({ id, what: 'apply invoice.paid of in_1', why: 'Applying it failed 8 times.', about: 'in_1' })),
  );
  const { stdout } = await onShell('inbox', 'list', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ has_more: false, data: [{ id: 'evt_parked1' }, { id: 'evt_parked2' }] });
  expect(await story.call('POST', '/v1/stripe_events/evt_parked1/replay')).toMatchObject({ status: 200 });
  expect(await onShell('inbox', 'replay', 'evt_parked2')).toMatchObject({ exitCode: 0 });
  expect(await story.call('POST', '/v1/stripe_events/evt_parked2/replay')).toMatchObject({ status: 404 });
  await story.clock.settle();
  expect((await story.call('GET', '/v1/stripe_events')).body['data']).toEqual([]);
}, 60_000);
