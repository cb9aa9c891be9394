import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, openStage, subscribe, type Stage, idOf } from './support.ts';

async function paidPack(
  stage: Stage,
  card?: string,
): Promise<{ invoice: string; charge: Stripe.Charge; clock: string }> {
  const { stripe } = stage;
  const plan = await subscribe(stage);
  if (card !== undefined) {
    const { id } = await stripe.paymentMethods.attach(card, { customer: plan.customer });
    await stripe.customers.update(plan.customer, { invoice_settings: { default_payment_method: id } });
  }
  const draft = await stripe.invoices.create({ customer: plan.customer, auto_advance: true });
  await stripe.invoiceItems.create({ customer: plan.customer, invoice: draft.id, amount: 8000, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(draft.id);
  const [charge] = (await stripe.charges.list({ customer: plan.customer })).data;
  if (charge === undefined) throw new Error('nothing was charged');
  return { invoice: draft.id, charge, clock: plan.clock };
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
  expect(await command(stage, `/refunds/${refund.id}/fail`, {})).toMatchObject({
    error: { message: 'This refund is failed already.' },
  });
});

test('a refund that waits for its customer can be canceled, and no other', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { charge } = await paidPack(stage);
  const waiting = await stripe.refunds.create({
    charge: charge.id,
    amount: 3040,
    instructions_email: 'ada@example.com',
  });
  expect(waiting.status).toBe('requires_action');
  expect((await stripe.refunds.cancel(waiting.id)).status).toBe('canceled');
  expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(0);
  const made = await stripe.refunds.create({ charge: charge.id, amount: 100 });
  await expect(stripe.refunds.cancel(made.id)).rejects.toThrow('only one that requires action');
});

test('a refund to a card that takes its time is pending, then succeeded', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const slow = await paidPack(stage, 'pm_card_pendingRefund');
  const pending = await stripe.refunds.create({ charge: slow.charge.id });
  expect([pending.status, pending.pending_reason]).toEqual(['pending', 'processing']);
  await advance(stage, slow.clock, '2026-04-01T02:00:00Z');
  expect((await stripe.refunds.retrieve(pending.id)).status).toBe('succeeded');
  expect((await stripe.charges.retrieve(slow.charge.id)).amount_refunded).toBe(8000);
});

test('a refund to a closed card looks good first and comes back later', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { charge, clock } = await paidPack(stage, 'pm_card_refundFail');
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 3000 });
  expect(refund.status).toBe('succeeded');
  await advance(stage, clock, '2026-04-01T02:00:00Z');
  expect((await stripe.refunds.retrieve(refund.id)).failure_reason).toBe('expired_or_canceled_card');
  const { data } = await stripe.balanceTransactions.list({ source: refund.id });
  expect(data.map(({ type, amount }) => [type, amount])).toEqual([
    ['refund_failure', 3000],
    ['refund', -3000],
  ]);
});

test("a bank's inquiry moves no money until it is escalated, and can just end", async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { charge } = await paidPack(stage);
  const opened = (await command(stage, '/disputes', { charge: charge.id, inquiry: true })) as { id: string };
  const asked = await stripe.disputes.retrieve(opened.id);
  expect([asked.status, asked.balance_transactions, asked.is_charge_refundable]).toEqual([
    'warning_needs_response',
    [],
    true,
  ]);
  await command(stage, `/disputes/${opened.id}/escalate`, {});
  const taken = await stripe.disputes.retrieve(opened.id);
  expect([taken.status, taken.balance_transactions.map(({ amount }) => amount)]).toEqual(['needs_response', [-8000]]);
  await expect(stripe.refunds.create({ charge: charge.id })).rejects.toMatchObject({ code: 'charge_disputed' });
  await command(stage, `/disputes/${opened.id}/close`, { status: 'lost' });
  expect(await types(stage, 'charge.dispute.*')).toEqual([
    'charge.dispute.created',
    'charge.dispute.updated',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.closed',
  ]);
});

test('an inquiry that ends by itself is closed as a warning', async () => {
  await using stage = await openStage();
  const { charge, clock } = await paidPack(stage, 'pm_card_createDisputeInquiry');
  await advance(stage, clock, '2026-04-01T01:00:00Z');
  const [asked] = (await stage.stripe.disputes.list({ charge: charge.id })).data;
  await command(stage, `/disputes/${asked?.id ?? ''}/close`, {});
  expect((await stage.stripe.disputes.retrieve(asked?.id ?? '')).status).toBe('warning_closed');
});

test('evidence that names its verdict decides a dispute, and a fee may come back with it', async () => {
  await using stage = await openStage({ switches: { disputeFeeWhenWon: 'returned' } });
  const { stripe } = stage;
  const { charge, clock } = await paidPack(stage, 'pm_card_createDispute');
  await advance(stage, clock, '2026-04-01T01:00:00Z');
  const [dispute] = (await stripe.disputes.list({ charge: charge.id })).data;
  const won = await stripe.disputes.update(dispute?.id ?? '', { evidence: { uncategorized_text: 'winning_evidence' } });
  expect([won.status, won.evidence.uncategorized_text, won.balance_transactions.map(({ net }) => net)]).toEqual([
    'won',
    'winning_evidence',
    [-9500, 9500],
  ]);
  await expect(stripe.disputes.close(won.id)).rejects.toThrow('already closed');
  expect((await stripe.refunds.create({ charge: charge.id })).status).toBe('succeeded');
});

test('what Stripe keeps for a charge is on its balance transaction', async () => {
  await using stage = await openStage({ switches: { chargeFeeBasisPoints: 290, chargeFeeFixed: 30 } });
  const { charge } = await paidPack(stage);
  const transaction = await stage.stripe.balanceTransactions.retrieve(idOf(charge.balance_transaction));
  expect([transaction.amount, transaction.fee, transaction.net]).toEqual([8000, 262, 7738]);
});
