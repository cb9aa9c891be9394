import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { type Story, type Subscriber, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);

test('x', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(2_000);
  await story.until('2026-04-21T12:00:00Z');
  const { stripe } = story;
  const grants = await stripe.billing.creditGrants.list({ customer: customer.stripeCustomer });
  console.log(JSON.stringify(grants.data));
  await stripe.billing.creditGrants.voidGrant(grants.data[0]?.id ?? '');
  const invoices = await stripe.invoices.list({ customer: customer.stripeCustomer });
  const [line] = invoices.data[0]?.lines.data ?? [];
  await stripe.creditNotes.create({ invoice: invoices.data[0]?.id ?? '', lines: [{ type: 'invoice_line_item', invoice_line_item: line?.id ?? '', amount: 2000 }], credit_amount: 2000 });
  const sub = await stripe.subscriptions.retrieve(customer.subscription);
  const metered = sub.items.data.find(({ price }) => price.recurring?.usage_type === 'metered');
  await stripe.prices.update(metered?.price.id ?? '', { active: false });
  await story.until('2026-04-22T12:00:00Z');
  const { body } = await story.call('POST', '/v1/reconciliations', { full: true });
  console.log(JSON.stringify(body, null, 1));
});
