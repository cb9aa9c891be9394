import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: await templateCatalogue('seat-pool') });

test(
  'A2 Seat pool: a sixth seat brings half a period of credits once, and the bill is $329.00',
  { timeout: 120_000 },
  async () => {
    const { stripe } = story;
    const customer = await story.subscriber('seat-pool');
    const { items } = await stripe.subscriptions.retrieve(customer.subscription);
    const id = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed')?.id ?? '';
    const seats = async (quantity: number, more: { proration_behavior?: 'always_invoice' } = {}) => {
      await stripe.subscriptions.update(customer.subscription, { items: [{ id, quantity }], ...more });
      await story.clock.settle();
    };
    await seats(5, { proration_behavior: 'always_invoice' });
    expect(await customer.balance()).toMatchObject({ available: '4000' });
    await story.until('2026-04-16T00:00:00Z');
    await seats(6);
    expect(await customer.balance()).toMatchObject({ available: '4400' });
    for (let toggles = 0; toggles < 8; toggles += 1) {
      await seats(5);
      await seats(6);
    }
    // Asked for here a seat that comes back is not paid for a second time, whoever took it away.
    const path = `/v1/subscriptions/${customer.subscription}/seats`;
    for (const quantity of [5, 6, 4, 6]) {
      const asked = await story.call('POST', path, { quantity, reason: 'a colleague comes and goes' });
      expect(asked.body).toMatchObject({ kind: 'set_seats', state: 'done' });
      await story.clock.settle();
    }
    const again = await story.call('POST', path, { quantity: 6, reason: 'twice' });
    expect([again.status, again.body['error']]).toMatchObject([409, { code: 'subscription_not_changeable' }]);
    expect(await customer.balance()).toMatchObject({ available: '4400' });

    const event = { customer: customer.stripeCustomer, action: 'api.call', member: 'ann' };
    const used = await story.call('POST', '/v1/track', { ...event, id: 'ann', quantities: { calls: 1000 } });
    expect(used.body).toMatchObject({ status: 'applied', balance: '3400' });
    const refused = await story.call('POST', '/v1/holds', { ...event, credits: '1' }, 'the-1001st');
    expect([refused.status, refused.body['error']]).toMatchObject([
      402,
      {
        message: expect.stringContaining('cap of member ann (1000 credits a month)') as unknown,
        details: { limit: 'member_cap', lifted_by: expect.stringContaining('administers the account') as unknown },
      },
    ]);
    await customer.use(3700);
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(story, customer, {
      invoice: '329',
      credits_applied: '154',
      lots: '4800',
      // One of May's 31 days is earned: 294.00 − 9.48.
      deferred: '284.52',
      receivable: '0',
      cash: '574',
      open_grants: '168',
      variances: 0,
    });

    // Three seats, two, then four: two and one more are new, a whole period's $49.00 each.
    const growing = await story.subscriber('seat-pool');
    for (const quantity of [3, 2, 4]) {
      const asked = { quantity, reason: 'growing' };
      await story.call('POST', `/v1/subscriptions/${growing.subscription}/seats`, asked);
      await story.clock.settle();
    }
    const { data } = await stripe.invoiceItems.list({ customer: growing.stripeCustomer, pending: true });
    expect(data.reduce((sum, { amount }) => sum + amount, 0)).toBe(3 * 4_900);
    expect(await growing.balance()).toMatchObject({ available: '3200' });
  },
);
