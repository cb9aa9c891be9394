import { expect, test } from 'vitest';

import { invoicesIn, type Known, learn, wrongSums } from '../support/invoice-sums.ts';
import { advance, grant, openStage, subscribe, use } from './support.ts';

test('an invoice with tax, a coupon, credits and usage adds up; each number that is wrong is found', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const known: Known = { unusual: new Set(), percentages: new Map() };
  const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 19, inclusive: false });
  learn(known, rate);
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
  const plan = await subscribe(stage, {
    subscription: { default_tax_rates: [rate.id], discounts: [{ coupon: coupon.id }] },
  });
  await grant(stage, plan, 500);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const { data } = await stripe.invoices.list({ customer: plan.customer, limit: 1 });
  const text = JSON.stringify(data[0]);
  const judge = (json: string) => invoicesIn(JSON.parse(json)).flatMap((invoice) => wrongSums(known, invoice));
  expect(judge(text)).toEqual([]);
  const { total, subtotal, amount_due: due } = data[0] ?? {};
  for (const [field, value] of Object.entries({ total, subtotal, amount_due: due })) {
    const wrong = text.replaceAll(`"${field}":${value}`, `"${field}":${Number(value) + 1}`);
    expect(judge(wrong).join()).toContain(`${field} is ${Number(value) + 1}`);
  }
  const [usage] = data[0]?.lines.data ?? [];
  expect(judge(text.replaceAll('"quantity_decimal":"1000000"', '"quantity_decimal":"1010000"')).join()).toContain(
    `${usage?.id} is 1000, not 1010000 × 0.001`,
  );
  known.percentages.set(rate.id, 20);
  expect(judge(text).join()).toContain(`tax of ${usage?.id}`);
});
