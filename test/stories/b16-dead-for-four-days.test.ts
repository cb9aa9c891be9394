import { expect, test } from 'vitest';

import { pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 1_000 };
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, packs: [pack] } });

test(
  'B16 Dead for four days: Stripe asked $3.00 too much, and a note goes out at once',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(10_300);
    // B11's pack pays 300 of overage, and its grant is not at Stripe when we die.
    await story.until('2026-04-30T23:59:30Z');
    story.simulator.faults.add({ match: { method: 'POST', path: 'credit_grants', times: 1 }, kind: '500_before' });
    await customer.buyPack('pack-1k');
    await story.down('2026-05-05T00:00:00Z');
    await story.back();
    await story.relayed();

    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 10_200 });
    const notes = await story.stripe.creditNotes.list({ customer: customer.stripeCustomer });
    expect(notes.data.map(({ total, status }) => ({ total, status }))).toEqual([{ total: 300, status: 'issued' }]);
    // Looking again changes nothing.
    await story.until('2026-05-06T00:00:00Z');
    expect((await story.stripe.creditNotes.list({ customer: customer.stripeCustomer })).data).toHaveLength(1);
    await expectBooks(story, customer, {
      invoice: '102',
      credits_applied: '100',
      lots: '10700',
      // Five of May's 31 days are earned, and 300 of the pack: 99.00 − 15.96 + 7.00.
      deferred: '90.04',
      receivable: '0',
      cash: '211',
      open_grants: '107',
      variances: 0,
    });
    const atStripe = await story.stripe.customers.retrieve(customer.stripeCustomer);
    expect(atStripe).toMatchObject({ balance: -300 });
    const { body } = await story.call('GET', '/v1/variances?state=explained');
    const explained = (body['data'] as unknown as readonly { class: string; subject: string }[]).map(
      ({ class: of, subject }) => `${of} ${subject.split(' ')[0]}`,
    );
    expect(explained).toContain('shaping invoice_excess_credited');
  },
);
