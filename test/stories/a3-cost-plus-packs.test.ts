import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: await templateCatalogue('cost-plus') });

test('A3 Cost-plus packs: credits bought before cost nothing on the cycle invoice', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('cost-plus');
  await customer.buyPack();
  await story.until('2026-04-10T12:00:00Z');
  // 4 100 + 3 × 700 credits.
  const quantities = { input_tokens: '4100000', output_tokens: '700000' };
  const used = await customer.use(0, { action: 'llm.complete', quantities });
  expect(used).toMatchObject({ credits: '6200', balance: '3800' });
  const tooMuch = await customer.use(0, { action: 'llm.complete', quantities });
  expect(tooMuch).toMatchObject({ status: 'unfunded', balance: '3800' });

  await story.until('2026-05-02T00:00:00Z');
  expect(await customer.cycleInvoice()).toMatchObject({ status: 'paid', amount_due_minor: 0 });
  await expectBooks(story, customer, {
    invoice: '0',
    credits_applied: '49.6',
    lots: '3800',
    deferred: '30.4',
    receivable: '0',
    cash: '80',
    open_grants: '30.4',
    variances: 0,
  });
});
