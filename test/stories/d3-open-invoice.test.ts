import { expect, test } from 'vitest';

import { expectBooks, idOf, tellEach } from '../support/story.ts';

const stories = await tellEach({
  'a note that paid an invoice stays': { voidingPaidByCreditNote: 'refused' },
  'a note that paid an invoice can be voided': { voidingPaidByCreditNote: 'reopens' },
});

test.for(stories)(
  'D3 Open invoice: $24.00 are credited before payment, $100.00 are paid (%s)',
  { timeout: 120_000 },
  async ([, story]) => {
    const customer = await story.subscriber();
    const { stripe } = story;
    await stripe.subscriptions.update(customer.subscription, { collection_method: 'send_invoice', days_until_due: 30 });
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_500);
    await story.until('2026-05-02T00:00:00Z');
    const invoice = await customer.cycleInvoice();
    expect(invoice).toMatchObject({ status: 'open', total_minor: 12_400, amount_remaining_minor: 12_400 });
    const may = { invoice: '124', credits_applied: '100', lots: '10000', open_grants: '100', variances: 0 };
    // One of May's 31 days is earned: 99.00 − 3.19.
    await expectBooks(story, customer, { ...may, deferred: '95.81', receivable: '124', cash: '99' });

    const lines = invoice['lines'] as unknown as readonly { id: string; kind: string }[];
    const asked = {
      invoice: invoice['id'],
      lines: [{ line: lines.find(({ kind }) => kind === 'base')?.id, amount_minor: 2_400 }],
      settle_as: 'reduce_due',
      reason: 'billing_error',
      ticket: 'SUP-3',
    };
    const { body } = await story.call('POST', '/v1/credit_notes', asked, 'note-1');
    expect(body).toMatchObject({ state: 'issued', amount_minor: 2_400 });
    // One day of the 75.00 that May costs now is earned: 75.00 − 2.41.
    await expectBooks(story, customer, { ...may, deferred: '72.59', receivable: '100', cash: '99' });

    await stripe.invoices.pay(idOf(invoice));
    await story.clock.settle();
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', amount_remaining_minor: 0 });
    await expectBooks(story, customer, { ...may, deferred: '72.59', receivable: '0', cash: '199' });

    // Another hand credits June's fee whole, which pays its invoice, and takes the note back where Stripe lets it.
    await story.until('2026-06-02T00:00:00Z');
    const june = idOf(await customer.cycleInvoice());
    const { id: note } = await stripe.creditNotes.create({ invoice: june, amount: 9_900, email_type: 'none' });
    await story.clock.settle();
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid' });
    const settled = { ...may, invoice: '99', credits_applied: '0', receivable: '0', deferred: '0', cash: '199' };
    const { state } = await stripe.creditNotes.voidCreditNote(note ?? '').then(
      () => ({ state: 'open' }),
      () => ({ state: 'paid' }),
    );
    const reopens = story.simulator.switches.voidingPaidByCreditNote === 'reopens';
    expect(state).toBe(reopens ? 'open' : 'paid');
    await story.clock.settle();
    expect(await customer.cycleInvoice()).toMatchObject({ status: state });
    // One of June's 30 days is earned: 99.00 − 3.30.
    const opened = { ...settled, receivable: '99', deferred: '95.7' };
    await expectBooks(story, customer, reopens ? opened : settled);
  },
);
