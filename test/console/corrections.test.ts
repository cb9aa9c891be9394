// A difference in money that an entry puts right: shown before it is posted, with the file that proves it, by one person
// within the limits and by two above them.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test, vi } from 'vitest';

import { reconcile } from '../../src/operations/reconcile.ts';
import { query } from '../../src/storage/query.ts';
import { ADA, expectAccessible, linkFor, OLU, openWindow, picture, signIn, startBrowser } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { idOf, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 120_000 });

const { database } = await cloneDatabase();
const story = await tellStory(database);
const browser = await startBrowser();
const { deps } = story.billing;
const window = await openWindow(browser, story.origin);
const page = await signIn(window, await linkFor(deps, story.origin, ADA));
const goTo = async (path: string, at = page): Promise<void> => void (await at.goto(`${story.origin}/admin${path}`));

const STATEMENT = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n');

/** May's $99.00 are declared paid by wire on 2 May, and eleven days later no bank has seen them. */
async function stuckWire(): Promise<void> {
  const customer = await story.subscriber();
  const { stripe } = story;
  await stripe.subscriptions.update(customer.subscription, { collection_method: 'send_invoice', days_until_due: 30 });
  await story.until('2026-05-02T12:00:00Z');
  await stripe.invoices.pay(idOf(await customer.cycleInvoice()), { paid_out_of_band: true });
  await story.until('2026-05-13T12:00:00Z');
  await reconcile(deps, { full: true });
}

/** 50 MB, of which the server takes in as little as it can. */
async function largeFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'creditpool-evidence-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const path = join(folder, 'all.pdf');
  await writeFile(path, '%PDF-1.7');
  await truncate(path, 50_000_000);
  return path;
}

async function bank(): Promise<string> {
  const [row] = await query<{ sum: string }>(
    database,
    `select coalesce(sum(balance), 0)::text as sum from accounts
     where lane between 0 and 63 and kind = 'bank' and unit = 'usd'`,
  );
  return row?.sum ?? '';
}

test('a file that is too large, or not what it claims, is refused by name, and the difference stays open', async () => {
  await stuckWire();
  await goTo('/finance/variances');
  await page.getByRole('link', { name: 'Clearing stuck' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('What it is').fill('A wire that the bank has');
  const file = drawer.getByLabel('Or a file that proves it');
  await file.setInputFiles({ name: 'statement.pdf', mimeType: 'application/pdf', buffer: Buffer.from('no pdf') });
  await drawer.getByRole('button', { name: 'Explain this variance' }).click();
  await page.getByText('statement.pdf claims to be application/pdf and its content is').first().waitFor();
  expect(await page.getByLabel('What it is').inputValue()).toBe('A wire that the bank has');
  await expectAccessible(page);
  await page.getByLabel('Or a file that proves it').setInputFiles(await largeFile());
  await page.getByRole('button', { name: 'Explain this variance' }).click();
  await page.getByText('An evidence file has at most 10000000 bytes').waitFor();
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Clearing stuck' }).waitFor();
  const kept = await query(database, `select evidence_id from evidence_files where lane between 0 and 63`);
  expect(kept).toEqual([]);
});

test('within the limits one person posts 40.00, after seeing the entry; the file comes back as it was sent', async () => {
  await page.getByRole('link', { name: 'Post a correction' }).click();
  await page.getByLabel('Debit').selectOption('bank');
  await page.getByLabel('Credit').selectOption('out_of_band_clearing');
  await page.getByLabel('Amount in USD').fill('40.00');
  await page.getByLabel('Why').fill('Wire of 2 May, found on the statement');
  await page
    .getByLabel('Or a file that proves it')
    .setInputFiles({ name: 'statement.pdf', mimeType: 'application/pdf', buffer: STATEMENT });
  await expectAccessible(page);
  await picture(page, 'finance-correction-form');
  await page.getByRole('button', { name: 'Show the entry' }).click();
  await page.getByText('You may post it alone').waitFor();
  // The clearing account of 99.00 would come to 59.00, the bank to 40.00. Nothing is posted yet.
  const after = await page.locator('td[data-name="Then"]').allInnerTexts();
  expect(after).toEqual(['USD 40.00', 'USD 59.00']);
  expect(await bank()).toBe('0');
  await expectAccessible(page);
  await picture(page, 'finance-correction-preview');
  await page.getByRole('button', { name: 'Post USD 40.00' }).click();
  await page.getByText('posted').first().waitFor();
  expect(await bank()).toBe('4000');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: /^evidence_|statement/ }).click(),
  ]);
  const sent = createHash('sha256').update(STATEMENT).digest('hex');
  expect(
    createHash('sha256')
      .update(await readFile(await file.path()))
      .digest('hex'),
  ).toBe(sent);
});

test('above them it waits: never approved by who asked, posted when a second person agrees', async () => {
  // Ten days later the other 59.00 are found.
  await story.until('2026-05-25T12:00:00Z');
  await reconcile(deps, { full: true });
  await goTo('/finance/variances');
  await page.getByRole('link', { name: 'Clearing stuck' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Post a correction' }).click();
  await page.getByLabel('Debit').selectOption('bank');
  await page.getByLabel('Credit').selectOption('out_of_band_clearing');
  expect(await page.getByLabel('Amount in USD').inputValue()).toBe('59.00');
  await page.getByLabel('Why').fill('The rest of it');
  await page.getByRole('button', { name: 'Show the entry' }).click();
  await page.getByRole('alert').getByText('name what proves it').waitFor();
  await page.getByLabel('A ticket or an address that proves it').fill('OPS-12');
  await page.getByRole('button', { name: 'Show the entry' }).click();
  await page.getByText('A second person has to agree').waitFor();
  await page.getByRole('button', { name: 'Ask for USD 59.00' }).click();
  await page.getByRole('button', { name: 'Approve and post USD 59.00' }).click();
  await page.getByRole('alert').waitFor();
  expect(await bank()).toBe('4000');

  const olu = await openWindow(browser, story.origin, { colorScheme: 'dark', viewport: { width: 360, height: 740 } });
  const hers = await signIn(olu, await linkFor(deps, story.origin, OLU));
  await hers.getByRole('link', { name: /^Approvals\s+1$/ }).click();
  await hers.getByRole('link', { name: 'bank against settled outside Stripe' }).click();
  await expectAccessible(hers);
  await picture(hers, 'finance-correction-waiting');
  await hers.getByRole('button', { name: 'Approve and post USD 59.00' }).click();
  await hers.getByText('posted').first().waitFor();
  expect(await bank()).toBe('9900');
  await reconcile(deps, { full: true });
  await goTo('/finance/variances', hers);
  await hers.getByText('Nothing is open').waitFor();
  await goTo('/finance/corrections', hers);
  await expectAccessible(hers);
  expect([...window.complaints, ...olu.complaints]).toEqual([]);
});
