import { expect, test } from 'vitest';

import { advance, grant, openStage, seconds, subscribe, use, type Plan, type Stage, idOf } from './support.ts';

async function latest({ stripe }: Stage, plan: Plan) {
  const [invoice] = (await stripe.invoices.list({ customer: plan.customer })).data;
  if (invoice === undefined) throw new Error('no invoice');
  return invoice;
}

test('a usage line multiplies before it rounds', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  await grant(stage, plan, 10_000);
  await use(stage, plan, 18_797_662, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const invoice = await latest(stage, plan);
  const line = invoice.lines.data[0];
  expect([line?.amount, line?.quantity, line?.pricing?.unit_amount_decimal?.toString()]).toEqual([
    18_798,
    18_797_662,
    '0.001',
  ]);
  expect(invoice.total - 9900).toBe(8798);
});

test('grants pay by priority, sooner end, promotional, effect and creation', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const late = seconds('2027-01-01T00:00:00Z');
  const soon = seconds('2026-12-01T00:00:00Z');
  const never = await grant(stage, plan, 100, { name: 'never' });
  const paid = await grant(stage, plan, 100, { name: 'paid', expires_at: soon });
  const promo = await grant(stage, plan, 100, { name: 'promo', expires_at: soon, category: 'promotional' });
  const later = await grant(stage, plan, 100, { name: 'later', expires_at: late });
  const first = await grant(stage, plan, 100, { name: 'first', priority: 1 });
  await use(stage, plan, 450_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const invoice = await latest(stage, plan);
  const spent = await Promise.all(
    (invoice.total_pretax_credit_amounts ?? []).map(async ({ amount, credit_balance_transaction: id }) => {
      const transaction = await stripe.billing.creditBalanceTransactions.retrieve(idOf(id));
      return [transaction.credit_grant, amount];
    }),
  );
  expect(spent).toEqual([
    [first.id, 100],
    [promo.id, 100],
    [paid.id, 100],
    [later.id, 100],
    [never.id, 50],
  ]);
});

test('a grant that ends at the period end, or starts in the draft window, pays nothing of that period', async () => {
  await using stage = await openStage();
  const plan = await subscribe(stage);
  await grant(stage, plan, 5000, { expires_at: seconds('2026-05-01T00:00:00Z') });
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T00:20:00Z');
  await grant(stage, plan, 5000);
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const invoice = await latest(stage, plan);
  expect([invoice.total, invoice.total_pretax_credit_amounts]).toEqual([10_900, []]);
});

test('licensed lines and invoice items never take credits', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  await grant(stage, plan, 50_000);
  await use(stage, plan, 1_000_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T00:10:00Z');
  const draft = await latest(stage, plan);
  await stripe.invoiceItems.create({ customer: plan.customer, invoice: draft.id, amount: 700, currency: 'usd' });
  await stripe.invoiceItems.create({
    customer: plan.customer,
    invoice: draft.id,
    amount: -200,
    currency: 'usd',
    discountable: false,
  });
  const shown = await stripe.invoices.retrieve(draft.id);
  expect([shown.total, shown.total_pretax_credit_amounts?.[0]?.credit_balance_transaction]).toEqual([10_400, null]);
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const invoice = await latest(stage, plan);
  expect([invoice.subtotal, invoice.total]).toEqual([11_400, 10_400]);
});

test('a voided invoice gives its credits back, at once ended when their grant is over', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage, { subscription: { collection_method: 'send_invoice', days_until_due: 30 } });
  const alive = await grant(stage, plan, 500, { priority: 1 });
  const over = await grant(stage, plan, 500, { expires_at: seconds('2026-05-10T00:00:00Z') });
  await use(stage, plan, 800_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-20T00:00:00Z');
  const invoice = await latest(stage, plan);
  expect([invoice.status, invoice.total]).toEqual(['open', 9900]);
  await stripe.invoices.voidInvoice(invoice.id);
  const types = async (grantId: string) =>
    (await stripe.billing.creditBalanceTransactions.list({ customer: plan.customer, credit_grant: grantId })).data.map(
      ({ credit, debit }) => credit?.type ?? debit?.type,
    );
  expect(await types(alive.id)).toEqual(['credits_application_invoice_voided', 'credits_applied', 'credits_granted']);
  expect(await types(over.id)).toEqual([
    'credits_expired',
    'credits_application_invoice_voided',
    'credits_expired',
    'credits_applied',
    'credits_granted',
  ]);
});

test('the 101st unused grant is refused, and a used one cannot be voided', async () => {
  await using stage = await openStage({ switches: { creditGrantsMax: 3 } });
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const first = await grant(stage, plan, 100);
  await grant(stage, plan, 100);
  await grant(stage, plan, 100);
  await expect(grant(stage, plan, 100)).rejects.toThrow(/at most 3/);
  await stripe.billing.creditGrants.expire(first.id);
  const fourth = await grant(stage, plan, 100, { priority: 0 });
  await use(stage, plan, 50_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  await expect(stripe.billing.creditGrants.voidGrant(fourth.id)).rejects.toThrow(/applied/);
  const ended = await stripe.billing.creditGrants.expire(fourth.id);
  expect(ended.expires_at).toBe(seconds('2026-05-01T02:00:00Z'));
});

test('a pending grant takes effect in its time', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const pending = await grant(stage, plan, 100, { effective_at: seconds('2026-04-10T00:00:00Z') });
  const ledger = async () => {
    const { balances } = await stripe.billing.creditBalanceSummaries.retrieve({
      customer: plan.customer,
      filter: { type: 'credit_grant', credit_grant: pending.id },
    });
    return balances[0]?.ledger_balance.monetary?.value;
  };
  expect(await ledger()).toBe(0);
  await advance(stage, plan.clock, '2026-04-10T00:00:00Z');
  expect(await ledger()).toBe(100);
  await expect(grant(stage, plan, 1, { effective_at: seconds('2026-04-01T00:00:00Z') })).rejects.toThrow(/future/);
});
