import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, openListener, openStage, seconds, subscribe } from './support.ts';

test('a webhook carries a signature that the SDK verifies, and the event reads the same from the list', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  const endpoint = await stripe.webhookEndpoints.create({
    url: listener.url,
    enabled_events: ['customer.created'],
  });
  const customer = await stripe.customers.create({ name: 'Ada' });
  await simulator.settled();

  expect(listener.received).toHaveLength(1);
  const { body = '', signature = '' } = listener.received[0] ?? {};
  const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? '');
  expect(event).toMatchObject({ type: 'customer.created', livemode: false, api_version: '2026-10-28.endive' });
  expect(event.request?.id).toMatch(/^req_/);
  const { data } = await stripe.events.list({ types: ['customer.created'] });
  expect(data[0]).toMatchObject({ id: event.id, pending_webhooks: 0, data: { object: { id: customer.id } } });
  expect(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other')).toThrow(/signature/);
});

test('a rolled secret signs beside its former one until that ends, for thin destinations, too', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  await simulator.advanceTo(new Date('2026-04-01T00:00:00Z'));
  const endpoint = await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['customer.created'] });
  const thin = await stripe.v2.core.eventDestinations.create({
    name: 'thin',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.customer.created'],
    webhook_endpoint: { url: listener.url },
    include: ['webhook_endpoint.signing_secret'],
  });
  const formerOf = new Map([
    ['event', endpoint.secret ?? ''],
    ['v2.core.event', thin.webhook_endpoint?.signing_secret ?? ''],
  ]);
  const roll = async (id: string, body: object): Promise<Response> =>
    fetch(`${simulator.url}/_simulator/webhook_endpoints/${id}/roll`, { method: 'POST', body: JSON.stringify(body) });
  const secretOf = new Map<string, string>();
  for (const [object, id] of [
    ['event', endpoint.id],
    ['v2.core.event', thin.id],
  ] as const) {
    const { secret } = (await (await roll(id, { keep_seconds: 3600 })).json()) as { secret: string };
    secretOf.set(object, secret);
  }
  expect((await roll(endpoint.id, { keep_seconds: 86_401 })).status).toBe(400);

  /** How many signatures came, and which of both secrets passes, by the SDK. */
  const passes = async (): Promise<object> => {
    listener.received.length = 0;
    await stripe.customers.create();
    await simulator.settled();
    const seen = listener.received.map(({ body, signature }) => {
      const { object } = JSON.parse(body) as { object: string };
      const passed = [secretOf.get(object), formerOf.get(object)].map((secret) => {
        try {
          return stripe.webhooks.signature?.verifyHeader(body, signature, secret ?? '', 300);
        } catch {
          return false;
        }
      });
      return [object, [signature.match(/v1=/g)?.length, ...passed]];
    });
    return Object.fromEntries(seen) as object;
  };
  expect(await passes()).toEqual({ event: [2, true, true], 'v2.core.event': [2, true, true] });
  await simulator.advanceTo(new Date('2026-04-01T01:00:00Z'));
  expect(await passes()).toEqual({ event: [1, true, false], 'v2.core.event': [1, true, false] });
});

test('an endpoint that fails gets the same event again with a fresh signature', async () => {
  await using stage = await openStage({ switches: { webhookRetryMs: 60_000 } });
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  const endpoint = await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['*'] });
  listener.answer = 500;
  await stripe.customers.create();
  await simulator.settled();
  expect(listener.received).toHaveLength(1);
  listener.answer = 200;
  await simulator.retryWebhooks();
  expect(listener.received).toHaveLength(2);
  const ids = listener.received.map(
    ({ body, signature }) => stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? '').id,
  );
  expect(ids[0]).toBe(ids[1]);
});

test('dropped webhooks arrive later, doubled webhooks arrive twice', async () => {
  await using stage = await openStage({ switches: { webhookRetryMs: 20 } });
  await using listener = await openListener();
  const { stripe, simulator } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['*'] });
  simulator.faults.webhooks = { drop: true };
  await stripe.customers.create();
  await simulator.settled();
  expect(listener.received).toHaveLength(0);
  simulator.faults.webhooks = { duplicate: true, shuffle: true };
  await expect.poll(() => listener.received.length).toBe(2);
});

test('a cycle draft is finalized an hour after its webhooks were heard', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['invoice.created'] });
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-01T00:30:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  expect(draft?.automatically_finalizes_at).toBe(seconds('2026-05-01T01:00:00Z'));
  expect(draft?.webhooks_delivered_at).toBe(seconds('2026-05-01T00:00:00Z'));
  await advance(stage, plan.clock, '2026-05-01T01:00:00Z');
  expect((await stripe.invoices.retrieve(draft?.id ?? '')).status).toBe('paid');
});

test('an endpoint that does not answer holds a cycle draft back, for 72 hours at most', async () => {
  await using stage = await openStage({ switches: { webhookRetryMs: 60_000 } });
  await using listener = await openListener();
  const { stripe } = stage;
  await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['invoice.created'] });
  const plan = await subscribe(stage);
  listener.answer = 503;
  await advance(stage, plan.clock, '2026-05-03T23:59:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  expect(draft?.status).toBe('draft');
  await advance(stage, plan.clock, '2026-05-04T00:00:00Z');
  const final = await stripe.invoices.retrieve(draft?.id ?? '');
  expect([final.status, final.status_transitions.finalized_at]).toEqual(['paid', seconds('2026-05-04T00:00:00Z')]);
});

test('a draft held by auto_advance stays, and one with its own time is finalized then', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  const id = draft?.id ?? '';
  const planned = await stripe.invoices.update(id, { automatically_finalizes_at: seconds('2026-05-03T00:00:00Z') });
  expect(planned.automatically_finalizes_at).toBe(seconds('2026-05-03T00:00:00Z'));
  await advance(stage, plan.clock, '2026-05-02T00:00:00Z');
  expect((await stripe.invoices.retrieve(id)).status).toBe('draft');
  const held = await stripe.invoices.update(id, { auto_advance: false });
  expect(held.automatically_finalizes_at).toBeNull();
  await expect(
    stripe.invoices.update(id, { automatically_finalizes_at: seconds('2026-05-04T00:00:00Z') }),
  ).rejects.toThrow(Stripe.errors.StripeInvalidRequestError);
  await advance(stage, plan.clock, '2026-05-10T00:00:00Z');
  expect((await stripe.invoices.retrieve(id)).status).toBe('draft');
  expect((await stripe.invoices.finalizeInvoice(id, { auto_advance: true })).status).toBe('paid');
});

test('a webhook consumer sees time pass step by step', async () => {
  await using stage = await openStage();
  await using listener = await openListener();
  const { stripe } = stage;
  await stripe.webhookEndpoints.create({
    url: listener.url,
    enabled_events: ['invoice.created', 'invoice.finalized', 'invoice.paid'],
  });
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-30T00:00:00Z');
  const types = listener.received.map(({ body }) => (JSON.parse(body) as Stripe.Event).type);
  expect(types).toEqual([
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
  ]);
});

test("the simulator's own clock can be moved", async () => {
  await using stage = await openStage();
  const { simulator, stripe } = stage;
  await simulator.advanceTo(new Date('2026-04-01T00:00:00Z'));
  const customer = await stripe.customers.create();
  expect(customer.created).toBe(seconds('2026-04-01T00:00:00Z'));
  await simulator.advanceTo(new Date('2026-04-02T00:00:00Z'));
  expect(simulator.now().toISOString()).toBe('2026-04-02T00:00:00.000Z');
});
