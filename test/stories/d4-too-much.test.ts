import { expect, test } from 'vitest';

import { pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 1_000 };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, packs: [pack] } });
let keys = 0;
let customerName = '';

interface Asked {
  readonly invoice: unknown;
  readonly amount_minor?: number;
  readonly lines?: readonly object[];
  readonly settle_as?: string;
}

/** Asked for as a credit note and as a case: the same sentence. */
async function refused(asked: Asked): Promise<{ status: number; code: unknown; message: string }> {
  keys += 1;
  const body = { settle_as: 'customer_balance', reason: 'billing_error', ticket: 'SUP-4', ...asked };
  const { status, body: answer } = await story.call('POST', '/v1/credit_notes', body, `note-${keys}`);
  const error = answer['error'] as unknown as { code: string; message: string } | undefined;
  if (error === undefined) throw new Error(`not refused: ${JSON.stringify(answer)}`);
  const { invoice, ...money } = asked;
  const outcome = { type: 'credit_note', settle_as: 'customer_balance', ...money };
  const customer = customerName;
  const opened = { customer, kind: 'billing_error', ticket: 'SUP-4', invoice, outcome, submit: true };
  const { body: again } = await story.call('POST', '/v1/cases', opened, `case-${keys}`);
  expect(again['error']).toMatchObject({ code: error.code });
  return { status, ...error };
}

test(
  'D4 Too much: what cannot be credited is refused with a sentence, and nothing changes',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    customerName = customer.stripeCustomer;
    const { stripe } = story;
    const bought = await customer.buyPack('pack-1k');
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_500);
    // The pack's 1 000 credits are spent.
    const spent = await refused({ invoice: bought, amount_minor: 100, settle_as: 'refund' });
    expect(spent).toMatchObject({ status: 422, code: 'not_creditable' });
    await story.until('2026-05-01T00:10:00Z');
    const [draft] = (await stripe.invoices.list({ customer: customer.stripeCustomer, status: 'draft' })).data;
    expect(await refused({ invoice: draft?.id, amount_minor: 100 })).toMatchObject({
      status: 422,
      code: 'not_creditable',
    });

    await story.until('2026-05-02T00:00:00Z');
    const invoice = await customer.cycleInvoice();
    const id = invoice['id'];
    const lines = invoice['lines'] as unknown as readonly { id: string; kind: string }[];
    const usage = lines.find(({ kind }) => kind === 'usage')?.id;
    // $15.00 of the usage was paid with money, $114.00 of the invoice.
    const overLine = await refused({ invoice: id, lines: [{ line: usage, amount_minor: 1_501 }] });
    expect(overLine).toMatchObject({
      status: 422,
      code: 'not_creditable',
      message: expect.stringContaining('1500') as string,
    });
    expect(await refused({ invoice: id, amount_minor: 11_401 })).toMatchObject({ status: 422, code: 'not_creditable' });
    const both = { invoice: id, amount_minor: 100, lines: [{ line: usage, amount_minor: 200 }] };
    expect(await refused(both)).toMatchObject({ status: 400, code: 'invalid_request' });
    // It is paid: nothing is due that could be reduced.
    const due = await refused({ invoice: id, amount_minor: 100, settle_as: 'reduce_due' });
    expect(due).toMatchObject({ status: 422, code: 'settlement_mismatch' });

    const bill = await stripe.invoices.create({ customer: customer.stripeCustomer, auto_advance: false });
    await stripe.invoiceItems.create({
      customer: customer.stripeCustomer,
      invoice: bill.id,
      amount: 500,
      currency: 'usd',
    });
    await stripe.invoices.finalizeInvoice(bill.id);
    await stripe.invoices.voidInvoice(bill.id);
    await story.clock.settle();
    expect(await refused({ invoice: bill.id, amount_minor: 100 })).toMatchObject({
      status: 422,
      code: 'not_creditable',
    });

    // Somebody else's invoice is none of this customer's, whatever is left on it.
    const other = await story.subscriber();
    const { data: foreign } = await stripe.invoices.list({ customer: other.stripeCustomer, limit: 1 });
    const stolen = { kind: 'billing_error', ticket: 'SUP-4', invoice: foreign[0]?.id, submit: true };
    const outcome = { type: 'credit_note', amount_minor: 100, settle_as: 'refund' };
    const theft = { ...stolen, customer: customer.stripeCustomer, outcome };
    expect((await story.call('POST', '/v1/cases', theft, 'theft')).body['error']).toMatchObject({
      code: 'unknown_invoice',
    });

    // What cannot be done leaves nothing behind, on either side.
    expect((await story.call('GET', '/v1/cases')).body).toMatchObject({ data: [] });
    expect((await stripe.creditNotes.list({ customer: customer.stripeCustomer })).data).toEqual([]);
    await expectBooks(story, customer, {
      invoice: '114',
      credits_applied: '110',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);
