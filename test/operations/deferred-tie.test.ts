import { expect, test } from 'vitest';

import { atTheBank, moneyOf } from '../support/bank.ts';
import { cloneDatabase } from '../support/database.ts';
import type { Story } from '../support/story.ts';
import { tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

async function tie(call: Story['call']): Promise<unknown> {
  const { checklist } = (await call('GET', '/v1/accounting_periods/2026-04')).body;
  const items = checklist as unknown as readonly {
    readonly key: string;
    readonly done: boolean;
    readonly proof: string;
  }[];
  const { done, proof } = items.find(({ key }) => key === 'deferred_ties') ?? {};
  return [done, proof];
}

test(
  'deferred credits tie on the very day on which a pack is bought, and after a part of it is used',
  { timeout: 120_000 },
  async () => {
    const fiona = await story.person('fiona', 'finance');
    const customer = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await customer.buyPack();
    expect(await tie(fiona)).toEqual([true, '80.00 USD']);
    await customer.use(12_500);
    expect(await tie(fiona)).toEqual([true, '80.00 USD']);
    await story.until('2026-04-21T12:00:00Z');
    expect(await tie(fiona)).toEqual([false, 'the accounts say 80.00 USD, the lots 60.00 USD']);
    await fiona('POST', '/v1/accounting_periods/2026-03/prepare');
    expect(await tie(fiona)).toEqual([true, '60.00 USD']);
  },
);

test(
  'deferred credits tie when a lost dispute took the price of credits that nobody had used',
  { timeout: 120_000 },
  async () => {
    const fiona = await story.person('fred', 'finance');
    const customer = await story.subscriber();
    const invoice = await customer.buyPack();
    await customer.use(13_000);
    await story.until('2026-04-22T12:00:00Z');
    await fiona('POST', '/v1/accounting_periods/2026-03/prepare');
    expect(await tie(fiona)).toEqual([true, '116.00 USD']);
    const dispute = await atTheBank(story, '/disputes', { invoice });
    await atTheBank(story, `/disputes/${dispute}/close`, { status: 'lost' });
    expect(await tie(fiona)).toEqual([true, '60.00 USD']);
  },
);

test(
  'a credit note by amount in the dashboard names no line, and what it takes is never earned',
  { timeout: 120_000 },
  async () => {
    const fiona = await story.person('faye', 'finance');
    const customer = await story.subscriber();
    const { stripe } = story;
    const { data } = await stripe.invoices.list({ customer: customer.stripeCustomer });
    const pack = await customer.buyPack();
    for (const [invoice, amount] of [
      [data[0]?.id ?? '', 3_000],
      [pack, 2_000],
    ] as const) {
      await stripe.creditNotes.create({ invoice, amount, credit_amount: amount, email_type: 'none' });
    }
    await story.clock.settle();
    // $80.00 less $20.00, beside the $60.00 of before.
    expect(await tie(fiona)).toEqual([true, '120.00 USD']);
    await story.until('2026-05-23T12:00:00Z');
    await fiona('POST', '/v1/accounting_periods/2026-03/prepare');
    const accounts = await moneyOf(story, customer);
    // Half of one of 31 days of the second fee is earned; of the first one $69.00 are, and no more.
    expect(accounts['revenue.subscription']).toBe(-(6_900n + 159n));
    expect(accounts['deferred.subscription']).toBe(-(9_900n - 159n));
  },
);
