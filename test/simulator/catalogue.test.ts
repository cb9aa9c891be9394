import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { openStage, subscribe, idOf } from './support.ts';

test('a decimal price has no whole amount; a whole one has both', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const product = await stripe.products.create({ name: 'Credits' });
  const price = async (amount: string) =>
    stripe.prices.create({ product: product.id, currency: 'USD', unit_amount_decimal: Stripe.Decimal.from(amount) });
  expect(await price('0.05')).toMatchObject({ unit_amount: null, currency: 'usd' });
  const whole = await price('500.000');
  expect([whole.unit_amount, whole.unit_amount_decimal?.toString()]).toEqual([500, '500']);
  await expect(stripe.prices.create({ product: product.id, currency: 'usd' })).rejects.toThrow(/unit_amount/);
});

test('a lookup key moves only when asked to', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const product = await stripe.products.create({ name: 'Credits' });
  const make = async (transfer: boolean) =>
    stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 1,
      lookup_key: 'k',
      transfer_lookup_key: transfer,
    });
  const first = await make(false);
  await expect(make(false)).rejects.toThrow(/already uses that lookup key/);
  const second = await make(true);
  const { data } = await stripe.prices.list({ lookup_keys: ['k'] });
  expect(data.map(({ id }) => id)).toEqual([second.id]);
  expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
});

test('metadata merges, loses emptied keys and can be cleared', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { id } = await stripe.products.create({ name: 'Credits', metadata: { a: '1', b: '2' } });
  expect((await stripe.products.update(id, { metadata: { b: '', c: '3' } })).metadata).toEqual({ a: '1', c: '3' });
  expect((await stripe.products.update(id, { metadata: '' })).metadata).toEqual({});
});

test('features of a running subscription are active entitlements', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const feature = await stripe.entitlements.features.create({ lookup_key: 'export', name: 'Export' });
  const { product } = await stripe.prices.retrieve(plan.base);
  await stripe.products.createFeature(idOf(product), { entitlement_feature: feature.id });
  const active = await stripe.entitlements.activeEntitlements.list({ customer: plan.customer });
  expect(active.data.map(({ lookup_key: key }) => key)).toEqual(['export']);
  await expect(stripe.entitlements.features.create({ lookup_key: 'export', name: 'Again' })).rejects.toThrow(
    /already a feature/,
  );
});

test('an alert speaks once for a customer', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const meter = await stripe.billing.meters.create({
    display_name: 'x',
    event_name: 'x',
    default_aggregation: { formula: 'sum' },
  });
  const customer = await stripe.customers.create();
  await stripe.billing.alerts.create({
    alert_type: 'usage_threshold',
    title: 'Much',
    usage_threshold: { meter: meter.id, gte: 10, recurrence: 'one_time' },
  });
  for (const value of ['9', '1', '5']) {
    await stripe.billing.meterEvents.create({ event_name: 'x', payload: { stripe_customer_id: customer.id, value } });
  }
  const { data } = await stripe.events.list({ type: 'billing.alert.triggered' });
  expect(data.map((event) => (event.type === 'billing.alert.triggered' ? event.data.object.value : undefined))).toEqual(
    [10],
  );
});

test('a price in a currency of three decimals is charged in tens only', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const draft = await stripe.invoices.create({ customer: customer.id, currency: 'kwd' });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 38_754, currency: 'kwd' });
  await expect(stripe.invoices.pay(draft.id)).rejects.toThrow(/nearest ten/);
});
