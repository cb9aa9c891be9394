import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { advance, grant, openStage, subscribe, use, type Plan, type Stage, idOf } from './support.ts';

/** A1's May invoice: base 99.00, usage 125.00 of which credits paid 100.00; total 124.00. */
async function mayInvoice(
  stage: Stage,
  collection: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<{ plan: Plan; invoice: Stripe.Invoice; usage: string; base: string }> {
  const plan = await subscribe(stage, { subscription: collection });
  await grant(stage, plan, 10_000);
  await use(stage, plan, 12_500_000, '2026-04-01T00:00:00Z');
  await advance(stage, plan.clock, '2026-05-01T02:00:00Z');
  const [invoice] = (await stage.stripe.invoices.list({ customer: plan.customer })).data;
  const [usage, base] = invoice?.lines.data ?? [];
  if (invoice === undefined || usage === undefined || base === undefined) throw new Error('no May invoice');
  return { plan, invoice, usage: usage.id, base: base.id };
}

const BY_INVOICE = { collection_method: 'send_invoice', days_until_due: 30 } as const;

test('a note on a usage line nets out the credits that paid it, and goes to the balance', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { plan, invoice, usage } = await mayInvoice(stage);
  const lines = [{ type: 'invoice_line_item', invoice_line_item: usage, amount: 5000 }] as const;
  const preview = await stripe.creditNotes.preview({ invoice: invoice.id, lines: [...lines] });
  expect([preview.subtotal, preview.total, preview.post_payment_amount]).toEqual([5000, 1000, 1000]);
  expect(preview.pretax_credit_amounts).toMatchObject([{ amount: 4000, type: 'credit_balance_transaction' }]);

  const note = await stripe.creditNotes.create({ invoice: invoice.id, lines: [...lines], credit_amount: 1000 });
  expect([note.type, note.number]).toEqual(['post_payment', `${invoice.number}-CN-01`]);
  const customer = await stripe.customers.retrieve(plan.customer);
  expect(customer).toMatchObject({ balance: -1000 });
  const balance = await stripe.customers.retrieveBalanceTransaction(
    plan.customer,
    idOf(note.customer_balance_transaction),
  );
  expect(balance).toMatchObject({ type: 'credit_note', amount: -1000, credit_note: note.id, ending_balance: -1000 });
  expect((await stripe.invoices.retrieve(invoice.id)).post_payment_credit_notes_amount).toBe(1000);

  await advance(stage, plan.clock, '2026-06-01T02:00:00Z');
  const [june] = (await stripe.invoices.list({ customer: plan.customer })).data;
  expect([june?.total, june?.starting_balance, june?.ending_balance, june?.amount_due, june?.amount_paid]).toEqual([
    9900, -1000, 0, 8900, 8900,
  ]);
});

test.for([
  ['pro_rata', 12_500, 2500],
  ['gross', 2500, 2500],
] as const)(
  'with %s shares no more than 25.00 is creditable on the usage line',
  async ([creditNoteShare, most, worth]) => {
    await using stage = await openStage({ switches: { creditNoteShare } });
    const { stripe } = stage;
    const { invoice, usage } = await mayInvoice(stage);
    const ask = async (amount: number) =>
      stripe.creditNotes.preview({
        invoice: invoice.id,
        lines: [{ type: 'invoice_line_item', invoice_line_item: usage, amount }],
      });
    expect((await ask(most)).total).toBe(worth);
    await expect(ask(most + 1)).rejects.toThrow(/exceeds its creditable amount of 2500/);
  },
);

test('a note before payment lowers what is due, and one for all of it pays the invoice', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { invoice, base } = await mayInvoice(stage, BY_INVOICE);
  const note = await stripe.creditNotes.create({
    invoice: invoice.id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: base, amount: 2400 }],
  });
  expect([note.type, note.pre_payment_amount]).toEqual(['pre_payment', 2400]);
  const open = await stripe.invoices.retrieve(invoice.id);
  expect([open.amount_due, open.amount_remaining, open.pre_payment_credit_notes_amount, open.total]).toEqual([
    10_000, 10_000, 2400, 12_400,
  ]);
  await stripe.creditNotes.voidCreditNote(note.id);
  expect((await stripe.invoices.retrieve(invoice.id)).amount_due).toBe(12_400);
  await stripe.creditNotes.create({ invoice: invoice.id, amount: 12_400 });
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_paid: 0, amount_due: 0 });
});

test('a note with a refund gives money back on the payment', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { invoice, base } = await mayInvoice(stage);
  const note = await stripe.creditNotes.create({
    invoice: invoice.id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: base, amount: 9900 }],
    refund_amount: 9000,
    out_of_band_amount: 900,
  });
  const refund = await stripe.refunds.retrieve(idOf(note.refunds[0]?.refund));
  expect([refund.amount, refund.status]).toEqual([9000, 'succeeded']);
  const charge = await stripe.charges.retrieve(idOf(refund.charge));
  expect([charge.amount, charge.amount_refunded, charge.refunded]).toEqual([12_400, 9000, false]);
  await expect(stripe.refunds.create({ charge: charge.id, amount: 3401 })).rejects.toThrow(
    /greater than unrefunded amount/,
  );
});

test('what does not add up is refused and changes nothing', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { plan, invoice, usage, base } = await mayInvoice(stage);
  const create = async (parameters: Omit<Stripe.CreditNoteCreateParams, 'invoice'>) =>
    stripe.creditNotes.create({ invoice: invoice.id, ...parameters });
  const line = (id: string, amount: number) => [{ type: 'invoice_line_item' as const, invoice_line_item: id, amount }];
  await expect(create({})).rejects.toThrow(/must be provided/);
  await expect(create({ amount: 12_401, credit_amount: 12_401 })).rejects.toThrow(/can still be credited/);
  await expect(create({ lines: line(base, 1000) })).rejects.toThrow(/must equal/);
  await expect(create({ lines: line(base, 1000), credit_amount: 900 })).rejects.toThrow(/must equal/);
  await expect(create({ amount: 900, lines: line(base, 1000), credit_amount: 1000 })).rejects.toThrow(/does not match/);
  await expect(create({ lines: line('il_none', 10), credit_amount: 10 })).rejects.toThrow(/No such invoice line/);
  await expect(create({ lines: [...line(usage, 10), ...line(usage, 10)], credit_amount: 20 })).rejects.toThrow(
    /only be credited once/,
  );
  await expect(create({ lines: line(usage, -10), credit_amount: 10 })).rejects.toThrow(/sign/);
  await expect(create({ amount: 12_400, refund_amount: 12_500 })).rejects.toThrow(/must equal/);
  expect((await stripe.creditNotes.list({ invoice: invoice.id })).data).toEqual([]);
  expect(await stripe.customers.retrieve(plan.customer)).toMatchObject({ balance: 0 });

  await advance(stage, plan.clock, '2026-06-01T00:10:00Z');
  const [draft] = (await stripe.invoices.list({ customer: plan.customer, status: 'draft' })).data;
  await expect(stripe.creditNotes.create({ invoice: draft?.id ?? '', amount: 10 })).rejects.toThrow(/open or paid/);
});

test('a void invoice takes no note', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { invoice } = await mayInvoice(stage, BY_INVOICE);
  await stripe.invoices.voidInvoice(invoice.id);
  await expect(stripe.creditNotes.create({ invoice: invoice.id, amount: 10 })).rejects.toThrow(/This invoice is void/);
});

test('exclusive tax is credited in proportion', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 19, inclusive: false });
  const { invoice, base } = await mayInvoice(stage, { default_tax_rates: [rate.id] });
  // Credits lower the taxable base: 99.00 + 25.00 net, 19 % on top.
  expect([invoice.total_excluding_tax, invoice.total]).toEqual([12_400, 12_400 + 1881 + 475]);
  const preview = await stripe.creditNotes.preview({
    invoice: invoice.id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: base, amount: 4950 }],
  });
  expect([preview.subtotal, preview.total, preview.total_taxes?.[0]?.amount]).toEqual([4950, 4950 + 941, 941]);
});

test('a refund made before can be tied to a note, once, and preview lines say what the note will', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { invoice, base } = await mayInvoice(stage);
  const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: base, amount: 900 }];
  const previewed = await stripe.creditNotes.listPreviewLineItems({ invoice: invoice.id, lines });
  expect(previewed.data.map(({ amount, invoice_line_item: line }) => [amount, line])).toEqual([[900, base]]);
  const [charge] = (await stripe.charges.list()).data;
  const refund = await stripe.refunds.create({ charge: charge?.id ?? '', amount: 900 });
  const tied = { invoice: invoice.id, lines, refunds: [{ refund: refund.id }] };
  const note = await stripe.creditNotes.create(tied);
  expect([note.type, note.refunds.map(({ amount_refunded: amount }) => amount)]).toEqual(['post_payment', [900]]);
  await expect(stripe.creditNotes.create(tied)).rejects.toThrow('already fully attached');
});

test('an invoice is sent, with an event that says so', async () => {
  await using stage = await openStage();
  const { stripe } = stage;
  const { invoice } = await mayInvoice(stage, BY_INVOICE);
  expect((await stripe.invoices.sendInvoice(invoice.id)).status).toBe('open');
  expect((await stripe.events.list({ type: 'invoice.sent' })).data.length).toBeGreaterThan(0);
});
