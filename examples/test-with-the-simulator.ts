// Your own code against a Stripe that is not there: no key, no network, a month in a moment. With vitest, or any runner.
import { startSimulator } from 'creditpool/simulator';
import { Stripe } from 'stripe';
import { afterAll, expect, test } from 'vitest';

const simulator = await startSimulator();
const { host, port, secretKey } = simulator;
const stripe = new Stripe(secretKey, { host, port, protocol: 'http', telemetry: false });
afterAll(async () => simulator.close());

/** The code under test: sells a plan of $20 a month with usage at a cent. */
async function sell(customer: string): Promise<void> {
  const meter = await stripe.billing.meters.create({
    display_name: 'Requests',
    event_name: 'requests',
    default_aggregation: { formula: 'sum' },
  });
  const product = await stripe.products.create({ name: 'Pro' });
  const common = { product: product.id, currency: 'usd' };
  const fee = await stripe.prices.create({ ...common, unit_amount: 2000, recurring: { interval: 'month' } });
  const usage = await stripe.prices.create({
    ...common,
    unit_amount: 1,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  });
  await stripe.subscriptions.create({ customer, items: [{ price: fee.id }, { price: usage.id }] });
}

test('a month with 250 requests costs $22.50', async () => {
  await simulator.advanceTo(new Date('2030-04-01T00:00:00Z'));
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  await sell(customer.id);
  await stripe.billing.meterEvents.create({
    event_name: 'requests',
    payload: { stripe_customer_id: customer.id, value: '250' },
  });
  await simulator.advanceTo(new Date('2030-05-01T02:00:00Z'));
  const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
  expect([invoice?.status, invoice?.total]).toEqual(['paid', 2250]);
});

test('an error after the work was done: the same key does it once', async () => {
  simulator.faults.add({ match: { method: 'POST', path: 'customers', times: 1 }, kind: 'cut_after' });
  // The SDK tries again by itself, with the key of the first try.
  await stripe.customers.create({ name: 'Ada' });
  const made = await stripe.customers.list({ limit: 100 });
  expect(made.data.filter(({ name }) => name === 'Ada')).toHaveLength(1);
});
