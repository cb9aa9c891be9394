import { expect, test } from 'vitest';

import { idOf, openStage, subscribe, type Stage } from './support.ts';

async function pay(stage: Stage, session: string, card = 'pm_card_visa'): Promise<number> {
  const url = `${stage.simulator.url}/_simulator/checkout_sessions/${session}/complete`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ payment_method: card }) });
  return response.status;
}

async function packPrice({ stripe }: Stage): Promise<string> {
  const price = await stripe.prices.create({ product_data: { name: 'Pack' }, currency: 'usd', unit_amount: 8000 });
  return price.id;
}

test('a pack bought at the checkout leaves a paid invoice with its metadata', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const customer = await stripe.customers.create();
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    customer: customer.id,
    line_items: [{ price: await packPrice(stage), quantity: 2 }],
    invoice_creation: { enabled: true, invoice_data: { metadata: { pack: 'p1' } } },
    success_url: 'https://example.com/done',
  });
  expect([session.status, session.payment_status, session.amount_total]).toEqual(['open', 'unpaid', 16_000]);
  expect(await pay(stage, session.id, 'pm_card_chargeCustomerFail')).toBe(400);
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
  expect(await pay(stage, session.id)).toBe(200);
  const done = await stripe.checkout.sessions.retrieve(session.id);
  expect([done.status, done.payment_status]).toEqual(['complete', 'paid']);
  expect(await stripe.invoices.retrieve(idOf(done.invoice))).toMatchObject({
    status: 'paid',
    total: 16_000,
    metadata: { pack: 'p1' },
  });
  const types = (await stripe.events.list({ type: 'checkout.*' })).data.map(({ type }) => type);
  expect(types).toEqual(['checkout.session.completed']);
});

test('a plan taken at the checkout starts a subscription for a new customer', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer_email: 'ada@example.com',
    line_items: [{ price: plan.base, quantity: 1 }, { price: plan.usage }],
    subscription_data: { metadata: { seat: '1' } },
    success_url: 'https://example.com/done',
  });
  await pay(stage, session.id);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'customer'] });
  expect(done).toMatchObject({
    customer: { email: 'ada@example.com' },
    subscription: { status: 'active', metadata: { seat: '1' } },
  });
});

test('an expired checkout can no longer be paid', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: await packPrice(stage), quantity: 1 }],
    success_url: 'https://example.com/done',
  });
  expect((await stripe.checkout.sessions.expire(session.id)).status).toBe('expired');
  expect(await pay(stage, session.id)).toBe(400);
});

test('a portal session is for a customer who exists', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const customer = await stripe.customers.create();
  expect((await stripe.billingPortal.sessions.create({ customer: customer.id })).url).toMatch(/^https:/);
  await expect(stripe.billingPortal.sessions.create({ customer: 'cus_none' })).rejects.toThrow(/No such customer/);
});
