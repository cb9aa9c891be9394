import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { openStage, subscribe, type Stage, idOf } from './support.ts';

async function paidPack(stage: Stage): Promise<{ invoice: string; charge: Stripe.Charge }> {
  const { stripe } = stage;
  const plan = await subscribe(stage);
  const draft = await stripe.invoices.create({ customer: plan.customer, auto_advance: true });
  await stripe.invoiceItems.create({ customer: plan.customer, invoice: draft.id, amount: 8000, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(draft.id);
  const [charge] = (await stripe.charges.list({ customer: plan.customer })).data;
  if (charge === undefined) throw new Error('nothing was charged');
  return { invoice: draft.id, charge };
}

async function command(stage: Stage, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${stage.simulator.url}/_simulator${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return response.json();
}

async function types({ stripe }: Stage, pattern: string): Promise<string[]> {
  return (await stripe.events.list({ type: pattern })).data.map(({ type }) => type).toReversed();
}

test('a dispute withdraws the money and a fee; won, it brings the money back', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { invoice, charge } = await paidPack(stage);
  const opened = (await command(stage, '/disputes', { invoice })) as { id: string };
  const dispute = await stripe.disputes.retrieve(opened.id);
  expect([dispute.charge, dispute.amount, dispute.status, dispute.balance_transactions[0]?.net]).toEqual([
    charge.id,
    8000,
    'needs_response',
    -9500,
  ]);
  await command(stage, `/disputes/${dispute.id}/close`, { status: 'won' });
  const won = await stripe.disputes.retrieve(dispute.id);
  expect([won.status, won.balance_transactions.map(({ net }) => net)]).toEqual(['won', [-9500, 8000]]);
  expect((await stripe.invoices.retrieve(invoice)).status).toBe('paid');
  expect(await types(stage, 'charge.dispute.*')).toEqual([
    'charge.dispute.created',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.closed',
    'charge.dispute.funds_reinstated',
  ]);
});

test('a dispute can be given up', async () => {
  await using stage = await openStage();
  const { charge } = await paidPack(stage);
  const opened = (await command(stage, '/disputes', { charge: charge.id, amount: 500 })) as { id: string };
  expect(await stage.stripe.disputes.close(opened.id)).toMatchObject({ status: 'lost', amount: 500 });
});

test('a refund that fails later gives the charge back its refundable rest', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { charge } = await paidPack(stage);
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 3040 });
  await command(stage, `/refunds/${refund.id}/fail`, { reason: 'expired_or_canceled_card' });
  expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
  });
  expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(0);
  expect(await types(stage, 'refund.*')).toEqual(['refund.created', 'refund.updated', 'refund.failed']);
});

test('what Stripe keeps for a charge is on its balance transaction', async () => {
  await using stage = await openStage({ switches: { chargeFeeBasisPoints: 290, chargeFeeFixed: 30 } });
  const { charge } = await paidPack(stage);
  const transaction = await stage.stripe.balanceTransactions.retrieve(idOf(charge.balance_transaction));
  expect([transaction.amount, transaction.fee, transaction.net]).toEqual([8000, 262, 7738]);
});
