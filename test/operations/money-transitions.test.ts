import { describe, expect, test } from 'vitest';

import { issueCreditNote } from '../../src/operations/issue-credit-note.ts';
import { mirrorInvoice } from '../../src/operations/mirror-invoice.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { listPackVersions } from '../../src/storage/plans.ts';
import { query } from '../../src/storage/query.ts';
import { endApril } from '../support/april.ts';
import { planWith } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox, type SignedUp } from '../support/inbox.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const stage = await openInbox(database, {
  plans: [
    planWith('hybrid', {}),
    planWith('packs', { zeroBalance: 'block' }, { baseAmountMinor: 0, includedCredits: '0', pricePerCredit: '0.008' }),
  ],
});
const { deps } = stage;
const { stripe } = deps;

/** A1 by `send_invoice`, April used and its invoice open. */
async function openCycle(calls = 12_500): Promise<{ customer: SignedUp; invoiceId: string }> {
  await stage.restart();
  const customer = await stage.signUp({ collect: 'send_invoice' });
  const { data } = await stripe.invoices.list({ subscription: customer.subscriptionId });
  for (const { id, status } of data) {
    if (status === 'draft') await stripe.invoices.finalizeInvoice(id);
    await stripe.invoices.pay(id);
  }
  await stage.apply();
  await stage.drain();
  await stage.advance(customer, '2026-04-20T12:00:00Z');
  await stage.use(customer, calls, '2026-04-20T12:00:00Z');
  return { customer, invoiceId: await endApril(stage, customer) };
}

async function booksOf(customer: SignedUp) {
  await stage.apply();
  const books = await stage.money(await stage.keyOf(customer));
  await expectSoundBooks(database);
  return books;
}

async function buyPack(customer: SignedUp): Promise<string> {
  const [pack] = await listPackVersions(database);
  const invoice = await stripe.invoices.create({ customer: customer.stripeCustomerId, auto_advance: false });
  await stripe.invoiceItems.create({
    customer: customer.stripeCustomerId,
    invoice: invoice.id,
    pricing: { price: pack?.stripePriceId ?? '' },
  });
  await stripe.invoices.finalizeInvoice(invoice.id);
  await stripe.invoices.pay(invoice.id);
  return invoice.id;
}

describe('what becomes of an invoice', () => {
  test('D7: voided, it and all that it earned are undone; the first month stays', async () => {
    const { customer, invoiceId } = await openCycle();
    expect(await booksOf(customer)).toMatchObject({ receivable: 12_400n });
    await stage.advance(customer, '2026-05-11T00:00:00Z');
    await recogniseRevenue(deps);
    await stripe.invoices.voidInvoice(invoiceId);
    expect(await booksOf(customer)).toEqual({ cash: 9900n, 'revenue.subscription': -9900n });
    await recogniseRevenue(deps);
    expect(await booksOf(customer)).toEqual({ cash: 9900n, 'revenue.subscription': -9900n });
  });

  test('written off, then paid after all: the loss comes back', async () => {
    const { customer, invoiceId } = await openCycle();
    await stripe.invoices.markUncollectible(invoiceId);
    expect(await booksOf(customer)).toMatchObject({ bad_debt: 12_400n });
    expect(await booksOf(customer)).not.toHaveProperty('receivable');
    await stripe.invoices.pay(invoiceId);
    const books = await booksOf(customer);
    expect(books).toMatchObject({ cash: 22_300n });
    expect(books).not.toHaveProperty('bad_debt');
    expect(books).not.toHaveProperty('receivable');
  });

  test('written off and paid while nobody listened: both are posted, at their own times', async () => {
    const { customer, invoiceId } = await openCycle();
    stage.simulator.faults.webhooks = { drop: true };
    await stripe.invoices.markUncollectible(invoiceId);
    await stripe.invoices.pay(invoiceId);
    await mirrorInvoice(deps, invoiceId);
    stage.simulator.faults.webhooks = {};
    const books = await booksOf(customer);
    expect(books).toMatchObject({ cash: 22_300n });
    expect(books).not.toHaveProperty('bad_debt');
    const { lane, customerId } = await stage.keyOf(customer);
    const kinds = await query(
      database,
      `select kind from journal_entries where lane = $1 and customer_id = $2 and source_id = $3 order by kind`,
      [lane, customerId, invoiceId],
    );
    expect(kinds).toEqual(
      ['invoice.finalized', 'invoice.marked_uncollectible', 'invoice.recovered'].map((kind) => ({ kind })),
    );
  });

  test('paid outside of Stripe: the money is not in the Stripe balance', async () => {
    const { customer, invoiceId } = await openCycle();
    await stripe.invoices.pay(invoiceId, { paid_out_of_band: true });
    const books = await booksOf(customer);
    expect(books).toMatchObject({ cash: 9900n, out_of_band_clearing: 12_400n });
    expect(books).not.toHaveProperty('receivable');
  });

  test('the customer balance pays a part, as a credit note left it there', async () => {
    const { customer, invoiceId } = await openCycle();
    await stripe.invoices.pay(invoiceId);
    await stage.apply();
    const issued = await issueCreditNote(deps, {
      invoiceId,
      amountMinor: 1000n,
      settlement: 'customer_balance',
      reason: 'duplicate_usage',
      ticket: 'T-7',
      actor: 'support@example.com',
      idempotencyKey: crypto.randomUUID(),
    });
    expect(issued).toMatchObject({ state: 'issued', totalMinor: 1000n });
    expect(await booksOf(customer)).toMatchObject({ customer_balance: -1000n });
    const invoice = await stripe.invoices.create({ customer: customer.stripeCustomerId, auto_advance: false });
    await stripe.invoiceItems.create({
      customer: customer.stripeCustomerId,
      invoice: invoice.id,
      amount: 1500,
      currency: 'usd',
    });
    const finalized = await stripe.invoices.finalizeInvoice(invoice.id);
    expect(finalized.amount_due).toBe(500);
    const books = await booksOf(customer);
    expect(books).toMatchObject({ receivable: 500n, 'revenue.other': -1500n });
    expect(books).not.toHaveProperty('customer_balance');
  });

  test('a fee credited in mid-month is earned less from the first day on', async () => {
    const { customer, invoiceId } = await openCycle(0);
    await stripe.invoices.pay(invoiceId);
    await stage.advance(customer, '2026-05-11T00:00:00Z');
    await stage.apply();
    await recogniseRevenue(deps);
    // Ten of 31 days of $99.00, after April's $99.00.
    expect(await booksOf(customer)).toMatchObject({ 'revenue.subscription': -9900n - 3193n });
    const mirrored = await mirrorInvoice(deps, invoiceId);
    const base = mirrored?.invoice.lines.find(({ kind }) => kind === 'base')?.lineId ?? '';
    await issueCreditNote(deps, {
      invoiceId,
      lines: [{ invoiceLineId: base, amountMinor: 3100n }],
      settlement: 'refund',
      reason: 'goodwill',
      ticket: 'T-8',
      actor: 'support@example.com',
      idempotencyKey: crypto.randomUUID(),
    });
    // Ten of 31 days of $68.00.
    expect(await booksOf(customer)).toMatchObject({
      'revenue.subscription': -9900n - 2193n,
      'deferred.subscription': -6800n + 2193n,
      cash: 9900n + 9900n - 3100n,
    });
    await stage.advance(customer, '2026-06-01T00:00:00Z');
    await recogniseRevenue(deps);
    expect(await booksOf(customer)).toMatchObject({ 'revenue.subscription': -9900n - 6800n });
  });
});

describe('A3: packs', () => {
  test('bought credits are earned as they are used; a refund of the rest leaves nothing deferred', async () => {
    await stage.restart();
    const customer = await stage.signUp({ plan: 'packs' });
    await stage.apply();
    const invoiceId = await buyPack(customer);
    expect(await booksOf(customer)).toEqual({ cash: 8000n, 'deferred.credits': -8000n });
    await stage.drain();
    await stage.advance(customer, '2026-04-15T12:00:00Z');
    await stage.use(customer, 6200, '2026-04-15T12:00:00Z');
    await stage.advance(customer, '2026-04-20T00:00:00Z');
    await recogniseRevenue(deps);
    expect(await booksOf(customer)).toEqual({ cash: 8000n, 'deferred.credits': -3040n, 'revenue.credits': -4960n });
    const issued = await issueCreditNote(deps, {
      invoiceId,
      amountMinor: 3040n,
      settlement: 'refund',
      reason: 'order_change',
      ticket: 'T-9',
      actor: 'support@example.com',
      idempotencyKey: crypto.randomUUID(),
    });
    expect(issued).toMatchObject({ state: 'issued' });
    expect(await booksOf(customer)).toEqual({ cash: 4960n, 'revenue.credits': -4960n });
    await recogniseRevenue(deps);
    expect(await booksOf(customer)).toEqual({ cash: 4960n, 'revenue.credits': -4960n });
  });
});
