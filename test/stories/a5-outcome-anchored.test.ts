import { expect, test } from 'vitest';

import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database, { catalogue: await templateCatalogue('outcome') });

test('A5 Outcome-anchored: 340 resolved of 400 are 6 800 credits, worth $136.00', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('support');
  await story.until('2026-04-10T12:00:00Z');
  const events = Array.from({ length: 400 }, (_, at) => ({
    id: `ticket-${at}`,
    customer: customer.stripeCustomer,
    action: 'ticket.handle',
    quantities: {},
    dimensions: { outcome: at < 340 ? 'resolved' : 'escalated' },
    provider: { name: 'acme', model: 'agent-1', cost: { amount: '0.31', currency: 'usd' } },
  }));
  const { body } = await story.call('POST', '/v1/track', { events });
  expect(body).toMatchObject({ applied: 400, rejected: 0 });
  const results = body['results'] as unknown as readonly { credits: string }[];
  expect(results.map(({ credits }) => Number(credits)).reduce((sum, credits) => sum + credits, 0)).toBe(6_800);
  expect(new Set(results.slice(340).map(({ credits }) => credits))).toEqual(new Set(['0']));

  // 400 × $0.31 = $124.00 against $136.00: $12.00, 8.8 % of what is billed.
  const margin = { cost: '124', billed: '136', gap: '12', margin_percent: '8.82', uses: 400, credits: '6800' };
  for (const by of ['feature', 'action', 'model', 'customer']) {
    const report = await story.call('GET', `/v1/reports/margin?by=${by}&from=2026-04`);
    expect(report.body).toMatchObject({ currency: 'usd', data: [margin], totals: [margin] });
  }

  // Held before the outcome is known: an escalated one gives everything back.
  const asked = { customer: customer.stripeCustomer, action: 'ticket.handle', credits: '20' };
  const { body: held } = await story.call('POST', '/v1/holds', asked, 'hold-1');
  const capture = { quantities: {}, dimensions: { outcome: 'escalated' } };
  const path = `/v1/holds/${held['id'] as unknown as string}/capture`;
  expect((await story.call('POST', path, capture, 'capture-1')).body).toMatchObject({ captured: '0', released: '20' });

  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, {
    invoice: '136',
    credits_applied: '0',
    lots: '0',
    deferred: '0',
    receivable: '0',
    cash: '136',
    open_grants: '0',
    variances: 0,
  });
});
