import { expect, test } from 'vitest';

import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { hybrid, pack10k, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Subscriber, tellStory } from '../support/story.ts';

const plan = { ...hybrid, plan: 'metered', baseAmountMinor: 0, includedCredits: '0' };
const pack = { ...pack10k, pack: 'pack-5k', name: '5 000 credits', credits: '5000', amountMinor: 5_000 };
const catalogue = { ...sampleCatalogue, plans: [plan], packs: [pack] };
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue });

async function version({ stripeCustomer }: Subscriber): Promise<unknown> {
  const { body } = await story.call('GET', `/v1/customers/${stripeCustomer}`);
  const [subscription] = body['subscriptions'] as unknown as readonly { plan_version: number }[];
  return subscription?.plan_version;
}

test(
  'B8 Price change: 5 000 bought credits stay 5 000 when their price doubles, and pay for 5 000',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('metered');
    const legacy = await story.subscriber('metered');
    await customer.buyPack('pack-5k');
    await story.until('2026-04-15T12:00:00Z');
    await pushCatalogue(story.billing.deps, { ...catalogue, plans: [{ ...plan, pricePerCredit: '0.02' }] });
    // A new version of the catalogue moves nobody; a person does, with the renewal.
    const path = `/v1/subscriptions/${customer.subscription}/change_plan`;
    const wish = { plan: 'metered', starts: 'period_end', reason: 'new price list' };
    expect(await story.call('POST', path, wish)).toMatchObject({
      status: 200,
      body: { state: 'done', starts: 'period_end' },
    });
    expect(await customer.balance()).toMatchObject({ available: '5000' });
    await story.until('2026-05-02T00:00:00Z');
    await story.relayed();
    expect(await customer.balance()).toMatchObject({ available: '5000' });
    expect([await version(customer), await version(legacy)]).toEqual([2, 1]);
    const { data } = await story.stripe.billing.creditGrants.list({ customer: customer.stripeCustomer, limit: 100 });
    const at = (await story.clock.now()).getTime() / 1000;
    const open = data.filter(({ voided_at: voided, expires_at: ends }) => voided === null && (ends ?? at + 1) > at);
    expect(open.reduce((sum, { amount }) => sum + (amount.monetary?.value ?? 0), 0)).toBe(10_000);

    await story.until('2026-05-20T12:00:00Z');
    expect(await customer.use(5_000)).toMatchObject({ status: 'applied', balance: '0' });
    // Who was not moved keeps his price.
    await legacy.use(1_000);
    await story.until('2026-06-02T00:00:00Z');
    expect(await legacy.cycleInvoice()).toMatchObject({ total_minor: 1_000 });
    expect(await customer.cycleInvoice()).toMatchObject({
      lines: [{ kind: 'usage', amount_minor: 10_000, credits_applied_minor: 10_000 }],
    });
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '100',
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '50',
      open_grants: '0',
      variances: 0,
    });
  },
);
