import nock from 'nock';
import { describe, expect, test } from 'vitest';

import { finishCreditNotes } from '../../src/operations/finish-credit-notes.ts';
import { type CreditNoteCommand, issueCreditNote } from '../../src/operations/issue-credit-note.ts';
import { previewCreditNote } from '../../src/operations/preview-credit-note.ts';
import { query } from '../../src/storage/query.ts';
import { endApril } from '../support/april.ts';
import { billed as billedBy } from '../support/billed.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox } from '../support/inbox.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const stage = await openInbox(database);
const { deps } = stage;

const billed = async (collect?: 'charge_automatically' | 'send_invoice') => billedBy(stage, collect);

function command(invoiceId: string, more: Partial<CreditNoteCommand>): CreditNoteCommand {
  return {
    invoiceId,
    settlement: 'customer_balance',
    reason: 'billing_error',
    ticket: 'T-1',
    actor: 'support@example.com',
    idempotencyKey: crypto.randomUUID(),
    ...more,
  };
}

describe.for(['pro_rata', 'gross'] as const)('with a share of credits taken off note lines: %s', (share) => {
  test('D2: ten dollars of wrong overage on a paid invoice go to the customer balance, to the cent', async () => {
    stage.simulator.switches.creditNoteShare = share;
    const { customer, invoiceId, line } = await billed();
    const key = await stage.keyOf(customer);
    const usage = await line('usage');
    const order = command(invoiceId, { lines: [{ invoiceLineId: usage, amountMinor: 1000n }] });

    const preview = await previewCreditNote(deps, order);
    if ('rejected' in preview) throw new Error(preview.rejected.message);
    expect(preview.money).toMatchObject({ totalMinor: 1000n, openMinor: 0n, paidMinor: 1000n });
    expect(preview.money.lines[0]?.creditableMinor).toBe(2500n);
    expect(preview.books).toEqual([
      { from: 'receivable', to: 'revenue.usage', amountMinor: 1000n },
      { from: 'customer_balance', to: 'receivable', amountMinor: 1000n },
    ]);

    const issued = await issueCreditNote(deps, { ...order, previewHash: preview.previewHash });
    expect(issued).toMatchObject({ state: 'issued', totalMinor: 1000n, settlement: 'customer_balance' });
    expect(await stage.money(key)).toMatchObject({ customer_balance: -1000n, 'revenue.usage': -1500n });
    expect(await stage.money(key)).not.toHaveProperty('receivable');

    expect(await issueCreditNote(deps, { ...order, previewHash: preview.previewHash })).toEqual(issued);
    const { data } = await deps.stripe.creditNotes.list({ invoice: invoiceId });
    expect(data.map(({ total }) => total)).toEqual([1000]);
    expect((await deps.stripe.customers.retrieve(customer.stripeCustomerId)) as object).toMatchObject({
      balance: -1000,
    });
    await stage.apply();
    expect(await stage.money(key)).toMatchObject({ customer_balance: -1000n, 'revenue.usage': -1500n });
    await expectSoundBooks(database);
  });
});

describe('credit notes', () => {
  test('D3: a note on an open invoice lowers what is due, and the payment closes the receivable', async () => {
    stage.simulator.switches.creditNoteShare = 'pro_rata';
    const { customer, invoiceId, line } = await billed('send_invoice');
    const key = await stage.keyOf(customer);
    const base = await line('base');
    const issued = await issueCreditNote(
      deps,
      command(invoiceId, { lines: [{ invoiceLineId: base, amountMinor: 2400n }], settlement: 'reduce_due' }),
    );
    expect(issued).toMatchObject({ state: 'issued', totalMinor: 2400n });
    expect(await stage.money(key)).toMatchObject({ receivable: 10_000n });
    await deps.stripe.invoices.pay(invoiceId);
    await stage.apply();
    expect(await stage.money(key)).not.toHaveProperty('receivable');
    await expectSoundBooks(database);
  });

  test('D4: more than is creditable, spent twice, on a draft or void invoice: a sentence, and nothing changed', async () => {
    const { customer, invoiceId, line } = await billed();
    const usage = await line('usage');
    const refused = async (more: Partial<CreditNoteCommand>): Promise<string> => {
      const answer = await issueCreditNote(deps, command(invoiceId, more));
      return 'rejected' in answer ? answer.rejected.code : 'issued';
    };
    const lines = [{ invoiceLineId: usage, amountMinor: 2501n }];
    expect(await refused({ lines })).toBe('not_creditable');
    expect(await refused({ lines: [{ invoiceLineId: 'il_nobody', amountMinor: 1n }] })).toBe('invalid_request');
    expect(await refused({ lines: [{ invoiceLineId: usage, amountMinor: 0n }] })).toBe('invalid_request');
    expect(await refused({ lines: [] })).toBe('invalid_request');
    expect(await refused({ amountMinor: 12_401n })).toBe('not_creditable');
    expect(await refused({ amountMinor: 100n, settlement: 'reduce_due' })).toBe('settlement_mismatch');
    expect(await refused({ amountMinor: 100n, previewHash: 'of another day' })).toBe('preview_stale');
    expect(await refused({ amountMinor: 100n, ticket: ' ' })).toBe('invalid_request');
    expect(await refused({ invoiceId: 'in_nobody', amountMinor: 100n })).toBe('unknown_invoice');
    const requests = await query(database, `select from credit_note_requests where invoice_id = $1`, [invoiceId]);
    expect(requests).toEqual([]);
    expect((await deps.stripe.creditNotes.list({ customer: customer.stripeCustomerId })).data).toEqual([]);
  });

  test('one key never issues two notes, and another body under it is refused', async () => {
    const { invoiceId, line } = await billed();
    const usage = await line('usage');
    const first = command(invoiceId, { lines: [{ invoiceLineId: usage, amountMinor: 700n }], idempotencyKey: 'k-1' });
    const answers = await Promise.all(Array.from({ length: 4 }, () => issueCreditNote(deps, first)));
    expect(
      new Set(answers.map((answer) => ('rejected' in answer ? answer.rejected.code : answer.requestId))).size,
    ).toBe(1);
    const other = await issueCreditNote(deps, { ...first, lines: [{ invoiceLineId: usage, amountMinor: 800n }] });
    expect(other).toMatchObject({ rejected: { code: 'idempotency_key_reused' } });
    expect((await deps.stripe.creditNotes.list({ invoice: invoiceId })).data.map(({ total }) => total)).toEqual([700]);
  });

  test('eight people who credit the same line at once never give back more than it has', async () => {
    const { invoiceId, line } = await billed();
    const usage = await line('usage');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        issueCreditNote(
          deps,
          command(invoiceId, { lines: [{ invoiceLineId: usage, amountMinor: 1500n }], idempotencyKey: `p-${index}` }),
        ),
      ),
    );
    const codes = answers.map((answer) => ('rejected' in answer ? answer.rejected.code : 'issued')).toSorted();
    expect(codes.filter((code) => code === 'issued')).toHaveLength(1);
    expect(codes.every((code) => ['issued', 'preview_stale', 'not_creditable', 'stripe_refused'].includes(code))).toBe(
      true,
    );
    const { data } = await deps.stripe.creditNotes.list({ invoice: invoiceId });
    expect(data.map(({ total }) => total)).toEqual([1500]);
  });

  test('a note from the dashboard is posted as one of ours, and lowers what is left to credit', async () => {
    const { customer, invoiceId, line } = await billed();
    const key = await stage.keyOf(customer);
    const base = await line('base');
    await deps.stripe.creditNotes.create({
      invoice: invoiceId,
      lines: [{ type: 'invoice_line_item', invoice_line_item: base, amount: 3300 }],
      refund_amount: 3300,
    });
    await stage.apply();
    const books = await stage.money(key);
    expect(books).toMatchObject({ cash: 22_300n - 3300n, 'deferred.subscription': -19_800n + 3300n });
    expect(books).not.toHaveProperty('refund_clearing');
    const preview = await previewCreditNote(deps, {
      invoiceId,
      lines: [{ invoiceLineId: base }],
      settlement: 'refund',
    });
    expect(preview).toMatchObject({ money: { totalMinor: 6600n } });
  });

  test('what Stripe is asked, to the letter; when Stripe refuses, the books and the request say so', async () => {
    const { customer, invoiceId, line } = await billed();
    const key = await stage.keyOf(customer);
    const usage = await line('usage');
    const before = await stage.money(key);
    const bodies: unknown[] = [];
    const scope = nock(stage.simulator.url, { allowUnmocked: true })
      .post('/v1/credit_notes', (body: unknown) => bodies.push(body) > 0)
      .matchHeader('idempotency-key', /credit_note\//)
      .reply(400, { error: { type: 'invalid_request_error', message: 'Not today.' } });
    const order = command(invoiceId, { lines: [{ invoiceLineId: usage, amountMinor: 1000n }], memo: 'Sorry' });
    const answer = await issueCreditNote(deps, order);
    scope.done();
    nock.cleanAll();
    expect(answer).toMatchObject({ rejected: { code: 'stripe_refused' } });
    const [stored] = await query<{ requestId: string; state: string }>(
      database,
      `select credit_note_request_id as "requestId", state from credit_note_requests where invoice_id = $1`,
      [invoiceId],
    );
    expect(stored?.state).toBe('refused');
    const { requestId } = stored ?? { requestId: '' };
    expect(bodies).toEqual([
      {
        invoice: invoiceId,
        'lines[0][type]': 'invoice_line_item',
        'lines[0][invoice_line_item]': usage,
        'lines[0][amount]': '5000',
        credit_amount: '1000',
        reason: 'order_change',
        memo: 'Sorry',
        email_type: 'none',
        'metadata[creditpool_request]': requestId,
        'metadata[creditpool_key]': `credit_note/${requestId}`,
        'metadata[reason]': 'billing_error',
        'metadata[ticket]': 'T-1',
      },
    ]);
    expect(await stage.money(key)).toEqual(before);
    expect(await issueCreditNote(deps, order)).toMatchObject({ rejected: { code: 'stripe_refused' } });
    const next = await issueCreditNote(deps, { ...order, idempotencyKey: crypto.randomUUID() });
    expect(next).toMatchObject({ state: 'issued' });
  });

  test('usage that cannot go back refuses the note before any money moves, also when another note gave it back', async () => {
    const { customer, invoiceId } = await billed();
    const key = await stage.keyOf(customer);
    const [used] = await query<{ id: string }>(
      database,
      `select usage_event_id as id from usage_events where lane = $1 and customer_id = $2`,
      [key.lane, key.customerId],
    );
    const before = await stage.money(key);
    const unknown = command(invoiceId, { amountMinor: 500n, reverseUsageEventIds: [deps.newId()] });
    expect(await issueCreditNote(deps, unknown)).toMatchObject({ rejected: { code: 'unknown_usage_event' } });
    expect(await stage.money(key)).toEqual(before);

    const order = command(invoiceId, { amountMinor: 500n, reverseUsageEventIds: [used?.id ?? ''] });
    expect(await issueCreditNote(deps, order)).toMatchObject({ state: 'issued' });
    const again = await issueCreditNote(deps, { ...order, idempotencyKey: crypto.randomUUID() });
    expect(again).toMatchObject({ rejected: { code: 'already_reversed' } });
    expect((await deps.stripe.creditNotes.list({ invoice: invoiceId })).data).toHaveLength(1);
    await stage.drain();
  });

  test('a note that Stripe refused behind its asker’s back does not block the next one', async () => {
    const { invoiceId } = await billed();
    nock(stage.simulator.url, { allowUnmocked: true }).post('/v1/credit_notes').reply(503, {});
    const order = command(invoiceId, { amountMinor: 500n });
    expect(await issueCreditNote(deps, order)).toMatchObject({ state: 'waiting' });
    nock.cleanAll();
    await query(
      database,
      `update outbox set state = 'refused', outcome = 'Not today.' where subject_id = $1 and call = 'credit_note.create'`,
      [invoiceId],
    );
    const next = await issueCreditNote(deps, { ...order, idempotencyKey: crypto.randomUUID() });
    expect(next).toMatchObject({ state: 'issued' });
  });

  test('a note that had to wait gives its usage back when it is issued, with nobody asking again', async () => {
    const { invoiceId, customer } = await billed();
    const key = await stage.keyOf(customer);
    const [used] = await query<{ id: string }>(
      database,
      `select usage_event_id as id from usage_events where lane = $1 and customer_id = $2 limit 1`,
      [key.lane, key.customerId],
    );
    nock(stage.simulator.url, { allowUnmocked: true })
      .post('/v1/credit_notes')
      .reply(503, { error: { type: 'api_error', message: 'later' } });
    const order = command(invoiceId, { amountMinor: 500n, reverseUsageEventIds: [used?.id ?? ''] });
    expect(await issueCreditNote(deps, order)).toMatchObject({ state: 'waiting' });
    nock.cleanAll();
    expect(await finishCreditNotes(deps, { limit: 10 })).toBe(0);
    await query(database, `update outbox set next_at = clock_timestamp() where lane = $1 and customer_id = $2`, [
      key.lane,
      key.customerId,
    ]);
    await stage.drain();
    expect(await finishCreditNotes(deps, { limit: 10 })).toBe(1);
    expect(await finishCreditNotes(deps, { limit: 10 })).toBe(0);
    const reversals = await query(
      database,
      `select usage_event_id from usage_reversals where lane = $1 and usage_event_id = $2`,
      [key.lane, used?.id ?? ''],
    );
    expect(reversals).toHaveLength(1);
    expect(await issueCreditNote(deps, order)).toMatchObject({ state: 'issued' });
    // The grant of what came back leaves now: the next test's clock begins before it.
    await stage.drain();
  });

  test('D2: the wrong usage is reversed with the note, once, and the next invoice is ten dollars lower', async () => {
    await stage.restart();
    const customer = await stage.signUp();
    await stage.apply();
    await stage.drain();
    const key = await stage.keyOf(customer);
    await stage.advance(customer, '2026-04-20T12:00:00Z');
    await stage.use(customer, 11_500, '2026-04-20T12:00:00Z');
    const wrong = await stage.use(customer, 1000, '2026-04-20T12:00:00Z');
    const invoiceId = await endApril(stage, customer);
    const order = command(invoiceId, { amountMinor: 1000n, reverseUsageEventIds: [wrong] });
    const issued = await issueCreditNote(deps, order);
    expect(issued).toMatchObject({ state: 'issued', totalMinor: 1000n });
    expect(await issueCreditNote(deps, order)).toEqual(issued);
    const reversals = await query(database, `select from usage_reversals where lane = $1 and customer_id = $2`, [
      key.lane,
      key.customerId,
    ]);
    expect(reversals).toHaveLength(1);
    await stage.advance(customer, '2026-06-01T00:00:10Z');
    await stage.apply();
    const { data } = await deps.stripe.invoices.list({ subscription: customer.subscriptionId, status: 'draft' });
    const next = await deps.stripe.invoices.finalizeInvoice(data[0]?.id ?? '');
    expect([next.total, next.amount_due]).toEqual([9900, 8900]);
    await stage.apply();
    expect(await stage.money(key)).not.toHaveProperty('customer_balance');
    await expectSoundBooks(database);
  });
});
