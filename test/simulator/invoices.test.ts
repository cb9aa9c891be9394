import { expect, test } from 'vitest';

import { advance, grant, openStage, seconds, subscribe, use } from './support.ts';

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
