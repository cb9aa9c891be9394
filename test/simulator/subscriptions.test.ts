import { expect, test } from 'vitest';

import { advance, grant, openStage, seconds, subscribe, use, idOf } from './support.ts';

test('a plan anchored on the 31st falls on the last day of shorter months and comes back', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { start: '2026-01-31T12:30:00Z' });
  const ends: string[] = [];
  for (const to of ['2026-02-28T12:30:00Z', '2026-03-31T12:30:00Z', '2026-04-30T12:30:00Z']) {
    const { items } = await stripe.subscriptions.retrieve(plan.subscription);
    ends.push(new Date((items.data[0]?.current_period_end ?? 0) * 1000).toISOString());
    await advance(stage, plan.clock, to);
  }
  expect(ends).toEqual(['2026-02-28T12:30:00.000Z', '2026-03-31T12:30:00.000Z', '2026-04-30T12:30:00.000Z']);
});

test('a cycle bills licences ahead and usage behind, and the newest item first', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect([draft?.period_start, draft?.period_end, draft?.billing_reason]).toEqual([
    seconds('2026-04-01T00:00:00Z'),
    seconds('2026-05-01T00:00:00Z'),
    'subscription_cycle',
  ]);
  expect(draft?.lines.data.map(({ period, quantity }) => [period.start, period.end, quantity])).toEqual([
    [seconds('2026-04-01T00:00:00Z'), seconds('2026-05-01T00:00:00Z'), 0],
    [seconds('2026-05-01T00:00:00Z'), seconds('2026-06-01T00:00:00Z'), 1],
  ]);
});

test('a sixth seat for half the period is two prorated lines on the next invoice', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { fee: 4900 });
  const { items } = await stripe.subscriptions.retrieve(plan.subscription);
  const seat = items.data[0]?.id ?? '';
  await stripe.subscriptions.update(plan.subscription, {
    items: [{ id: seat, quantity: 5 }],
    proration_behavior: 'none',
  });
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(plan.subscription, { items: [{ id: seat, quantity: 6 }] });
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual([14_700, -12_250, 0, 29_400]);
  expect(invoice?.total).toBe(29_400 + 2450);
});

test('cancelling at once bills usage only when asked to', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await grant(stage, plan, 10_000);
  await use(stage, plan, 12_500_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  const canceled = await stripe.subscriptions.cancel(plan.subscription, { invoice_now: true });
  expect(canceled.status).toBe('canceled');
  const invoice = await stripe.invoices.retrieve(idOf(canceled.latest_invoice));
  expect([invoice.total, invoice.status]).toEqual([2500, 'paid']);
  await advance(stage, plan.clock, '2026-05-20T00:00:00Z');
  expect((await stripe.invoices.list({ customer: plan.customer })).data).toHaveLength(2);
});

test('cancelling at the period end bills the last period', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await stripe.subscriptions.update(plan.subscription, { cancel_at_period_end: true });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  expect((await stripe.subscriptions.retrieve(plan.subscription)).status).toBe('canceled');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect([invoice?.total, invoice?.status]).toEqual([1000, 'paid']);
});

test('a declined card leaves the first invoice open and the subscription incomplete, then it expires', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: plan.customer });
  const items = [{ price: plan.base }];
  const failing = { customer: plan.customer, items, default_payment_method: card.id };
  await expect(stripe.subscriptions.create({ ...failing, payment_behavior: 'error_if_incomplete' })).rejects.toThrow(
    /declined/,
  );
  expect((await stripe.subscriptions.list({ customer: plan.customer })).data).toHaveLength(1);
  const incomplete = await stripe.subscriptions.create(failing);
  expect(incomplete.status).toBe('incomplete');
  const invoice = await stripe.invoices.retrieve(idOf(incomplete.latest_invoice));
  expect([invoice.status, invoice.attempt_count]).toEqual(['open', 1]);
  await advance(stage, plan.clock, '2026-04-02T00:00:00Z');
  expect((await stripe.subscriptions.retrieve(incomplete.id)).status).toBe('incomplete_expired');
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('void');
});

test('a failed renewal is past due until it is paid', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await stripe.customers.update(plan.customer, {
    invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' },
  });
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const due = await stripe.subscriptions.retrieve(plan.subscription);
  expect(due.status).toBe('past_due');
  const id = idOf(due.latest_invoice);
  await expect(stripe.invoices.pay(id)).rejects.toMatchObject({
    type: 'StripeCardError',
    decline_code: 'generic_decline',
  });
  expect((await stripe.invoices.retrieve(id)).attempt_count).toBe(2);
  await stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
  expect((await stripe.subscriptions.retrieve(plan.subscription)).status).toBe('active');
});

test('a yearly fee and a monthly meter keep their own periods', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { start: '2026-01-31T00:00:00Z' });
  const yearly = await stripe.prices.create({
    product: (await stripe.products.list()).data[0]?.id ?? '',
    currency: 'usd',
    unit_amount: 99_000,
    recurring: { interval: 'year' },
  });
  const mixed = await stripe.subscriptions.create({
    customer: plan.customer,
    items: [{ price: yearly.id }, { price: plan.usage }],
  });
  await stripe.subscriptions.cancel(plan.subscription);
  await use(stage, plan, 1_000_000, '2026-01-31T00:00:00Z');
  await advance(stage, plan.clock, '2026-02-28T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual([1000]);
  const { items } = await stripe.subscriptions.retrieve(mixed.id);
  expect(items.data.map((item) => item.current_period_end)).toEqual([
    seconds('2027-01-31T00:00:00Z'),
    seconds('2026-03-31T00:00:00Z'),
  ]);
});

test('a metered item takes no quantity', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  const items = [{ price: plan.usage, quantity: 2 }];
  await expect(stage.stripe.subscriptions.create({ customer: plan.customer, items })).rejects.toThrow(/metered/);
});

test('a preview of a change says what it would invoice, at once or with the next cycle, and changes nothing', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  const before = await stripe.subscriptions.retrieve(plan.subscription);
  const events = (await stripe.events.list({ limit: 100 })).data.length;
  const item = before.items.data.find(({ price }) => price.id === plan.base)?.id ?? '';
  const preview = async (behavior: 'always_invoice' | 'create_prorations' | 'none') => {
    const change = { items: [{ id: item, quantity: 2 }], proration_behavior: behavior };
    const found = await stripe.invoices.createPreview({
      subscription: plan.subscription,
      subscription_details: change,
    });
    return [found.total, ...found.lines.data.map(({ amount }) => amount)];
  };
  // $99.00 a seat: half of April's fee back for one, and half of it for two; two in May.
  expect(await preview('always_invoice')).toEqual([4_950, 9_900, -4_950]);
  expect(await preview('create_prorations')).toEqual([24_750, 9_900, -4_950, 0, 19_800]);
  expect(await preview('none')).toEqual([19_800, 0, 19_800]);
  expect(await stripe.subscriptions.retrieve(plan.subscription)).toEqual(before);
  expect((await stripe.invoiceItems.list({ customer: plan.customer })).data).toEqual([]);
  expect((await stripe.events.list({ limit: 100 })).data).toHaveLength(events);
});

test('a preview of the next invoice stores nothing', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  const preview = await stripe.invoices.createPreview({ subscription: plan.subscription });
  expect([preview.total, preview.id.startsWith('upcoming_in_')]).toEqual([10_900, true]);
  expect((await stripe.invoices.list({ customer: plan.customer })).data).toHaveLength(1);
});

test('a change of seats in a trial prorates nothing: what is free has no unused and no remaining time', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { trial_period_days: 10 } });
  await advance(stage, plan.clock, '2026-04-06T00:00:00Z');
  const { items } = await stripe.subscriptions.retrieve(plan.subscription);
  await stripe.subscriptions.update(plan.subscription, { items: [{ id: items.data[0]?.id ?? '', quantity: 3 }] });
  expect((await stripe.invoiceItems.list({ customer: plan.customer })).data).toEqual([]);
  await use(stage, plan, 5_000_000, '2026-04-06T00:00:00Z');
  await stripe.subscriptions.cancel(plan.subscription, { invoice_now: true, prorate: true });
  expect((await stripe.invoices.list({ customer: plan.customer })).data).toEqual([]);
});
