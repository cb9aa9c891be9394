import { expect, test } from 'vitest';

import type { Wire } from '../support/api.ts';
import { expectBooks, idOf, type Story, tellEach } from '../support/story.ts';

const [[, refusing], [, reporting]] = (await tellEach({
  refusing: { archivedMeter: 'refused', unknownMeterCustomer: 'refused' },
  reporting: { archivedMeter: 'reported', unknownMeterCustomer: 'reported' },
})) as [readonly [string, Story], readonly [string, Story]];

async function parked({ call }: Story): Promise<readonly Wire[]> {
  const { body } = await call('GET', '/v1/outbox');
  return body['data'] as unknown as readonly Wire[];
}

test.for([
  ['refused at once', refusing, 1],
  // Stripe's sums do not show it: it is sent again under another name before the invoice.
  ['reported later', reporting, 0],
] as const)(
  'E4 Usage of a meter that another hand switches off, and of a customer who is deleted, is %s: none holds up the books',
  { timeout: 120_000 },
  async ([, story, waiting]) => {
    const customer = await story.subscriber();
    const deleted = await story.subscriber();
    const { stripe } = story;
    await story.until('2026-04-10T12:30:00Z');
    await customer.use(12_500);
    await deleted.use(100);
    const [meter] = (await stripe.billing.meters.list()).data;
    await stripe.billing.meters.deactivate(meter?.id ?? '');
    await stripe.customers.del(deleted.stripeCustomer);
    await story.until('2026-04-10T14:00:00Z');
    expect(await parked(story)).toHaveLength(waiting);
    await stripe.billing.meters.reactivate(meter?.id ?? '');
    for (const message of await parked(story)) await story.call('POST', `/v1/outbox/${idOf(message)}/retry`);
    await story.until('2026-05-02T00:00:00Z');
    expect(await parked(story)).toEqual([]);
    await expectBooks(story, customer, {
      invoice: '124',
      credits_applied: '100',
      lots: '10000',
      // One of May's 31 days is earned: 99.00 − 3.19.
      deferred: '95.81',
      receivable: '0',
      cash: '223',
      open_grants: '100',
      variances: 0,
    });
  },
);
