import { describe, expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { hybrid, pack10k, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const pack = { ...pack10k, pack: 'pack-1k', name: '1 000 credits', credits: '1000', amountMinor: 5_000 };
const plan = {
  ...hybrid,
  plan: 'topped-up',
  baseAmountMinor: 0,
  includedCredits: '0',
  pricePerCredit: '0.05',
  policy: {
    ...samplePolicy,
    zeroBalance: 'top_up' as const,
    topUp: { pack: 'pack-1k', below: '200', monthlyCapMinor: 20_000, coolDownMinutes: 30 },
  },
};
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [plan], packs: [pack] } });
const consent = { accepted_by: 'jane@acme.example', text_hash: 'a'.repeat(64) };

async function topUps(customer: Subscriber) {
  return (await story.call('GET', `/v1/customers/${customer.stripeCustomer}/top_ups`)).body;
}

function agree(customer: Subscriber, body: object = consent) {
  return story.call('PUT', `/v1/customers/${customer.stripeCustomer}/top_up_consent`, body);
}

async function failures(customer: Subscriber) {
  return query<{ because: string; payAt: string }>(
    database,
    `select a.data ->> 'because' as because, a.data ->> 'pay_at' as "payAt" from alerts a
     join customer_aliases n using (customer_id)
     where a.lane between 0 and 63 and n.alias = $1 and a.kind = 'top_up.failed'`,
    [customer.stripeCustomer],
  );
}

describe('C4 Auto top-up', () => {
  test('four purchases, never a fifth, never two at once', { timeout: 240_000 }, async () => {
    const customer = await story.subscriber('topped-up');
    await customer.buyPack('pack-1k');
    await story.until('2026-04-02T12:00:00Z');
    await customer.use(900);
    await story.clock.settle();
    expect(await topUps(customer)).toMatchObject({ consent: null, data: [] });

    // Consent is given with the balance below 200 already: the first pack is bought at once.
    expect((await agree(customer)).body).toMatchObject({ object: 'top_up_consent', state: 'in_force' });
    await story.clock.settle();
    expect(await customer.balance()).toMatchObject({ available: '1100' });
    for (let day = 3; day <= 8; day += 1) {
      await story.until(`2026-04-0${day}T12:00:00Z`);
      // Many at once, all of them below 200: one pack.
      const { body } = await customer.balance().then(async (balance) =>
        story.call('POST', '/v1/track', {
          events: Array.from({ length: 10 }, (_, index) => ({
            id: `day-${day}-${index}`,
            customer: customer.stripeCustomer,
            action: 'api.call',
            quantities: { calls: Math.floor(Number(balance['available']) / 10) },
          })),
        }),
      );
      expect(body).toMatchObject({ rejected: 0 });
      await story.clock.settle();
    }
    const { data } = await topUps(customer);
    expect(data).toHaveLength(4);
    expect(data).toMatchObject(Array.from({ length: 4 }, () => ({ state: 'paid', amount_minor: 5_000 })));
    expect(await customer.balance()).toMatchObject({ available: '0' });
    const check = await story.call('POST', '/v1/check', {
      customer: customer.stripeCustomer,
      action: 'api.call',
      quantities: { calls: 1 },
    });
    expect(check.body).toMatchObject({ allowed: false, limit: 'balance' });

    // The next month has a cap of its own.
    await story.until('2026-05-02T00:00:00Z');
    await customer.use(0);
    await story.clock.settle();
    expect((await topUps(customer))['data']).toHaveLength(5);
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '250',
      lots: '1000',
      deferred: '50',
      receivable: '0',
      cash: '300',
      open_grants: '50',
      variances: 0,
    });
  });

  test('a declined card pauses it, tells the owner, and only a person goes on', { timeout: 240_000 }, async () => {
    const customer = await story.subscriber('topped-up');
    const method = await story.stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: customer.stripeCustomer,
    });
    const card = (id: string) =>
      story.stripe.customers.update(customer.stripeCustomer, { invoice_settings: { default_payment_method: id } });
    await card(method.id);
    await agree(customer);
    await story.clock.settle();
    const { consent: paused, data } = await topUps(customer);
    expect(paused).toMatchObject({ state: 'paused', paused_because: 'generic_decline' });
    expect(data).toMatchObject([{ state: 'failed', outcome: 'generic_decline' }]);
    expect(await failures(customer)).toMatchObject([
      { because: 'generic_decline', payAt: expect.stringMatching(/^https?:/) as unknown },
    ]);
    await story.until('2026-05-10T12:00:00Z');
    await customer.use(0);
    await story.clock.settle();
    expect((await topUps(customer))['data']).toHaveLength(1);

    const good = await story.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.stripeCustomer });
    await card(good.id);
    const path = `/v1/customers/${customer.stripeCustomer}/top_up_consent`;
    expect((await story.call('POST', `${path}/resume`, {})).body).toMatchObject({ state: 'in_force' });
    await story.clock.settle();
    expect(await customer.balance()).toMatchObject({ available: '1000' });
    expect((await story.call('POST', `${path}/withdraw`, { withdrawn_by: 'jane' })).status).toBe(200);
    expect((await story.call('POST', `${path}/resume`, {})).body).toMatchObject({ error: { code: 'no_consent' } });
  });

  test(
    'a refund that takes the balance below 200 buys the next pack, with no debit',
    { timeout: 120_000 },
    async () => {
      const customer = await story.subscriber('topped-up');
      const invoice = await customer.buyPack('pack-1k');
      await agree(customer);
      await customer.use(100);
      await story.clock.settle();
      expect(await topUps(customer)).toMatchObject({ data: [] });
      const { body } = await story.call('GET', `/v1/invoices/${invoice}`);
      const [line] = body['lines'] as unknown as readonly { id: string }[];
      const lines = [{ line: line?.id, amount_minor: 4_500 }];
      const refund = { invoice, lines, settle_as: 'refund', reason: 'order_change', ticket: 'SUP-4' };
      expect((await story.call('POST', '/v1/credit_notes', refund, 'refund-1')).status).toBe(200);
      expect(await customer.balance()).toMatchObject({ available: '0' });
      await story.clock.settle();
      expect((await topUps(customer))['data']).toMatchObject([{ state: 'paid', amount_minor: 5_000 }]);
      expect(await customer.balance()).toMatchObject({ available: '1000' });
    },
  );

  test('a lost answer buys nothing twice', { timeout: 120_000 }, async () => {
    const customer = await story.subscriber('topped-up');
    for (const path of ['/v1/invoices$', '/v1/invoiceitems$', '/finalize$', '/pay$']) {
      story.simulator.faults.add({ match: { method: 'POST', path, times: 1 }, kind: 'cut_after' });
    }
    await agree(customer);
    await story.relayed();
    const { data } = await story.stripe.invoices.list({ customer: customer.stripeCustomer, limit: 100 });
    expect(data.filter(({ metadata }) => metadata?.['creditpool'] === 'top_up')).toHaveLength(1);
    expect(await customer.balance()).toMatchObject({ available: '1000' });
  });
});
