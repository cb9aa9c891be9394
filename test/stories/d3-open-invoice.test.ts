import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

test('D3 Open invoice: $24.00 are credited before payment, $100.00 are paid', { timeout: 120_000 }, async () => {
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
});
