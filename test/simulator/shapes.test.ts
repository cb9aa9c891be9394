import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { advance, grant, openStage, subscribe, use, type Stage } from './support.ts';

const FIXTURES = fileURLToPath(new URL('../../../shared/data/stripe-fixtures3.json', import.meta.url));

/** Optional in the SDK's types and without use here, only there when expanded, or gone since the fixtures. */
const ABSENT = new Set([
  'charge.refunds',
  'invoice.subscription',
  'payment_intent.amount_details',
  'payment_intent.transfer_data',
  'refund.destination_details',
]);

async function busyStage(): Promise<Stage> {
  const stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await grant(stage, plan, 500);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  await stripe.creditNotes.create({ invoice: invoice?.id ?? '', amount: 100, refund_amount: 100 });
  await stripe.invoiceItems.create({ customer: plan.customer, amount: 100, currency: 'usd' });
  await stripe.customers.createBalanceTransaction(plan.customer, { amount: -1, currency: 'usd' });
  await stripe.taxRates.create({ display_name: 'VAT', percentage: 19, inclusive: false });
  await stripe.coupons.create({ percent_off: 10 });
  await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/', enabled_events: ['customer.deleted'] });
  return stage;
}

const KINDS = {
  charge: 'charges',
  coupon: 'coupons',
  credit_note: 'credit_notes',
  customer: 'customers',
  customer_balance_transaction: 'customer_balance_transactions',
  balance_transaction: 'balance_transactions',
  'billing.credit_balance_transaction': 'credit_balance_transactions',
  'billing.credit_grant': 'credit_grants',
  'billing.meter': 'meters',
  event: 'events',
  invoice: 'invoices',
  invoice_payment: 'invoice_payments',
  invoiceitem: 'invoice_items',
  payment_intent: 'payment_intents',
  payment_method: 'payment_methods',
  price: 'prices',
  product: 'products',
  refund: 'refunds',
  subscription: 'subscriptions',
  tax_rate: 'tax_rates',
  'test_helpers.test_clock': 'test_clocks',
  webhook_endpoint: 'webhook_endpoints',
} as const;

test.runIf(existsSync(FIXTURES))("objects have the fields of Stripe's public fixtures", async () => {
  await using stage = await busyStage();
  const { resources } = JSON.parse(readFileSync(FIXTURES, 'utf8')) as { resources: Record<string, object> };
  const missing: string[] = [];
  for (const [type, kind] of Object.entries(KINDS)) {
    const [object] = (await (await fetch(`${stage.simulator.url}/_simulator/objects/${kind}`)).json()) as object[];
    if (object === undefined) missing.push(kind);
    const present = new Set(Object.keys(object ?? {}));
    const lacks = Object.keys(resources[type] ?? {}).filter(
      (key) => !present.has(key) && !ABSENT.has(`${type}.${key}`),
    );
    missing.push(...lacks.map((key) => `${type}.${key}`));
  }
  expect(missing).toEqual([]);
});
