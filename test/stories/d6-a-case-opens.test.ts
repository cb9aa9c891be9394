import { expect, test } from 'vitest';

import { atTheBank, moneyOf } from '../support/bank.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, tellStory } from '../support/story.ts';

const costPlus = {
  ...hybrid,
  plan: 'cost-plus',
  baseAmountMinor: 0,
  includedCredits: '0',
  pricePerCredit: '0.008',
  policy: { ...samplePolicy, zeroBalance: 'block' as const },
};
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [costPlus] } });
const agent = await story.person('agnes', 'finance');

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly stripe_object: string;
  readonly explanation: string;
}

async function openCases(): Promise<readonly Listed[]> {
  await story.clock.settle();
  const { body } = await agent('GET', '/v1/cases?state=open&order=oldest');
  return body['data'] as unknown as readonly Listed[];
}

test(
  'D6 Refund fails later: the note stays, the money is owed, and a case opens once',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('cost-plus');
    const invoice = await customer.buyPack();
    await story.until('2026-04-10T12:00:00Z');
    await customer.use(6_200);
    const asked = {
      customer: customer.stripeCustomer,
      kind: 'order_change',
      ticket: 'SUP-6',
      invoice,
      outcome: { type: 'credit_note', amount_minor: 3_040, settle_as: 'refund' },
      submit: true,
    };
    const { body: given } = await agent('POST', '/v1/cases', asked, 'rest');
    expect(given).toMatchObject({
      state: 'done',
      preview: {
        money: { amount_minor: 3_040, given_back_minor: 3_040 },
        credits: { clawed_back: '3800' },
        customer_text:
          'Your order has changed. USD 30.40 is refunded to the way you paid. 3800 unspent credits ended with it.',
      },
    });
    expect(await customer.balance()).toMatchObject({ available: '0' });
    // Our own refund is no news.
    expect(await openCases()).toEqual([]);

    const { data } = await story.stripe.refunds.list({ limit: 1 });
    const refund = data[0]?.id ?? '';
    await atTheBank(story, `/refunds/${refund}/fail`, { reason: 'lost_or_stolen_card' });
    await story.clock.settle();
    const [failed, ...others] = await openCases();
    expect(others).toEqual([]);
    expect(failed).toMatchObject({
      kind: 'refund',
      stripe_object: refund,
      explanation: 'The refund of USD 30.40 came back (lost_or_stolen_card): it is owed to the customer still.',
    });
    expect(await moneyOf(story, customer)).toMatchObject({ cash: 8_000n, refund_clearing: -3_040n });
    // The event comes again, and it is the same case.
    await story.stripe.refunds.update(refund, { metadata: { seen: 'again' } });
    expect(await openCases()).toHaveLength(1);

    // It was paid by another way: nothing more has to be done here, and why is on record.
    const closed = await agent('POST', `/v1/cases/${failed?.id}/close`, { comment: 'paid by bank transfer, TR-1' });
    expect(closed.body).toMatchObject({ state: 'closed', comment: 'paid by bank transfer, TR-1' });
    expect(await openCases()).toEqual([]);

    const wire = { customer: customer.stripeCustomer, object: refund, reason: 'bank transfer TR-1' };
    expect((await story.call('POST', '/v1/clearing/settle', wire)).status).toBe(200);
    await story.until('2026-05-02T00:00:00Z');
    // 6 200 calls at $0.008, and the wire comes from the bank: Stripe has all of the $80.00.
    const books = {
      invoice: '0',
      credits_applied: '49.6',
      lots: '0',
      deferred: '0',
      receivable: '0',
      open_grants: '0',
    };
    await expectBooks(story, customer, { ...books, cash: '80', variances: 0 });
  },
);

test('a refund and a dispute by another hand open a case each', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('cost-plus');
  const first = await customer.buyPack();
  const second = await customer.buyPack();
  const paymentOf = async (invoice: string): Promise<string> => {
    const { data } = await story.stripe.invoicePayments.list({ invoice });
    const intent = data[0]?.payment.payment_intent;
    if (typeof intent !== 'string') throw new Error(`${invoice} has no payment`);
    return intent;
  };
  const refund = await story.stripe.refunds.create({ payment_intent: await paymentOf(first), amount: 500 });
  const dispute = await atTheBank(story, '/disputes', { invoice: second });
  const cases = await openCases();
  expect(cases.map(({ kind, stripe_object }) => [kind, stripe_object])).toEqual([
    ['refund', refund.id],
    ['dispute', dispute],
  ]);
  expect(cases[0]?.explanation).toContain('USD 5.00 was made at Stripe, by no case of ours');
  expect(cases[1]?.explanation).toContain('bank disputes USD 80.00');
  const { body } = await agent('GET', `/v1/cases/${cases[1]?.id}`);
  expect(idOf(body)).toBe(cases[1]?.id);
  expect(body).toMatchObject({ opened_by: 'system:stripe', missing: ['outcome', 'ticket'] });

  await story.until('2026-06-03T00:00:00Z');
  await expectBooks(story, customer, {
    invoice: '0',
    credits_applied: '0',
    // $5.00 of $80.00 took 625 of the first 10 000 along; the second 10 000 are frozen.
    lots: '9375',
    deferred: '160',
    receivable: '0',
    // $160.00 less the refund, the disputed $80.00 and the bank's fee of $15.00.
    cash: '60',
    open_grants: '155',
    // The refund has no note.
    variances: 1,
  });
});
