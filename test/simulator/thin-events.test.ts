import { Stripe } from 'stripe';
import { expect, test, vi } from 'vitest';

import { clientOf, openListener, openStage, subscribe, type Listener, type Stage } from './support.ts';

async function listenThin({ stripe }: Stage, listener: Listener, types: string[]): Promise<string> {
  const destination = await stripe.v2.core.eventDestinations.create({
    name: 'thin',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: types,
    webhook_endpoint: { url: listener.url },
    include: ['webhook_endpoint.signing_secret'],
  });
  return destination.webhook_endpoint?.signing_secret ?? '';
}

test('usage of an unknown customer is accepted and reported by a thin event, whose data is fetched', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  await subscribe(stage);
  const secret = await listenThin(stage, listener, ['v1.billing.meter.error_report_triggered']);
  await stripe.billing.meterEvents.create({
    event_name: 'credits',
    payload: { stripe_customer_id: 'cus_none', value: '1' },
    identifier: 'lost',
  });
  await simulator.settled();
  const { body = '', signature = '' } = listener.received[0] ?? {};
  const notification = stripe.parseEventNotification(body, signature, secret);
  expect(notification.type).toBe('v1.billing.meter.error_report_triggered');
  expect(body).not.toContain('lost');
  const event: unknown = await stripe.v2.core.events.retrieve(notification.id);
  expect(event).toMatchObject({
    related_object: { type: 'billing.meter' },
    data: {
      reason: {
        error_types: [{ code: 'meter_event_customer_not_found', sample_errors: [{ request: { identifier: 'lost' } }] }],
      },
    },
  });
});

test('the switch makes the same usage refused at once', async () => {
  await using stage = await openStage({ switches: { unknownMeterCustomer: 'refused' } });
  await subscribe(stage);
  const lost = { event_name: 'credits', payload: { stripe_customer_id: 'cus_none', value: '1' } };
  await expect(stage.stripe.billing.meterEvents.create(lost)).rejects.toMatchObject({
    code: 'meter_event_customer_not_found',
  });
});

test('a snapshot event has a thin twin that names it', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  await listenThin(stage, listener, ['v1.customer.created']);
  const customer = await stripe.customers.create();
  await simulator.settled();
  const [snapshot] = (await stripe.events.list()).data;
  expect(JSON.parse(listener.received[0]?.body ?? '{}')).toMatchObject({
    object: 'v2.core.event',
    type: 'v1.customer.created',
    related_object: { id: customer.id, type: 'customer', url: `/v1/customers/${customer.id}` },
    snapshot_event: snapshot?.id,
  });
});

test('the v2 calls and the stream count like v1', async () => {
  await using stage = await openStage();
  const { stripe, simulator } = stage;
  const plan = await subscribe(stage);
  const payload = (value: string) => ({ stripe_customer_id: plan.customer, value });
  const timestamp = '2026-04-01T00:00:00Z';
  await stripe.v2.billing.meterEvents.create({
    event_name: 'credits',
    payload: payload('5'),
    identifier: 'v2',
    timestamp,
  });
  const session = await stripe.v2.billing.meterEventSession.create();
  const { host, port } = simulator;
  const streaming = new Stripe(session.authentication_token, { host, port, protocol: 'http', telemetry: false });
  await streaming.v2.billing.meterEventStream.create({
    events: [
      { event_name: 'credits', payload: payload('7'), timestamp },
      { event_name: 'credits', payload: payload('words'), timestamp, identifier: 'bad' },
    ],
  });
  await expect(streaming.customers.list()).rejects.toThrow(Stripe.errors.StripeAuthenticationError);
  const { data } = await clientOf(simulator).billing.meters.listEventSummaries(plan.meter, {
    customer: plan.customer,
    start_time: Date.parse(timestamp) / 1000,
    end_time: Date.parse(timestamp) / 1000 + 60,
  });
  expect(data[0]?.aggregated_value).toBe(12);
  const reports = await stripe.v2.core.events.list({});
  expect(reports.data.map(({ type }) => type)).toEqual(['v1.billing.meter.error_report_triggered']);
});

test('v2 names a duplicate by its code, and its adjustment has an id', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const event = {
    event_name: 'credits',
    payload: { stripe_customer_id: plan.customer, value: '5' },
    identifier: 'once',
    timestamp: '2026-04-01T00:00:00Z',
  };
  await stripe.v2.billing.meterEvents.create(event);
  await expect(stripe.v2.billing.meterEvents.create(event)).rejects.toMatchObject({ code: 'duplicate_meter_event' });
  const cancel = { event_name: 'credits', type: 'cancel' as const, cancel: { identifier: 'once' } };
  const adjustment = await stripe.v2.billing.meterEventAdjustments.create(cancel);
  expect(adjustment.id).toMatch(/^mea_test_/);
  const span = { start_time: Date.parse(event.timestamp) / 1000, end_time: Date.parse(event.timestamp) / 1000 + 60 };
  const { data } = await stripe.billing.meters.listEventSummaries(plan.meter, { customer: plan.customer, ...span });
  expect(data).toEqual([]);
});

test('the stream reports each fault by its own code, and its session ends after a quarter of an hour', async () => {
  await using stage = await openStage();
  const { stripe, simulator } = stage;
  const plan = await subscribe(stage);
  const session = await stripe.v2.billing.meterEventSession.create();
  const { host, port } = simulator;
  const streaming = new Stripe(session.authentication_token, { host, port, protocol: 'http', telemetry: false });
  const good = { stripe_customer_id: plan.customer, value: '1' };
  const timestamp = '2026-04-01T00:00:00Z';
  const events = [
    { event_name: 'credits', payload: { value: '1' }, timestamp },
    { event_name: 'credits', payload: { ...good, value: '1234567890123456' }, timestamp },
    { event_name: 'credits', payload: good, timestamp: '2020-01-01T00:00:00Z' },
    { event_name: 'nothing', payload: good, timestamp },
  ];
  await streaming.v2.billing.meterEventStream.create({ events });
  const reports = await stripe.v2.core.events.list({});
  const codes = reports.data.map((event) => {
    const { data } = event as unknown as { data: { reason: { error_types: { code: string }[] } } };
    return [event.type.slice('v1.billing.meter.'.length), data.reason.error_types[0]?.code];
  });
  expect(codes.toReversed()).toEqual([
    ['error_report_triggered', 'meter_event_no_customer_defined'],
    ['error_report_triggered', 'meter_event_value_too_many_digits'],
    ['error_report_triggered', 'timestamp_too_far_in_past'],
    ['no_meter_found', 'no_meter'],
  ]);
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 15 * 60_000);
  await expect(streaming.v2.billing.meterEventStream.create({ events })).rejects.toMatchObject({
    type: 'TemporarySessionExpiredError',
    code: 'billing_meter_event_session_expired',
  });
  vi.restoreAllMocks();
});

test('an event destination shows its secret once, and is updated, disabled and deleted', async () => {
  await using stage = await openStage();
  const destinations = stage.stripe.v2.core.eventDestinations;
  const made = await destinations.create({
    name: 'thin',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.customer.created'],
    webhook_endpoint: { url: 'http://127.0.0.1:9/' },
    include: ['webhook_endpoint.signing_secret'],
  });
  expect(made.webhook_endpoint?.signing_secret).toMatch(/^whsec_/);
  expect((await destinations.retrieve(made.id)).webhook_endpoint?.signing_secret).toBeUndefined();
  expect((await destinations.update(made.id, { name: 'thinner' })).name).toBe('thinner');
  // A ping goes to it whatever it listens to.
  const ping = await destinations.ping(made.id);
  expect(await stage.stripe.v2.core.events.retrieve(ping.id)).toMatchObject({ type: 'v2.core.event_destination.ping' });
  expect((await destinations.disable(made.id)).status).toBe('disabled');
  await destinations.del(made.id);
  expect((await destinations.list()).data).toEqual([]);
});
