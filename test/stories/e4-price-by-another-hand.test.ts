// Another hand makes Stripe bill our meter otherwise than was agreed: at another price, a second time, or not at all.
import { Stripe } from 'stripe';
import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, type Story, type Subscriber, tellStory } from '../support/story.ts';

const [held, away] = [
  await tellStory((await cloneDatabase()).database),
  await tellStory((await cloneDatabase()).database),
];

/** The metered item, and another price for a thousandth of a credit on its meter, in cents. */
async function prices({ stripe }: Story, { subscription }: Subscriber, cents: string) {
  const { items } = await stripe.subscriptions.retrieve(subscription);
  const item = items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
  const { id, product, recurring } = item?.price ?? {};
  if (item === undefined || id === undefined || typeof product !== 'string') throw new Error('nothing is metered');
  const other = await stripe.prices.create({
    product,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from(cents),
    recurring: { interval: 'month', usage_type: 'metered', meter: recurring?.meter ?? '' },
  });
  return { item: item.id, agreed: id, other: other.id };
}

async function change({ stripe, clock }: Story, { subscription }: Subscriber, items: object[]): Promise<void> {
  await stripe.subscriptions.update(subscription, { items, proration_behavior: 'none' });
  await clock.settle();
}

interface Held {
  readonly id: string;
  readonly external_id: string;
  readonly owed_minor: number;
  readonly would_charge_minor: number;
  readonly hold_reason: string;
  readonly held_because: string;
}

async function variances(story: Story, state: 'open' | 'explained'): Promise<readonly string[]> {
  const { body } = await story.call('GET', `/v1/variances?state=${state}&limit=100`);
  const found = body['data'] as unknown as readonly { subject: string; amount: string | null }[];
  return found
    .map(({ subject, amount }) => `${subject.split(' ')[0]}${amount === null ? '' : ` ${amount}`}`)
    .toSorted();
}

test(
  'E4 The meter is billed at five times the price, twice, or not at all: each draft is held, and a person puts it right',
  { timeout: 120_000 },
  async () => {
    const moved = await held.subscriber();
    const twice = await held.subscriber();
    const removed = await held.subscriber();
    await held.until('2026-04-10T12:00:00Z');
    for (const customer of [moved, twice, removed]) await customer.use(2_000);
    await held.until('2026-04-11T12:00:00Z');
    const of = {
      moved: await prices(held, moved, '0.005'),
      twice: await prices(held, twice, '0.005'),
      removed: await prices(held, removed, '0.005'),
    };
    // As the dashboard does it: what was used until now becomes an invoice item, which no credits reach.
    const items = [{ id: of.moved.item, price: of.moved.other }];
    await held.stripe.subscriptions.update(moved.subscription, { items, proration_behavior: 'create_prorations' });
    await change(held, twice, [{ price: of.twice.other }]);
    await change(held, removed, [{ id: of.removed.item, deleted: true }]);
    // Not in the instant of the change: a summary may count its end.
    await held.until('2026-04-11T14:00:00Z');
    for (const [customer, calls] of [
      [moved, 10_500],
      [twice, 3_000],
      [removed, 10_500],
    ] as const)
      await customer.use(calls);

    await held.until('2026-05-01T02:00:00Z');
    const drafts = (await held.call('GET', '/v1/settlements?state=held')).body['data'] as unknown as readonly Held[];
    const draftOf = ({ externalId }: Subscriber): Held => {
      const draft = drafts.find(({ external_id: id }) => id === externalId);
      if (draft === undefined) throw new Error(`the draft of ${externalId} is not held`);
      return draft;
    };
    expect(drafts.map(({ hold_reason: reason }) => reason)).toEqual(Array(3).fill('usage_billed_otherwise'));
    // 2 000 at a cent and 10 500 at five; owed are 2 500 past the included 10 000, at one.
    expect(draftOf(moved)).toMatchObject({ owed_minor: 2_500, would_charge_minor: 54_500 });
    expect(draftOf(moved).held_because).toMatch(
      new RegExp(
        `line il_\\w+ asks USD 525.00 for usage of our meter at ${of.moved.other}, and not at ${of.moved.agreed}: `,
      ),
    );
    expect(draftOf(moved).held_because).toContain(
      `asks USD 20.00 for usage of our meter at ${of.moved.agreed} as an invoice item`,
    );
    expect(draftOf(twice)).toMatchObject({ owed_minor: 0, would_charge_minor: 15_000 });
    expect(draftOf(twice).held_because).toContain(`asks USD 150.00 for usage of our meter at ${of.twice.other}`);
    expect(draftOf(removed)).toMatchObject({ owed_minor: 2_500, would_charge_minor: 0 });
    expect(draftOf(removed).held_because).toContain(`no line of ${of.removed.agreed} asks for the 12500 credits`);
    for (const customer of [moved, twice, removed]) {
      expect(await customer.cycleInvoice()).toMatchObject({ status: 'draft' });
    }

    // The items as they should be, then the drafts; the second item's waits for nobody: an hour before Stripe finalizes it,
    // what is too much is off.
    await change(held, moved, [{ id: of.moved.item, price: of.moved.agreed }]);
    await change(held, removed, [{ price: of.removed.agreed }]);
    const { items: both } = await held.stripe.subscriptions.retrieve(twice.subscription);
    const second = both.data.find(({ price }) => price.id === of.twice.other);
    await change(held, twice, [{ id: second?.id, deleted: true }]);
    for (const customer of [moved, removed]) {
      const path = `/v1/settlements/${draftOf(customer).id}/correct`;
      expect(await held.call('POST', path, { reason: 'as it was agreed' })).toMatchObject({ status: 200 });
    }
    await held.until('2026-05-04T00:00:00Z');
    const rest = { lots: '10000', deferred: '89.42', receivable: '0', open_grants: '100', variances: 0 };
    await expectBooks(held, moved, { ...rest, invoice: '124', credits_applied: '0', cash: '223' });
    await expectBooks(held, twice, { ...rest, invoice: '99', credits_applied: '50', cash: '198' });
    await expectBooks(held, removed, { ...rest, invoice: '124', credits_applied: '0', cash: '223' });
  },
);

test(
  'E4 Nobody is there when Stripe bills the meter otherwise: too much is credited at once, too little is told of',
  { timeout: 120_000 },
  async () => {
    const dearer = await away.subscriber();
    const cheaper = await away.subscriber();
    await away.until('2026-04-02T12:00:00Z');
    const of = { dearer: await prices(away, dearer, '0.005'), cheaper: await prices(away, cheaper, '0.0001') };
    await change(away, dearer, [{ id: of.dearer.item, price: of.dearer.other }]);
    await change(away, cheaper, [{ id: of.cheaper.item, price: of.cheaper.other }]);
    await away.until('2026-04-20T12:00:00Z');
    await dearer.use(12_500);
    await cheaper.use(12_500);
    await away.until('2026-04-29T00:00:00Z');
    await away.down('2026-05-05T00:00:00Z');
    await away.back();
    await away.relayed();
    await change(away, dearer, [{ id: of.dearer.item, price: of.dearer.agreed }]);
    await change(away, cheaper, [{ id: of.cheaper.item, price: of.cheaper.agreed }]);

    // 12 500 at five cents are 625.00, and 25.00 were owed; at a tenth of a cent they are 12.50.
    expect(await dearer.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 9_900 + 62_500 });
    expect(await cheaper.cycleInvoice()).toMatchObject({ status: 'paid', total_minor: 9_900 + 1_250 });
    const notes = await away.stripe.creditNotes.list({ limit: 100 });
    expect(notes.data.map(({ customer, total }) => [customer, total])).toEqual([[dearer.stripeCustomer, 60_000]]);
    await away.until('2026-05-06T00:00:00Z');
    const rest = { credits_applied: '0', lots: '10000', deferred: '83.04', receivable: '0', open_grants: '100' };
    // What is asked too little, and the credits that it did not take.
    await expectBooks(away, cheaper, { ...rest, invoice: '111.5', cash: '210.5', variances: 2 });
    await expectBooks(away, dearer, { ...rest, invoice: '724', cash: '823', variances: 2 });
    expect(await variances(away, 'open')).toEqual(['credits_applied -10000', 'invoice_owed -1250']);
    expect(await variances(away, 'explained')).toEqual(
      expect.arrayContaining(['credits_applied_shaped -10000', 'invoice_excess_credited 60000']),
    );
  },
);
