// Margin and shadow AI in the console: a feature under water is seen at once, and what nobody registered is blocked there.
import { expect, test, vi } from 'vitest';

import { watchBills } from '../../src/operations/margin/watch-bills.ts';
import { readFigures } from '../../src/operations/read-figures.ts';
import { ADA, expectAccessible, linkFor, openWindow, picture, signIn, startBrowser } from '../support/browser.ts';
import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 240_000 });

const { database } = await cloneDatabase();
const metered = { ...hybrid, plan: 'metered', baseAmountMinor: 0, includedCredits: '0' };
const story = await tellStory(database, { catalogue: { ...sampleCatalogue, plans: [metered] } });
const browser = await startBrowser();
const window = await openWindow(browser, story.origin);
const page = await signIn(window, await linkFor(story.billing.deps, story.origin, ADA));
const goTo = async (path: string): Promise<void> => void (await page.goto(`${story.origin}/admin${path}`));

test('ai cost $20.00 and brought $10.00: the sentence says so, the table and the picture show it', async () => {
  const customer = await story.subscriber('metered');
  const cost = (model: string, amount: string) => ({ model, key: 'prod', cost: { amount, currency: 'usd' } });
  await customer.use(0, {
    action: 'llm.complete',
    quantities: { input_tokens: 1_000_000 },
    provider: cost('text-9', '20'),
  });
  await customer.use(3_000, { provider: cost('text-1', '4.5') });
  await goTo('/margin?month=2026-04');
  await page.getByText('In April 2026 use cost USD 24.50 and was billed USD 40.00: a gap of USD 15.50').waitFor();
  await page.getByText('ai costs more than it brings').waitFor();
  const row = page.getByRole('row').filter({ hasText: 'Under water' });
  expect(await row.innerText()).toMatch(/ai\s+1\s+1,000\s+USD 20\.00\s+USD 10\.00\s+USD −10\.00\s+−100 %/);
  const drawn = await page
    .getByRole('img', { name: /Cost and billed value/ })
    .evaluate((image) => image instanceof HTMLImageElement && image.complete && image.naturalWidth > 0);
  expect(drawn).toBe(true);
  await looks('page-margin');
  await page.getByRole('link', { name: 'By model' }).click();
  await page.getByRole('cell', { name: 'text-9' }).waitFor();
  expect(window.complaints).toEqual([]);
});

test('a model that nobody registered is blocked from its finding', async () => {
  const known = { kind: 'model', name: 'text-1', state: 'registered', owner: 'ml', reason: 'the assistant' };
  await story.call('PUT', '/v1/registered_uses', known);
  await story.call('POST', '/v1/shadow_findings/look', {});
  await goTo('/shadow');
  await page.getByText('One name is used or billed without anybody answering for it.').waitFor();
  await expectAccessible(page);
  await picture(page, 'page-shadow');
  await page.getByRole('link', { name: 'Decide about text-9' }).click();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('text-9');
  await page.getByLabel('Block it').check();
  await page.getByLabel('Why', { exact: true }).fill('not reviewed');
  await page.getByRole('button', { name: 'Keep the decision' }).click();
  await page.getByText('No names are used or billed').waitFor();
  await picture(page, 'page-shadow-blocked');
  const { body } = await story.call('GET', '/v1/shadow_findings');
  expect(body['data']).toMatchObject([{ name: 'text-9', state: 'blocked', owner: 'Ada' }]);
  expect(window.complaints).toEqual([]);
});

test('a bill is brought in: what it asks for without any use is seen, month by month and line by line', async () => {
  await goTo('/bills');
  await page.getByText('No bill was brought in yet.').waitFor();
  const fill = async (cost: string): Promise<void> => {
    await page.getByLabel('Provider', { exact: true }).fill('acme');
    await page.getByLabel('Currency').fill('usd');
    await page.getByLabel('Columns').fill('day=Date,model=Model,key=Key,amount=Cost');
    const rows = [
      'Date,Model,Key,Cost',
      '2026-04-01,text-9,prod,20',
      '2026-04-01,text-1,prod,4.5',
      `2026-04-01,ghost,lab,${cost}`,
    ];
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'april.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
    await page.getByRole('button', { name: 'Bring in the bill' }).click();
  };
  await fill('much');
  await page.getByRole('alert').getByText('Nothing was changed').waitFor();
  await expectAccessible(page);
  await fill('7.25');
  const row = page.getByRole('row').filter({ hasText: 'cost without use' });
  expect(await row.innerText()).toMatch(/2026-04-01\s+ghost\s+lab\s+cost without use\s+USD 7\.25\s+–\s+USD 7\.25\s+0/);
  await looks('page-bill');
  await goTo('/bills');
  await page
    .getByText('1 month of bills parts from what uses told of. The widest is acme in April 2026: USD 7.25')
    .waitFor();
  await looks('page-bills');
  const { body } = await story.call('GET', '/v1/alerts?kind=provider_bill.gap');
  const told = {
    provider: 'acme',
    month: '2026-04',
    billed: '31.75',
    told: '24.5',
    without_usage: '7.25',
    apart: '7.25',
  };
  expect(body['data']).toMatchObject([{ customer: null, data: told }]);
  const figures = (await readFigures(story.billing.deps)) ?? [];
  expect(figures.find(({ name }) => name === 'provider_bill_gaps')?.value).toBe(1);
  // Seen again the next night, it is told once; bills that agree close it.
  expect(await watchBills(story.billing.deps)).toEqual({ raised: 0 });
  await fill('0');
  await page.getByText('Bills and uses agree here').waitFor();
  const after = (await readFigures(story.billing.deps)) ?? [];
  expect(after.find(({ name }) => name === 'provider_bill_gaps')?.value).toBe(0);
  expect(window.complaints).toEqual([]);
});

/** In both colours, on a desk and on a phone. */
async function looks(name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await expectAccessible(page);
      await picture(page, `${name}-${colorScheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}
