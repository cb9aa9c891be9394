// Every page with something on it and with nothing: in light and dark, on a phone and on a wide screen; axe and the policy
// have nothing to say. And what people do wrong, or do at the same time.
import { expect, test, vi } from 'vitest';

import { toWireId } from '../../src/contract/ids.ts';
import { execute, query } from '../../src/storage/query.ts';
import { textOf } from '../support/api.ts';
import {
  ADA,
  expectAccessible,
  linkFor,
  OLU,
  openWindow,
  picture,
  SAM,
  signIn,
  startBrowser,
} from '../support/browser.ts';
import type { Window } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { idOf, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 240_000 });

const { database } = await cloneDatabase();
const story = await tellStory(database);
const browser = await startBrowser();
const { deps } = story.billing;
const window = await openWindow(browser, story.origin);
const page = await signIn(window, await linkFor(deps, story.origin, OLU));

const customer = await story.subscriber('hybrid');
const goTo = async (path: string, at = page): Promise<void> => void (await at.goto(`${story.origin}/admin${path}`));
const { customer: customerId } = await story
  .call('GET', `/v1/customers/${customer.stripeCustomer}/balance`)
  .then(({ body }) => body);
const home = `/customers/${textOf(customerId)}`;

test('pages that have nothing yet say why, and what to do next', async () => {
  for (const [path, words] of [
    ['/approvals', 'Nothing waits.'],
    ['/cases', 'No case here.'],
    ['/drafts', 'No draft is held'],
    ['/messages', 'Nothing is parked'],
    ['/margin', 'No use in'],
    ['/shadow', 'Nothing is watched yet'],
    ['/search?q=nobody%40nowhere.example', 'Try one of these'],
    [`${home}?show=holds`, 'Nothing of this kind has happened.'],
  ] as const) {
    await goTo(path);
    await page.getByText(words).first().waitFor();
    await expectAccessible(page);
  }
  expect(window.complaints).toEqual([]);
});

test('every page reads well in light and dark, on a phone and on a wide screen', async () => {
  await customer.use(2_500, { id: 'long work', at: '2026-04-01T00:00:00Z' });
  await story.call('POST', '/v1/holds', { customer: customer.stripeCustomer, action: 'api.call', credits: '40' }, 'h');
  await customer.buyPack();
  await story.until('2026-05-02T00:00:00Z');
  const invoice = await customer.cycleInvoice();
  await execute(
    database,
    `update stripe_events set state = 'parked', outcome = '500 the handler broke', finished_at = received_at
     where event_id = (select event_id from stripe_events where type = 'invoice.paid' limit 1)`,
  );
  await execute(
    database,
    `update outbox set state = 'parked', outcome = '400 No such customer', parked_at = created_at
     where lane between 0 and 63 and outbox_id = (select max(outbox_id) from outbox where lane between 0 and 63)`,
  );
  await execute(
    database,
    `update settlements set state = 'held', decision = null, expected_minor = 150,
       held_because = 'Stripe''s summary and ours differ by 150 credits' where lane between 0 and 63`,
  );
  const [entry] = await query<{ id: string }>(
    database,
    `select entry_id as id from journal_entries where lane between 0 and 63 and kind = 'usage.burn' limit 1`,
  );
  const [use] = await query<{ id: string }>(
    database,
    `select usage_event_id as id from usage_events where lane between 0 and 63 limit 1`,
  );
  const opened = await story.call(
    'POST',
    '/v1/cases',
    {
      customer: customer.stripeCustomer,
      kind: 'goodwill',
      ticket: 'T-1',
      outcome: { type: 'adjust_future_usage', credits: '5000' },
      submit: true,
    },
    'case',
  );
  const paths = {
    customers: '/',
    customer: home,
    entry: `/entries/${toWireId('entry', entry?.id ?? '')}`,
    invoice: `/invoices/${idOf(invoice)}`,
    'credit-form': `/invoices/${idOf(invoice)}/credit`,
    'undo-form': `${home}/undo-use?event=${toWireId('usage', use?.id ?? '')}`,
    'goodwill-form': `${home}/goodwill`,
    approvals: '/approvals',
    case: `/cases/${idOf(opened.body)}`,
    cases: '/cases',
    drafts: '/drafts',
    messages: '/messages',
    audit: '/audit',
    search: '/search?q=story',
    confirm: '/confirm?to=/drafts',
  };
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      for (const [name, path] of Object.entries(paths)) {
        await goTo(path);
        await expectAccessible(page);
        await picture(page, `page-${name}-${colorScheme}-${width}`);
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  expect(window.complaints).toEqual([]);
});

test('a line of the timeline opens beside it, filters need no new page, and closing gives the focus back', async () => {
  await goTo(home);
  await page.getByRole('link', { name: 'Money', exact: true }).click();
  await page.waitForURL(/show=money/);
  await page.getByRole('link', { name: 'Invoice finalized' }).first().waitFor();
  expect(await page.getByRole('link', { name: 'Used', exact: true }).count()).toBe(0);
  const line = page.getByRole('link', { name: 'Invoice finalized' }).first();
  await line.click();
  await page.getByRole('dialog').getByRole('heading', { name: 'Movements' }).waitFor();
  await expectAccessible(page);
  await picture(page, 'drawer');
  await page.keyboard.press('Escape');
  expect(await line.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(window.complaints).toEqual([]);
});

test('parked messages are tried again by a button, with a row in the audit log', async () => {
  await goTo('/messages');
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await page.getByText('It is tried again.').waitFor();
  await goTo('/audit');
  expect(await page.getByText('Message retried').count()).toBe(1);
});

test('a held draft that cannot be decided so says why, and nothing is changed', async () => {
  await goTo('/drafts');
  await page.getByLabel(/^Accept it/).check();
  await page.getByLabel('Why').fill('a gift');
  await page.getByRole('button', { name: 'Let it go' }).click();
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('is paid already');
});

test('a ticket with a card number, marks that turn text around or nothing in it is refused; markup stays text', async () => {
  const give = async (ticket: string): Promise<void> => {
    await goTo(`${home}/goodwill`);
    await page.getByLabel('Credits', { exact: true }).fill('1');
    await page.getByLabel('Ticket', { exact: true }).fill(ticket);
    await page.getByRole('button', { name: 'Give these credits' }).click();
  };
  for (const [ticket, words] of [
    ['4242 4242 4242 4242', 'card number'],
    ['T-\u202E1', 'direction of text'],
    ['   ', 'give the number of the ticket'],
  ] as const) {
    await give(ticket);
    await page.getByRole('alert').getByText(words).waitFor();
    expect(await page.getByLabel('Credits', { exact: true }).inputValue()).toBe('1');
    expect(await page.getByLabel('Ticket', { exact: true }).getAttribute('aria-invalid')).toBe('true');
  }
  await expectAccessible(page);
  await give('<b onclick="alert(1)">T-9</b>');
  await page.getByText('<b onclick="alert(1)">T-9</b>').first().waitFor();
  expect(window.complaints).toEqual([]);
});

test('more than can be credited is refused before anything happens, in the words of the form', async () => {
  await goTo(`/invoices/${idOf(await customer.cycleInvoice())}/credit`);
  const amount = page.getByLabel(/^Amount for 1 × Hybrid/);
  await amount.fill('100.00');
  await page.getByLabel('Ticket', { exact: true }).fill('T-3');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page
    .getByRole('alert')
    .getByText(/^Only USD [\d.]+ of 1 × Hybrid .* can be credited, not USD 100\.00/)
    .waitFor();
  expect(await amount.inputValue()).toBe('100.00');
});

test('a preview that is not true any more is not acted on: it is shown anew', async () => {
  const other = await story.subscriber('hybrid');
  const { data } = await story.stripe.invoices.list({ customer: other.stripeCustomer });
  const invoice = data[0]?.id ?? '';
  await goTo(`/invoices/${invoice}/credit`);
  await page.getByLabel(/^Amount for 1 × Hybrid/).fill('10');
  await page.getByLabel('Ticket', { exact: true }).fill('T-4');
  await page.getByRole('button', { name: 'Preview' }).click();
  const now = page.getByRole('button', { name: 'Issue USD 10.00 as a credit note' });
  await now.waitFor();
  // Somebody credits the whole invoice in Stripe's dashboard meanwhile.
  await story.stripe.creditNotes.create({ invoice, amount: 9_900, credit_amount: 9_900 });
  await now.click();
  await page.getByRole('alert').first().waitFor();
  await picture(page, 'stale-preview');
  expect(await now.count()).toBe(0);
  const notes = await story.stripe.creditNotes.list({ customer: other.stripeCustomer });
  expect(notes.data.map(({ total }) => total)).toEqual([9_900]);
});

test('two clicks give once, and of two approvers at once one is told that it is decided', async () => {
  const other = await story.subscriber('hybrid');
  const sam = await openWindow(browser, story.origin, { javaScriptEnabled: false });
  const support = await signIn(sam, await linkFor(deps, story.origin, SAM));
  await support.goto(`${story.origin}/admin/search?q=${other.externalId}`);
  await support.getByRole('link', { name: 'Give goodwill' }).click();
  await support.getByLabel('Credits', { exact: true }).fill('700');
  await support.getByLabel('Ticket', { exact: true }).fill('T-5');
  await support.getByRole('button', { name: 'Give these credits' }).dblclick();
  await support.getByText('waits for approval').waitFor();
  const url = support.url();
  const [row] = await query<{ cases: number }>(
    database,
    `select count(*)::integer as cases from cases where ticket = 'T-5'`,
  );
  expect(row).toEqual({ cases: 1 });

  const approvers: Window[] = [];
  for (const person of [ADA, OLU]) {
    const one = await openWindow(browser, story.origin);
    await signIn(one, await linkFor(deps, story.origin, person));
    await one.page.goto(url);
    approvers.push(one);
  }
  await Promise.all(
    approvers.map(async (one) => one.page.getByRole('button', { name: 'Approve 700 credits' }).click()),
  );
  // Whoever came second may have seen it while it was being done.
  for (const one of approvers) {
    await one.page.waitForLoadState();
    await one.page.goto(url);
    await one.page.getByText('Available now').waitFor();
  }
  expect(await other.balance()).toMatchObject({ available: '10700' });
});
