import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const LONG_AGO = '2020-01-01T00:00:00.000Z';
const { database } = await cloneDatabase();
const MODELS: Readonly<Record<string, string>> = {
  'llm.complete': 'text-1',
  'gpu.run': 'a100',
  'text.embed': 'embed-1',
};
const priced = (model: string, unit: string, amount: string, each: number) => ({
  model,
  effectiveFrom: LONG_AGO,
  prices: [{ unit, amount, each }],
});
const PRICES = {
  currency: 'usd',
  models: [
    {
      model: 'text-1',
      effectiveFrom: LONG_AGO,
      prices: [
        { unit: 'input_tokens', amount: '0.15', each: 1_000_000 },
        { unit: 'output_tokens', amount: '0.60', each: 1_000_000 },
      ],
    },
    priced('a100', 'minutes', '0.01', 1),
    priced('embed-1', 'tokens', '0.02', 1_000_000),
  ],
};
const story = await tellStory(database, {
  catalogue: await templateCatalogue('usage-wrapper'),
});

test('A4 Usage with a credit wrapper: 2 030 credits of four kinds of use, $0.60', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('wrapper');
  await story.call('POST', '/v1/model_prices', PRICES);
  await story.until('2026-04-10T12:00:00Z');
  const use = (action: string, quantities: object) =>
    customer.use(0, { action, quantities, provider: { model: MODELS[action] } });
  const input = await use('llm.complete', { input_tokens: 1_000_000 });
  expect(input).toMatchObject({ credits: '1000' });
  expect(await use('llm.complete', { output_tokens: 200_000 })).toMatchObject({ credits: '800' });
  expect(await use('gpu.run', { minutes: 30 })).toMatchObject({ credits: '30' });
  expect(await use('text.embed', { tokens: 1_999_000 })).toMatchObject({ credits: '199.9' });
  // A thousand tokens one by one are a tenth of a milli-credit each, and nothing of it is lost.
  const single = {
    customer: customer.stripeCustomer,
    action: 'text.embed',
    quantities: { tokens: 1 },
    provider: { model: 'embed-1' },
  };
  const events = Array.from({ length: 1_000 }, (_, at) => ({ ...single, id: `token-${at}` }));
  expect((await story.call('POST', '/v1/track', { events })).body).toMatchObject({ applied: 1_000 });
  expect(await customer.balance()).toMatchObject({ available: '0', overage: '30' });

  // The raw quantities stay visible beside the credits.
  const april = `/v1/customers/${customer.stripeCustomer}/statement?from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00Z`;
  const lines = (await story.call('GET', april)).body['data'] as unknown as readonly Record<string, string>[];
  const line = lines.find(({ usage_event: event }) => event === (input['usage_event'] as unknown as string));
  const { body: entry } = await story.call('GET', `/v1/ledger_entries/${line?.['entry']}`);
  expect(entry['usage_events']).toContainEqual(
    expect.objectContaining({ quantities: { input_tokens: '1000000' }, credits: '1000' }),
  );

  // 2 000 of the 2 030 credits come with a fee of which nothing is theirs: $40.00 apart, and $0.60 billed. At $0.15 and
  // $0.60 a million tokens the text cost $0.27, half an hour at $0.01 a minute $0.30, 2 000 000 embedded ones $0.04.
  const { body: margin } = await story.call('GET', '/v1/reports/margin?by=action&from=2026-04');
  expect(margin['data']).toMatchObject([
    { action: 'gpu.run', cost: '0.3' },
    { action: 'llm.complete', cost: '0.27', credits: '1800', not_billed: { unallocated: '36' } },
    { action: 'text.embed', cost: '0.04', credits: '200', uses: 1_001 },
  ]);
  expect(margin['totals']).toMatchObject([
    { cost: '0.61', billed: '0.6', gap: '-0.01', credits: '2030', not_billed: { unallocated: '40' }, flags: [] },
  ]);

  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, {
    invoice: '0.6',
    credits_applied: '40',
    lots: '2000',
    deferred: '0',
    receivable: '0',
    cash: '0.6',
    open_grants: '40',
    variances: 0,
  });
});
