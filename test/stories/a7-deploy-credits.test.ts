import { expect, test } from 'vitest';

import { pushCatalogue } from '../../src/operations/push-catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const { database } = await cloneDatabase();
const catalogue = await templateCatalogue('netlify');
const story = await tellStory(database, { catalogue });

test('A7 Deploy credits: what runs finishes, what is new is refused', { timeout: 120_000 }, async () => {
  const customer = await story.subscriber('deploys');
  const asked = { customer: customer.stripeCustomer, action: 'deploy.run', quantities: {} };
  await story.until('2026-04-10T12:00:00Z');
  const lines = [{ action: 'deploy.run' }];
  const { body: quote } = await story.call('POST', '/v1/quote', { customer: customer.stripeCustomer, lines });
  expect(quote).toMatchObject({ allowed: true, cost: '15', balance: '300' });
  for (let deployed = 0; deployed < 18; deployed += 1) {
    expect(await customer.use(0, { action: 'deploy.run', quantities: {} })).toMatchObject({
      status: 'applied',
      credits: '15',
    });
  }
  const { body: running } = await story.call('POST', '/v1/holds', asked, 'deploy-19');
  await customer.use(5);
  expect(await customer.balance()).toMatchObject({ available: '10', held: '15' });

  const refused = await story.call('POST', '/v1/holds', asked, 'deploy-20');
  expect(refused.status).toBe(402);
  expect(refused.body).toMatchObject({
    error: { code: 'insufficient_credits', details: { needed: '15', available: '10', limit: 'balance' } },
  });
  const captured = await story.call('POST', `/v1/holds/${running['id'] as unknown as string}/capture`, {}, 'done');
  expect(captured.body).toMatchObject({ state: 'captured', captured: '15', balance: '10' });

  // A new version of the plan is for who comes later: neither the running period nor the next one of this customer changes.
  const dearer = catalogue.plans.map((plan) => ({ ...plan, includedCredits: '500' }));
  const pushed = await pushCatalogue(story.billing.deps, { ...catalogue, plans: dearer });
  expect(pushed).not.toHaveProperty('rejected');
  await story.clock.settle();
  expect(await customer.balance()).toMatchObject({ available: '10' });
  expect(await (await story.subscriber('deploys')).balance()).toMatchObject({ available: '500' });

  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, {
    invoice: '0',
    credits_applied: '2.9',
    lots: '300',
    deferred: '0',
    receivable: '0',
    cash: '0',
    open_grants: '3',
    variances: 0,
  });
});
