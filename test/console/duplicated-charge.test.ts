import { expect, test } from 'vitest';

import { ADA, expectAccessible, linkFor, openWindow, picture, SAM, signIn, startBrowser } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const story = await tellStory(database);
const browser = await startBrowser();
const { deps } = story.billing;

test('a charge that was counted twice is found by e-mail, credited, approved by a second person, in at most 12 clicks', async () => {
  const customer = await story.subscriber('hybrid');
  await story.until('2026-04-10T09:00:00Z');
  await customer.use(500, { id: 'job-1', at: '2026-04-10T08:00:00Z' });
  await customer.use(500, { id: 'job-1-again', at: '2026-04-10T08:00:01Z' });

  const sam = await openWindow(browser, story.origin);
  const page = await signIn(sam, await linkFor(deps, story.origin, SAM));
  await page.keyboard.type(`billing@${customer.externalId}.example`);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: customer.name }).waitFor();
  await expectAccessible(page);
  await picture(page, 'duplicated-1-customer');
  await page.getByRole('link', { name: 'Used', exact: true }).first().click();
  await page.getByRole('link', { name: /^Undo job-1-again/ }).click();
  await page.getByLabel('Ticket', { exact: true }).click();
  await page.keyboard.type('T-1042');
  await picture(page, 'duplicated-2-form');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('heading', { name: 'Credits' }).waitFor();
  await expectAccessible(page);
  await picture(page, 'duplicated-3-preview');
  await page.getByRole('button', { name: 'Send 500 credits for approval' }).click();
  await page.getByText('waits for approval').waitFor();
  expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(0);
  await picture(page, 'duplicated-4-waiting');

  const ada = await openWindow(browser, story.origin);
  const queue = await signIn(ada, await linkFor(deps, story.origin, ADA));
  await queue.getByRole('link', { name: /^Approvals/ }).click();
  await expectAccessible(queue);
  await picture(queue, 'duplicated-5-queue');
  await queue.getByRole('link', { name: 'Usage was counted twice: 500 credits' }).click();
  await picture(queue, 'duplicated-6-decision');
  await queue.getByRole('button', { name: 'Approve 500 credits' }).click();
  await queue.getByText('Available now').waitFor();
  await picture(queue, 'duplicated-7-done');
  expect(await queue.locator('#balance').textContent()).toBe('9,500');

  expect(await customer.balance()).toMatchObject({ available: '9500' });
  expect(sam.clicks() + ada.clicks()).toBeGreaterThan(5);
  expect(sam.clicks() + ada.clicks()).toBeLessThanOrEqual(12);
  expect([...sam.complaints, ...ada.complaints]).toEqual([]);

  await story.until('2026-05-02T00:00:00Z');
  await expectBooks(story, customer, {
    // The fee alone: of 1,000 used, 500 came back, and lots paid the other 500.
    invoice: '99',
    credits_applied: '5',
    lots: '10000',
    // One of May's 31 days is earned: 99.00 − 3.19.
    deferred: '95.81',
    receivable: '0',
    cash: '198',
    open_grants: '100',
    variances: 0,
  });
}, 60_000);
