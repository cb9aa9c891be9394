import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, grant, openStage, seconds, subscribe, use, idOf } from './support.ts';

test('two cycles of a hybrid plan come out to the cent', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const first = (await stripe.invoices.list({ customer: plan.customer })).data[0];
  expect([first?.status, first?.total, first?.billing_reason]).toEqual(['paid', 9900, 'subscription_create']);

  const far = '2026-09-01T00:00:00Z';
  await grant(stage, plan, 10_000, { expires_at: seconds(far) });
  await use(stage, plan, 12_500_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  expect(draft?.status_transitions.finalized_at).toBeNull();
  await grant(stage, plan, 10_000, { expires_at: seconds(far), effective_at: seconds('2026-05-01T00:00:01Z') });
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');

  const may = await stripe.invoices.retrieve(draft?.id ?? '');
  expect([may.status, may.subtotal, may.total, may.amount_paid]).toEqual(['paid', 22_400, 12_400, 12_400]);
  expect(may.lines.data.map((line) => line.amount)).toEqual([12_500, 9900]);
  expect(may.total_pretax_credit_amounts).toMatchObject([{ amount: 10_000, type: 'credit_balance_transaction' }]);

  await use(stage, plan, 9_000_000, '2026-05-01T01:30:00Z');
  await advance(stage, plan.clock, '2026-06-01T02:00:00Z');
  const [june] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect([june?.status, june?.total, june?.subtotal]).toEqual(['paid', 9900, 18_900]);
  const balance = await stripe.billing.creditBalanceSummaries.retrieve({
    customer: plan.customer,
    filter: { type: 'applicability_scope', applicability_scope: { price_type: 'metered' } },
  });
  expect(balance.balances[0]?.ledger_balance.monetary?.value).toBe(1000);
});

test('a one-off invoice takes its items, is charged and can be refunded', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const draft = await stripe.invoices.create({ customer: plan.customer, currency: 'usd', metadata: { pack: 'p1' } });
  await stripe.invoiceItems.create({
    customer: plan.customer,
    invoice: draft.id,
    amount: 8000,
    currency: 'usd',
    description: 'Pack',
  });
  const open = await stripe.invoices.finalizeInvoice(draft.id);
  expect([open.status, open.amount_due, open.auto_advance]).toEqual(['open', 8000, false]);
  const paid = await stripe.invoices.pay(draft.id);
  expect([paid.status, paid.amount_paid, paid.amount_remaining]).toEqual(['paid', 8000, 0]);
  await expect(stripe.invoices.pay(draft.id)).rejects.toThrow(/already paid/);
  const { data: payments } = await stripe.invoicePayments.list({ invoice: draft.id });
  const intent = idOf(payments[0]?.payment.payment_intent);
  const refund = await stripe.refunds.create({ payment_intent: intent });
  expect([refund.amount, refund.status]).toEqual([8000, 'succeeded']);
  await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
    code: 'charge_already_refunded',
  });
  expect((await stripe.invoices.retrieve(draft.id)).status).toBe('paid');
});

test('an invoice paid elsewhere, one marked uncollectible, one deleted', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const make = async () => {
    const draft = await stripe.invoices.create({
      customer: plan.customer,
      collection_method: 'send_invoice',
      days_until_due: 10,
    });
    await stripe.invoiceItems.create({ customer: plan.customer, invoice: draft.id, amount: 500, currency: 'usd' });
    return draft.id;
  };
  const elsewhere = await make();
  await stripe.invoices.finalizeInvoice(elsewhere);
  expect(await stripe.invoices.pay(elsewhere, { paid_out_of_band: true })).toMatchObject({
    status: 'paid',
    amount_paid: 500,
    amount_paid_off_stripe: 500,
  });
  const bad = await make();
  await stripe.invoices.finalizeInvoice(bad);
  expect((await stripe.invoices.markUncollectible(bad)).status).toBe('uncollectible');
  await expect(stripe.invoices.del(bad)).rejects.toThrow(/draft/);
  const unwanted = await make();
  expect((await stripe.invoices.del(unwanted)).deleted).toBe(true);
  await expect(stripe.invoices.retrieve(unwanted)).rejects.toThrow(/No such invoice/);
});

test('the customer balance lowers what is due; a debt too small to charge moves onto it', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  await stripe.customers.createBalanceTransaction(customer.id, { amount: -970, currency: 'usd' });
  const invoiceOver = async (amount: number) => {
    const draft = await stripe.invoices.create({ customer: customer.id, currency: 'usd', auto_advance: true });
    await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount, currency: 'usd' });
    return stripe.invoices.finalizeInvoice(draft.id);
  };
  expect(await invoiceOver(1000)).toMatchObject({
    status: 'paid',
    amount_due: 0,
    starting_balance: -970,
    ending_balance: 30,
  });
  expect(await invoiceOver(1000)).toMatchObject({
    status: 'paid',
    amount_due: 1030,
    starting_balance: 30,
    ending_balance: 0,
    amount_paid: 1030,
  });
  const types = (await stripe.customers.listBalanceTransactions(customer.id)).data.map(({ type, amount }) => [
    type,
    amount,
  ]);
  expect(types).toEqual([
    ['applied_to_invoice', -30],
    ['invoice_too_small', 1000],
    ['adjustment', -970],
  ]);
});

test('an answer carries the first ten lines, the listing has all', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const draft = await stripe.invoices.create({ customer: plan.customer });
  for (let index = 1; index <= 12; index += 1) {
    await stripe.invoiceItems.create({ customer: plan.customer, invoice: draft.id, amount: index, currency: 'usd' });
  }
  const shown = await stripe.invoices.retrieve(draft.id);
  expect([shown.lines.data.length, shown.lines.has_more, shown.total]).toEqual([10, true, 78]);
  expect((await stripe.invoices.listLineItems(draft.id, { limit: 100 })).data).toHaveLength(12);
});

test('a coupon comes before the credits, and stays with who has it when it is deleted', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: 'forever' });
  const plan = await subscribe(stage, { subscription: { discounts: [{ coupon: coupon.id }] } });
  await stripe.coupons.del(coupon.id);
  await expect(stripe.coupons.retrieve(coupon.id)).rejects.toMatchObject({ code: 'resource_missing' });
  await grant(stage, plan, 10_000);
  await use(stage, plan, 12_500_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect([invoice?.subtotal, invoice?.total, invoice?.total_discount_amounts?.[0]?.amount]).toEqual([
    22_400, 7920, 4480,
  ]);
});

test('two payments can settle an invoice, and what is too much goes to the balance', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const draft = await stripe.invoices.create({
    customer: plan.customer,
    collection_method: 'send_invoice',
    days_until_due: 10,
  });
  await stripe.invoiceItems.create({
    customer: plan.customer,
    invoice: draft.id,
    quantity_decimal: Stripe.Decimal.from('2.5'),
    unit_amount_decimal: Stripe.Decimal.from('2000'),
    currency: 'usd',
  });
  const { lines } = await stripe.invoices.finalizeInvoice(draft.id);
  expect(lines.data.map(({ amount, quantity_decimal: quantity }) => [amount, String(quantity)])).toEqual([
    [5000, '2.5'],
  ]);
  const payOf = async (amount: number) =>
    stripe.paymentIntents.create({
      amount,
      currency: 'usd',
      customer: plan.customer,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
  const part = await stripe.invoices.attachPayment(draft.id, { payment_intent: (await payOf(2000)).id });
  expect([part.status, part.amount_paid, part.amount_remaining]).toEqual(['open', 2000, 3000]);
  const rest = await stripe.invoices.attachPayment(draft.id, { payment_intent: (await payOf(3500)).id });
  expect([rest.status, rest.amount_paid, rest.amount_remaining, rest.amount_overpaid]).toEqual(['paid', 5000, 0, 500]);
  expect(await stripe.customers.retrieve(plan.customer)).toMatchObject({ balance: -500 });
  const { data } = await stripe.invoicePayments.list({ invoice: draft.id });
  expect(data.map(({ status, amount_paid: amount }) => [status, amount])).toEqual([
    ['paid', 3500],
    ['paid', 2000],
    ['canceled', null],
  ]);
});

test('a line has its item’s own tax rates in place of the default ones, on top or in the price; an archived rate goes nowhere new', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const rate = async (percentage: number, inclusive = false) =>
    (await stripe.taxRates.create({ display_name: 'VAT', percentage, inclusive })).id;
  const [vat, gst, within, old] = [await rate(20), await rate(5), await rate(20, true), await rate(7)];
  await stripe.taxRates.update(old, { active: false });
  const plan = await subscribe(stage, { fee: 1_000, subscription: { default_tax_rates: [gst] } });
  const { data: items } = await stripe.subscriptionItems.list({ subscription: plan.subscription });
  const metered = items.find(({ price }) => price.id === plan.usage)?.id ?? '';
  await stripe.subscriptionItems.update(metered, { tax_rates: [vat, gst] });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T00:00:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  const ofDraft = { customer: plan.customer, currency: 'usd', invoice: draft?.id ?? '' };
  await stripe.invoiceItems.create({ ...ofDraft, amount: -300 });
  await stripe.invoiceItems.create({ ...ofDraft, amount: -120, tax_rates: [within] });
  await stripe.invoiceItems.create({ ...ofDraft, amount: -100, tax_rates: [vat] });
  await expect(stripe.invoiceItems.create({ ...ofDraft, amount: -1, tax_rates: [old] })).rejects.toThrow('inactive');
  const { lines, total, total_excluding_tax: net } = await stripe.invoices.retrieve(draft?.id ?? '');
  const taxed = lines.data.map(({ amount, taxes }) => [amount, ...(taxes ?? []).map((tax) => tax.amount)]);
  expect(taxed.toSorted(([a = 0], [b = 0]) => b - a)).toEqual([
    [1_000, 200, 50],
    [1_000, 50],
    [-100, -20],
    [-120, -20],
    [-300, -15],
  ]);
  expect([net, total]).toEqual([1_500, 1_745]);
});
