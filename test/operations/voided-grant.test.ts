import { expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { hybrid, sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const rollover = { capPercent: 50, capCredits: null, periods: 1, priority: null };
const rolling = { ...hybrid, plan: 'rolling', policy: { ...samplePolicy, rollover } };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [rolling], packs: [] } });

test(
  'A grant that a hand voided has no end to move when its credits roll over: its queue goes on',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('rolling');
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(3_000);
    const { stripe } = story;
    const { data } = await stripe.billing.creditGrants.list({ customer: customer.stripeCustomer });
    await stripe.billing.creditGrants.voidGrant(data[0]?.id ?? '');
    await story.until('2026-05-02T12:00:00Z');
    const moves = await query<{ state: string }>(
      database,
      `select distinct state from outbox where lane between 0 and 63 and call = 'credit_grant.update'`,
    );
    expect(moves).toEqual([{ state: 'done' }]);
    expect(await story.call('GET', '/v1/outbox?state=parked')).toMatchObject({ body: { data: [] } });
    // Stripe took no credits off the $30.00 of usage, and a note gave them back at once.
    expect(await customer.cycleInvoice()).toMatchObject({ total_minor: 12_900 });
    const notes = await stripe.creditNotes.list({ customer: customer.stripeCustomer });
    expect(notes.data.map(({ total }) => total)).toEqual([3_000]);
  },
);
