import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const larger = {
  ...hybrid,
  plan: 'larger',
  baseAmountMinor: 19_900,
  includedCredits: '24000',
  pricePerCredit: '0.009',
};
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, plans: [hybrid, larger] },
  startsAt: '2026-04-10T00:00:00Z',
});

test('A move to another plan in mid-cycle keeps no month open: what was used before it is billed when the cycle ends', async () => {
  const fiona = await story.person('fiona', 'finance');
  const customer = await story.subscriber();
  await story.until('2026-04-20T12:00:00Z');
  await customer.use(12_500);
  await story.until('2026-04-21T12:00:00Z');
  const path = `/v1/subscriptions/${customer.subscription}/change_plan`;
  expect((await story.call('POST', path, { plan: 'larger', reason: 'more' })).body).toMatchObject({ state: 'done' });
  await story.until('2026-05-03T12:00:00Z');
  const undone = async (month: string): Promise<readonly string[]> => {
    const { body } = await fiona('POST', `/v1/accounting_periods/${month}/prepare`, {});
    const items = body['checklist'] as unknown as readonly { readonly key: string; readonly done: boolean }[];
    return items.filter(({ done }) => !done).map(({ key }) => key);
  };
  // Its cycle ends on 10 May: both parts of it are May's.
  expect(await undone('2026-04')).toEqual(['journal_exported', 'journal_imported']);
  await story.until('2026-06-03T12:00:00Z');
  expect(await undone('2026-05')).toEqual(['earlier_months', 'journal_exported', 'journal_imported']);
});
