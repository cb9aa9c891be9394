import type { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { expectBooks, type Story, type Subscriber, tellEach } from '../support/story.ts';

const plan = { ...hybrid, plan: 'promoted', baseAmountMinor: 0, includedCredits: '0', pricePerCredit: '0.0333' };
const [[, documented], [, strict]] = (await tellEach(
  { documented: { creditGrantsMax: 100 }, strict: { creditGrantsMax: 40 } },
  { catalogue: { ...sampleCatalogue, plans: [plan], packs: [] } },
)) as [readonly [string, Story], readonly [string, Story]];

/** What counts against Stripe's limit of 100: neither voided nor ended. */
async function openGrants(
  story: Story,
  { stripeCustomer: customer }: Subscriber,
): Promise<readonly Stripe.Billing.CreditGrant[]> {
  const { data } = await story.stripe.billing.creditGrants.list({ customer, limit: 100 });
  const at = (await story.clock.now()).getTime() / 1000;
  return data.filter(({ voided_at: voided, expires_at: ends }) => voided === null && (ends === null || ends > at));
}

test.for([
  ['A hundred and fifty promotions', documented, 150, 4_995, '49.95'],
  ['Sixty promotions where Stripe keeps 40 grants', strict, 60, 1_998, '19.98'],
] as const)(
  'B7 %s: every one spendable, never more than 90 open grants at Stripe',
  { timeout: 120_000 },
  async ([, story, gifts, worth, credits]) => {
    const customer = await story.subscriber('promoted');
    await story.until('2026-04-02T00:00:00Z');
    let most = 0;
    for (let gift = 1; gift <= gifts; gift += 1) {
      const body = { customer: customer.stripeCustomer, source: 'promotional', credits: '10', reason: `gift ${gift}` };
      expect((await story.call('POST', '/v1/grants', body, `gift-${gift}`)).status).toBe(200);
      if (gift % 30 !== 0) continue;
      await story.relayed();
      most = Math.max(most, (await openGrants(story, customer)).length);
    }
    expect(most).toBeLessThanOrEqual(90);
    expect(await customer.balance()).toMatchObject({ available: `${gifts}0`, lots: { length: gifts } });
    const open = await openGrants(story, customer);
    expect(open.reduce((sum, { amount }) => sum + (amount.monetary?.value ?? 0), 0)).toBe(worth);

    await story.until('2026-04-20T12:00:00Z');
    expect(await customer.use(10 * gifts)).toMatchObject({ status: 'applied', balance: '0' });
    await story.until('2026-05-02T00:00:00Z');
    expect(await customer.cycleInvoice()).toMatchObject({
      lines: [{ kind: 'usage', amount_minor: worth, credits_applied_minor: worth }],
    });
    await expectBooks(story, customer, {
      invoice: '0',
      credits_applied: credits,
      lots: '0',
      deferred: '0',
      receivable: '0',
      cash: '0',
      open_grants: '0',
      variances: 0,
    });
  },
);
