import { expect, test } from 'vitest';

import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const { stripe } = story;

interface Variance {
  readonly subject: string;
  readonly state: string;
  readonly repair: string;
}

async function named(): Promise<readonly Variance[]> {
  const { status, body } = await story.call('POST', '/v1/reconciliations', { full: true });
  expect(status).toBe(200);
  return body['variances'] as unknown as readonly Variance[];
}

function kinds(variances: readonly Variance[]): readonly string[] {
  return variances.map(({ subject, state }) => `${subject.split(' ')[0]} ${state}`).toSorted();
}

test(
  'E4 A dashboard hand edits a price, voids a grant and issues a credit note: each is named with its repair',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_500);
    await story.until('2026-04-21T12:00:00Z');

    const { items } = await stripe.subscriptions.retrieve(customer.subscription);
    const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
    await stripe.prices.update(metered?.price.id ?? '', { active: false });
    const { data: grants } = await stripe.billing.creditGrants.list({ customer: customer.stripeCustomer });
    await stripe.billing.creditGrants.voidGrant(grants[0]?.id ?? '');
    const [signUp] = (await stripe.invoices.list({ customer: customer.stripeCustomer })).data;
    await stripe.creditNotes.create({
      invoice: signUp?.id ?? '',
      lines: [{ type: 'invoice_line_item', invoice_line_item: signUp?.lines.data[0]?.id ?? '', amount: 2_000 }],
      credit_amount: 2_000,
      email_type: 'none',
    });
    await story.until('2026-04-22T12:00:00Z');

    const found = await named();
    expect(kinds(found)).toEqual([
      'catalogue_archived open',
      'credit_note_foreign explained',
      'grant_ended_there open',
      'grants_total open',
    ]);
    const repairs = new Map(found.map(({ subject, repair }) => [subject.split(' ')[0], repair]));
    expect(repairs.get('catalogue_archived')).toContain('creditpool plan push');
    expect(repairs.get('grant_ended_there')).toContain('creditpool stripe true-up');
    expect(repairs.get('credit_note_foreign')).toContain('bill it back');

    // The repairs, as they are named.
    expect(await pushCatalogue(story.billing.deps, sampleCatalogue)).toMatchObject({ pushed: true });
    const path = `/v1/customers/${customer.stripeCustomer}/true_up`;
    expect(await story.call('POST', path)).toMatchObject({
      status: 200,
      body: { pools: 1, stripe: { ended_grants: [grants[0]?.id] } },
    });
    expect(await story.call('POST', path)).toMatchObject({ body: { stripe: { ended_grants: [] } } });
    await story.relayed();
    expect(kinds(await named())).toEqual(['credit_note_foreign explained']);

    await story.until('2026-05-02T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ total_minor: 12_400, amount_due_minor: 10_400 });
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // One of May's 31 days is earned; April's fee is 79.00 after the note, and all of it is.
      deferred: '95.81',
      receivable: '0',
      cash: '203',
      open_grants: '100',
      variances: 0,
    });
  },
);
