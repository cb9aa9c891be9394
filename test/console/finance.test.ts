// What finance does with a month: looks at it, prepares the close, explains the one difference, exports, closes; by a
// pointer in a wide, light window, and by the keyboard alone in a dark one on a phone, without scripts.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { strFromU8, unzipSync } from 'fflate';
import type { Download, Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { ADA, expectAccessible, linkFor, OLU, openWindow, picture, signIn, startBrowser } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { keyboard } from '../support/hands.ts';
import { tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 120_000 });

const { database } = await cloneDatabase();
const story = await tellStory(database);
const browser = await startBrowser();
const { deps } = story.billing;
const window = await openWindow(browser, story.origin);
const page = await signIn(window, await linkFor(deps, story.origin, ADA));
const goTo = async (path: string, at = page): Promise<void> => void (await at.goto(`${story.origin}/admin${path}`));

const acme = await story.subscriber('hybrid');

test('finance begins at the month, and before anything was used each page says why it is empty', async () => {
  expect(new URL(page.url()).pathname).toBe('/admin/finance');
  for (const [path, words] of [
    ['/finance/reconciliation', 'Nothing was compared yet.'],
    ['/finance/variances', 'Nothing is open'],
    ['/finance/ledger?account=refund_clearing', 'Nothing moved like this.'],
    ['/finance/roll-forward', 'Nobody has bought credits so far'],
    ['/finance/exports', 'Nothing was exported yet.'],
    ['/finance/close', 'No month was closed or prepared yet.'],
    ['/finance/adjustments', 'No exception was asked for in this month.'],
  ] as const) {
    await goTo(path);
    await page.getByText(words).first().waitFor();
    await expectAccessible(page);
  }
  expect(window.complaints).toEqual([]);
});

test('April of 12,500 credits agrees; a stranger’s 7 meter units are the one difference that a run finds', async () => {
  await story.until('2026-04-20T12:00:00Z');
  await acme.buyPack();
  await acme.use(12_500, { id: 'long work' });
  await story.until('2026-05-02T12:00:00Z');
  await acme.use(300, { id: 'work of May', at: '2026-05-01T10:00:00Z' });
  const [unit] = await query<{ event: string }>(database, `select event_name as event from credit_units`);
  await story.stripe.billing.meterEvents.create({
    event_name: unit?.event ?? '',
    payload: { stripe_customer_id: acme.stripeCustomer, value: '7' },
    timestamp: Date.parse('2026-05-02T00:00:00Z') / 1000,
  });
  await story.until('2026-05-03T02:00:00Z');
  await goTo('/finance/close');
  await page.getByRole('button', { name: 'Prepare the close' }).click();
  await page.getByRole('progressbar').waitFor();
  await expectAccessible(page);
  await picture(page, 'finance-job-runs');
  await story.clock.settle();
  // The page looks again by itself.
  await page.getByRole('link', { name: 'To the checklist' }).click();
  await page.getByText('3 of 17 points are not done.').waitFor();
  // An export holds what was recorded a minute ago.
  await story.until('2026-05-03T02:05:00Z');

  await goTo('/finance');
  // Usage agrees; of 80.00 for the pack a quarter is used: 60.00 are owed.
  await page.getByText('Difference: none.').waitFor();
  for (const name of ['Metered', 'Ledger', 'Invoiced']) expect(await figure(name)).toBe('12,500');
  expect(await page.getByRole('link', { name: 'USD 60.00' }).count()).toBe(1);
  await page.getByRole('heading', { name: '3 things block the close' }).waitFor();
  await page.getByRole('link', { name: '12,500' }).first().click();
  await page.getByRole('cell', { name: 'none' }).waitFor();
  expect(window.complaints).toEqual([]);
});

test('a funnel has every step of April, and marks what Stripe counts too much of May', async () => {
  await goTo('/finance/reconciliation');
  await page.getByRole('link', { name: /2026/ }).first().click();
  const step = (name: string): Promise<string[]> =>
    page.locator('.step').filter({ hasText: name }).locator('strong').allInnerTexts();
  // April first, then what has come of May.
  expect(await step('event priced')).toEqual(['12,500', '300']);
  expect(await step('1 usage line')).toEqual(['12,500']);
  expect(await step('1 meter event accepted')).toEqual(['12,500', '300']);
  await page.getByText('Too much: Stripe counts something else (1) +0.007').waitFor();
});

test('by the keyboard alone and without scripts: a difference is found by a kept filter, assigned and explained', async () => {
  const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark', javaScriptEnabled: false } as const;
  const ada = await openWindow(browser, story.origin, phone);
  const hers = await signIn(ada, await linkFor(deps, story.origin, ADA));
  const hand = keyboard(hers);
  await goTo('/finance/variances', hers);
  await hand.press('Missing in the ledger 1');
  await hand.write('Keep this filter as', 'Ours to find');
  await hand.press('Keep');
  await goTo('/finance/variances', hers);
  await hand.press('Ours to find');
  await hand.press('Meter events foreign');
  await hers.getByText('≠ differs').waitFor();
  expect(await hers.getByRole('cell', { name: '7 meter units' }).count()).toBe(1);
  await hand.press('Assign');
  await hand.write('What it is', 'A load test of the platform team');
  await hand.write('Where that can be seen', 'https://tickets.example.com/OPS-12');
  await hand.press('Explain this variance');
  await hers.getByText('By Ada').waitFor();
  await goTo('/finance/variances', hers);
  await hers.getByText('Nothing is open').waitFor();
});

test('the ledger of one account adds up to what it stood at, and the file says the same', async () => {
  await goTo('/finance/ledger?month=2026-04&account=cash');
  const stood = await page.locator('td[data-name="Stood at"]').allInnerTexts();
  // 99.00 for the plan on the first, 80.00 for the pack on the twentieth; newest first.
  expect(stood).toEqual(['USD 179.00', 'USD 99.00']);
  const file = await textOf(await download(page, 'Download as CSV'));
  expect(
    file
      .split('\r\n')
      .slice(1, 3)
      .map((line) => line.split(',').slice(9, 13)),
  ).toEqual([
    ['80.00', 'usd', '80.00', '179.00'],
    ['99.00', 'usd', '99.00', '99.00'],
  ]);
  await page.getByRole('link', { name: 'Invoice payment paid' }).first().click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('Both sides come to the same: USD 80.00 = USD 80.00.').waitFor();
  await drawer.getByText('✓ seal holds').waitFor();
  await expectAccessible(page);
  await goTo('/finance/ledger?customer=nobody&from=2026-02-30');
  await page.getByRole('alert').waitFor();
  expect(window.complaints).toEqual([]);
});

test('an account without a name stops the export; then it is made once and downloaded twice, the same to the byte', async () => {
  await goTo('/finance/exports/accounts/quickbooks');
  await page.getByLabel('Your account for cash at Stripe').fill('');
  await page.getByLabel('Your account for receivable').fill('=cmd|Debtors');
  await page.getByRole('button', { name: 'Keep these names' }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('alert').getByText('1 account of the month has no name in QuickBooks Online.').waitFor();
  await page.getByRole('link', { name: 'Name them' }).click();
  await page.getByLabel('Your account for cash at Stripe').fill('Stripe Balance');
  await page.getByRole('button', { name: 'Keep these names' }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  await page
    .getByRole('cell', { name: '’=cmd|Debtors'.replace('’', "'") })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Export April 2026 for QuickBooks Online' }).click();
  const name = 'journal-2026-04-quickbooks-summary.csv';
  const [first, second] = [await textOf(await download(page, name)), await textOf(await download(page, name))];
  expect(second).toBe(first);
  expect(await page.getByText(createHash('sha256').update(first).digest('hex')).count()).toBe(1);
  // 99.00 and 80.00 invoiced, then paid; 99.00 of the fee and 20.00 of the pack earned.
  expect(await page.getByRole('cell', { name: 'USD 477.00' }).count()).toBe(2);
});

test('two people close April over the same proofs; the pack proves itself, and only an owner opens it again', async () => {
  await goTo('/finance/close');
  await page.getByText('Confirm the import of the journal').click();
  await page.getByLabel('Where it is in your ledger').fill('QBO batch 77');
  await page.getByRole('button', { name: 'Confirm the import' }).click();
  await page.getByRole('button', { name: 'Sign first: April 2026 is pending close' }).click();
  await page.getByRole('button', { name: 'Sign and close April 2026' }).click();
  await page.getByRole('alert').getByText('somebody else has to sign it').waitFor();
  await expectAccessible(page);
  await picture(page, 'finance-close-pending');

  const hers = await signIn(await openWindow(browser, story.origin), await linkFor(deps, story.origin, OLU));
  await goTo('/finance', hers);
  await hers.getByRole('link', { name: 'To the checklist' }).click();
  await hers.getByRole('button', { name: 'Sign and close April 2026' }).click();
  await hers.getByText('April 2026 is closed').first().waitFor();
  await hers.getByText('Second signature: Olu').waitFor();
  await picture(hers, 'finance-close-closed');
  const pack = unzipSync(await bytesOf(await download(hers, 'Download the pack')));
  const { files, state } = JSON.parse(strFromU8(pack['manifest.json'] ?? new Uint8Array())) as Manifest;
  expect(state).toBe('closed');
  for (const { name, sha256 } of files)
    expect([
      name,
      createHash('sha256')
        .update(pack[name] ?? '')
        .digest('hex'),
    ]).toEqual([name, sha256]);
  expect(files.map(({ name }) => name)).toContain('roll-forward.csv');
  await goTo('/finance/close?month=2026-04');
  expect(await page.getByText('Open this month again').count()).toBe(0);
  await hers.getByText('Open this month again').click();
  await hers.getByLabel('Why').fill('The import missed a line');
  await hers.getByRole('button', { name: 'Open April 2026 again' }).click();
  await hers.getByText(/points are not done|can be closed/).waitFor();
});

test('every page reads well in light and dark, on a phone and on a wide screen', async () => {
  await goTo('/finance/variances?state=explained');
  const variance = (await page.locator('a[data-drawer]').first().getAttribute('href')) ?? '';
  const paths = {
    overview: '/finance',
    usage: '/finance/usage',
    reconciliation: '/finance/reconciliation',
    variances: '/finance/variances?state=explained',
    variance: variance.replace('/admin', ''),
    ledger: '/finance/ledger?month=2026-04',
    'roll-forward': '/finance/roll-forward',
    exports: '/finance/exports',
    'export-preview': '/finance/exports/preview?month=2026-04&target=xero&detail=detail',
    'export-accounts': '/finance/exports/accounts/xero',
    close: '/finance/close',
    adjustments: '/finance/adjustments',
  };
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 360],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    for (const [name, path] of Object.entries(paths)) {
      await goTo(path);
      await expectAccessible(page);
      await picture(page, `finance-${name}-${colorScheme}-${width}`);
    }
  }
  // Charts are pictures of their own, in both schemes.
  await goTo('/finance/roll-forward');
  const drawn = await page.locator('.chart img').evaluate((image) => (image as HTMLImageElement).naturalWidth);
  expect(drawn).toBeGreaterThan(0);
  expect(window.complaints).toEqual([]);
});

interface Manifest {
  readonly state: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

async function figure(name: string): Promise<string | null> {
  return page.locator('.figures > div').filter({ hasText: name }).locator('strong').textContent();
}

async function download(at: Page, name: string): Promise<Download> {
  const control = at.getByRole('link', { name, exact: true }).or(at.getByRole('button', { name, exact: true }));
  const [file] = await Promise.all([at.waitForEvent('download'), control.first().click()]);
  return file;
}

async function bytesOf(file: Download): Promise<Buffer> {
  return readFile(await file.path());
}

async function textOf(file: Download): Promise<string> {
  return (await bytesOf(file)).toString('utf8');
}
