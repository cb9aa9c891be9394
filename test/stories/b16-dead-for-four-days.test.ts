import { expect, test } from 'vitest';

import { hybrid, pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { expectBooks, type Story, type Subscriber, tellEach } from '../support/story.ts';

const LONG_AGO = '2020-01-01T00:00:00.000Z';
const perCall = { per: [{ quantity: 'calls', credits: '1', each: 1 }] };
const catalogue = {
  ...sampleCatalogue,
  burnTable: [
    { action: 'image.draw', feature: 'image', effectiveFrom: LONG_AGO, rate: perCall },
    { action: 'chat.answer', feature: 'chat', effectiveFrom: LONG_AGO, rate: perCall },
  ],
  plans: [{ ...hybrid, plan: 'studio', baseAmountMinor: 0, includedCredits: '0', features: ['chat', 'image'] }],
  packs: [{ ...pack10k, pack: 'pack-100', name: '100 credits', credits: '100', amountMinor: 100 }],
};
const [[, paid], [, unreported]] = (await tellEach({ paid: {}, unreported: {} }, { catalogue })) as [
  readonly [string, Story],
  readonly [string, Story],
];

/** B6's customer: 1 000 credits for images only, 400 of them drawn, and chats past them. */
async function studio(story: Story, chats: number): Promise<Subscriber> {
  const customer = await story.subscriber('studio');
  await story.until('2026-04-02T00:00:00Z');
  const gift = { customer: customer.stripeCustomer, source: 'promotional', credits: '1000', features: ['image'] };
  expect((await story.call('POST', '/v1/grants', { ...gift, reason: 'spring offer' }, 'spring')).status).toBe(200);
  await story.until('2026-04-10T12:00:00Z');
  await customer.use(400, { action: 'image.draw' });
  await customer.use(chats, { action: 'chat.answer' });
  return customer;
}

test(
  'B16 Dead for four days: Stripe finalizes at $6.00, and a note of $1.00 goes out as soon as we are back',
  { timeout: 120_000 },
  async () => {
    const customer = await studio(paid, 600);
    // A pack pays the last dollar of overage; we die before its grant is at Stripe.
    await paid.until('2026-04-30T23:59:30Z');
    // However often it is tried until then.
    paid.simulator.faults.add({ match: { method: 'POST', path: 'credit_grants', times: 100 }, kind: '500_before' });
    await customer.buyPack('pack-100');
    await paid.down('2026-05-05T00:00:00Z');
    paid.simulator.faults.clear();
    await paid.back();
    await paid.relayed();

    expect(await customer.cycleInvoice()).toMatchObject({
      status: 'paid',
      total_minor: 600,
      lines: [{ kind: 'usage', amount_minor: 1_000, credits_applied_minor: 400 }],
    });
    const notes = await paid.stripe.creditNotes.list({ customer: customer.stripeCustomer });
    expect(notes.data.map(({ total, status }) => ({ total, status }))).toEqual([{ total: 100, status: 'issued' }]);
    // Looking again changes nothing.
    await paid.until('2026-05-06T00:00:00Z');
    expect((await paid.stripe.creditNotes.list({ customer: customer.stripeCustomer })).data).toHaveLength(1);
    await expectBooks(paid, customer, {
      invoice: '6',
      credits_applied: '4',
      lots: '600',
      deferred: '0',
      receivable: '0',
      // The invoice and the pack; the note's dollar waits on the customer balance.
      cash: '7',
      open_grants: '6',
      variances: 0,
    });
    expect(await paid.stripe.customers.retrieve(customer.stripeCustomer)).toMatchObject({ balance: -100 });
    const { body } = await paid.call('GET', '/v1/variances?state=explained');
    const explained = (body['data'] as unknown as readonly { class: string; subject: string }[]).map(
      ({ class: of, subject }) => `${of} ${subject.split(' ')[0]}`,
    );
    expect(explained).toContain('shaping invoice_excess_credited');
  },
);

test(
  'B16 A draw of the last ten seconds that we died with: Stripe never bills it, and its lot had paid it anyway',
  { timeout: 120_000 },
  async () => {
    const customer = await studio(unreported, 500);
    await unreported.until('2026-04-30T23:59:50Z');
    await customer.use(100, { action: 'image.draw' });
    await unreported.down('2026-05-05T00:00:00Z');
    await unreported.back();
    await unreported.relayed();
    await unreported.until('2026-05-06T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 500 });
    expect((await unreported.stripe.creditNotes.list({ customer: customer.stripeCustomer })).data).toEqual([]);
    expect(await customer.balance()).toMatchObject({ available: '500' });
    // Stripe's line is 100 short of what was reported, and so are the credits it took: nobody owes anything for it.
    await expectBooks(unreported, customer, {
      invoice: '5',
      credits_applied: '4',
      lots: '500',
      deferred: '0',
      receivable: '0',
      cash: '5',
      open_grants: '5',
      variances: 2,
    });
    const { body } = await unreported.call('GET', '/v1/variances?state=open');
    const open = (body['data'] as unknown as readonly { subject: string; amount: string }[]).map(
      ({ subject, amount }) => `${subject.split(' ')[0]} ${amount}`,
    );
    expect(open.toSorted()).toEqual(['credits_applied -100', 'usage_quantity -100000']);
  },
);
