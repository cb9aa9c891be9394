import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Subscriber, tellStory } from '../support/story.ts';

const plan = { ...hybrid, plan: 'promoted', baseAmountMinor: 0, includedCredits: '0', pricePerCredit: '0.0333' };
const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [plan], packs: [] } });

/** What counts against Stripe's limit of 100: neither voided nor ended. */
async function openGrants({ stripeCustomer: customer }: Subscriber): Promise<readonly Stripe.Billing.CreditGrant[]> {
  const { data } = await story.stripe.billing.creditGrants.list({ customer, limit: 100 });
  const at = (await story.clock.now()).getTime() / 1000;
  return data.filter(({ voided_at: voided, expires_at: ends }) => voided === null && (ends === null || ends > at));
}

test(
  'B7 A hundred and fifty promotions: every one spendable, never more than 90 open grants at Stripe',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('promoted');
    await story.until('2026-04-02T00:00:00Z');
    let most = 0;
    for (let gift = 1; gift <= 150; gift += 1) {
      const body = { customer: customer.stripeCustomer, source: 'promotional', credits: '10', reason: `gift ${gift}` };
      expect((await story.call('POST', '/v1/grants', body, `gift-${gift}`)).status).toBe(200);
      if (gift % 30 !== 0) continue;
      await story.relayed();
      most = Math.max(most, (await openGrants(customer)).length);
    }
    expect(most).toBeLessThanOrEqual(90);
    expect(await customer.balance()).toMatchObject({ available: '1500', lots: { length: 150 } });
    const open = await openGrants(customer);
    expect(open.reduce((sum, { amount }) => sum + (amount.monetary?.value ?? 0), 0)).toBe(4_995);

    await story.until('2026-04-20T12:00:00Z');
    expect(await customer.use(1_500)).toMatchObject({ status: 'applied', balance: '0' });
    await story.until('2026-05-02T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({
      lines: [{ kind: 'usage', amount_minor: 4_995, credits_applied_minor: 4_995 }],
    });
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: '49.95',
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '0',
      open_grants: '0',
      variances: 0,
    });
  },
);
