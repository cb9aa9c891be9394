import { expect, test } from 'vitest';

import { decodeForm } from '../../src/simulator/form.ts';
import { invoicesIn, judgedInvoice, learn, nothingKnown } from '../support/invoice-sums.ts';
import { advance, grant, idOf, openStage, subscribe, use } from './support.ts';

test('an invoice with tax, a coupon, credits and usage adds up; each number that is wrong is found', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const known = nothingKnown();
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
  const judge = (json: string) =>
    invoicesIn(JSON.parse(json)).flatMap((invoice) => judgedInvoice(known, invoice).problems);
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

/** The parameters of a call as they cross the wire. */
const form = (text: string) => decodeForm(text);

test('packages, tiers, unused time, percentages and a second page of lines are worked out; what is wrong is found', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const known = nothingKnown();
  const plan = await subscribe(stage);
  const { product } = await stripe.prices.retrieve(plan.base);
  const made = { product: idOf(product), currency: 'usd', recurring: { interval: 'month' } } as const;
  const packages = await stripe.prices.create({
    ...made,
    unit_amount: 700,
    transform_quantity: { divide_by: 10, round: 'up' },
  });
  learn(known, packages);
  const graduated = await stripe.prices.create({
    ...made,
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 10, unit_amount: 100, flat_amount: 500 },
      { up_to: 'inf', unit_amount: 50 },
    ],
  });
  const tiers = 'tiers[0][up_to]=10&tiers[0][unit_amount]=100&tiers[0][flat_amount]=500';
  learn(known, graduated, form(`${tiers}&tiers[1][up_to]=inf&tiers[1][unit_amount]=50`));
  const coupon = await stripe.coupons.create({ percent_off: 15, duration: 'forever' });
  learn(known, coupon);
  const extras = Array.from({ length: 9 }, () => ({ customer: plan.customer, amount: 10, currency: 'usd' }));
  for (const extra of extras) await stripe.invoiceItems.create(extra);
  await advance(stage, plan.clock, '2026-04-16T00:00:00Z');
  const before = await stripe.subscriptions.retrieve(plan.subscription);
  learn(known, before);
  const items = [
    { id: before.items.data[0]?.id ?? '', quantity: 3 },
    { price: packages.id, quantity: 25 },
    { price: graduated.id, quantity: 25 },
  ];
  const after = await stripe.subscriptions.update(plan.subscription, { items, discounts: [{ coupon: coupon.id }] });
  learn(known, after, form(`discounts[0][coupon]=${coupon.id}`));
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer, limit: 1 })).data;
  const text = JSON.stringify(invoice);
  const [parsed] = invoicesIn(JSON.parse(text));
  if (parsed === undefined) throw new Error('no invoice');
  expect(judgedInvoice(known, parsed).skipped).toBe('its further lines were never asked for');
  const lines = await stripe.invoices.listLineItems(invoice?.id ?? '', { limit: 100 });
  const page = JSON.stringify({ ...lines, object: 'list' });
  const judge = (json: string) => {
    for (const pages of known.pages.values()) pages.complete = false;
    learn(known, JSON.parse(json));
    return judgedInvoice(known, parsed);
  };
  expect(lines.data.length).toBeGreaterThan(14);
  expect(judge(page)).toEqual({ problems: [], skipped: null });
  // 25 in packages of 10 are 3; half a month of two more seats; the second tier; 15 % of the fee for three.
  for (const [was, is, problem] of [
    ['"amount":2100,', '"amount":1750,', 'is 1750, not 25 × 700'],
    ['"amount":-4950,', '"amount":-4949,', 'is -4949, not 1 × 9900'],
    ['"amount":750,', '"amount":1250,', 'is 1250, not 15 × 50'],
    ['"amount":4455,', '"amount":4454,', 'is 4454 off 29700, not 15 %'],
  ] as const) {
    expect(page).toContain(was);
    expect(judge(page.replaceAll(was, is)).problems.join()).toContain(problem);
  }
});
