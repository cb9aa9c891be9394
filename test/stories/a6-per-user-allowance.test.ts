import { expect, test } from 'vitest';

import { reconcile } from '../../src/operations/reconcile.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Subscriber, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: await templateCatalogue('postman') });
let keys = 0;

function hold(customer: Subscriber, credits = '1') {
  keys += 1;
  const body = { customer: customer.stripeCustomer, action: 'api.call', credits };
  return story.call('POST', '/v1/holds', body, `hold-${keys}`);
}

/** What April and May come to, whichever hand moved it: 38 used on Free, 402 on Solo from 16 April, credits pay all. */
const UPGRADED = {
  // $19.00 for May and half of it for April. Stripe asks $0.38 for the use on Free, which no grant reaches: taken back.
  invoice: '28.5',
  credits_applied: '4.02',
  lots: '400',
  // One of May's 31 days is earned: 19.00 − 0.61.
  deferred: '18.39',
  receivable: '0',
  cash: '28.5',
  open_grants: '4',
  variances: 0,
};

/** As by a person in Stripe's dashboard: both prices at once. */
async function moveByDashboard(customer: Subscriber): Promise<void> {
  const { stripe } = story;
  const prices = (await stripe.prices.list({ limit: 100, active: true })).data;
  const of = (key: string): string =>
    prices.find(({ lookup_key: name }) => name?.startsWith('creditpool/plan/solo/') && name.includes(key))?.id ?? '';
  const { items } = await stripe.subscriptions.retrieve(customer.subscription);
  const metered = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
  await stripe.subscriptions.update(customer.subscription, {
    items: [{ id: metered?.id ?? '', price: of('/metered') }, { price: of('/base') }],
  });
  await story.clock.settle();
}

/** Three hands move a customer to Solo in the same way. */
const HANDS = {
  'by our API': async (customer: Subscriber) => {
    const path = `/v1/subscriptions/${customer.subscription}/change_plan`;
    const { status, body } = await story.call('POST', path, { plan: 'solo', reason: 'upgrade' });
    expect([status, body]).toMatchObject([200, { object: 'plan_change', state: 'done', plan: 'solo', quantity: 1 }]);
    expect(await story.call('POST', path, { plan: 'solo', reason: 'upgrade' })).toMatchObject({
      status: 409,
      body: { error: { code: 'plan_not_changeable' } },
    });
    await story.clock.settle();
  },
  'in the dashboard': moveByDashboard,
};

test(
  'A6 Per-user allowance: the 51st credit is refused while another customer has 50; 400 open when A moves to Solo',
  { timeout: 120_000 },
  async () => {
    const other = await story.subscriber('free');
    const moved = new Map<string, Subscriber>();
    for (const hand of Object.keys(HANDS)) moved.set(hand, await story.subscriber('free'));
    await story.until('2026-04-10T12:00:00Z');
    for (const a of moved.values()) {
      await a.use(38);
      expect(await a.balance()).toMatchObject({ available: '12' });
      const refused = await hold(a, '13');
      expect(refused).toMatchObject({
        status: 402,
        body: { error: { details: { limit: 'balance', available: '12' } } },
      });
    }
    expect(await other.balance()).toMatchObject({ available: '50' });

    await story.until('2026-04-16T00:00:00Z');
    for (const [hand, move] of Object.entries(HANDS)) {
      const a = moved.get(hand);
      if (a === undefined) throw new Error(`nobody is moved ${hand}`);
      const { body: running } = await hold(a, '5');
      await move(a);
      expect(await a.balance()).toMatchObject({ available: '400', held: '5' });
      // What runs finishes with what it had reserved of the old allowance, and gives nothing of it back.
      await story.call('POST', `/v1/holds/${idOf(running)}/capture`, { amount: '2' }, `capture-${a.name}`);
      expect(await a.balance()).toMatchObject({ available: '400', held: '0' });
    }
    await story.until('2026-04-20T12:00:00Z');
    for (const a of moved.values()) {
      await a.use(400);
      expect((await hold(a)).status).toBe(402);
    }
    // What waits for the cycle's invoice is no difference.
    await story.until('2026-04-25T12:00:00Z');
    expect(await reconcile(story.billing.deps, { full: true })).toMatchObject({ unexplained: 0 });
    await story.until('2026-05-02T00:00:00Z');
    for (const a of moved.values()) await expectBooks(story, a, UPGRADED);
    await expectBooks(story, other, {
      invoice: '0',
      credits_applied: '0',
      lots: '50',
      deferred: '0',
      receivable: '0',
      cash: '0',
      open_grants: '0.5',
      variances: 0,
    });
  },
);
