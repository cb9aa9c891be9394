// What support does all day, walked by a pointer in a light, wide window and by the keyboard alone in a dark one on a phone.
import { describe, expect, test, vi } from 'vitest';

import { ADA, expectAccessible, linkFor, openWindow, picture, SAM, signIn, startBrowser } from '../support/browser.ts';
import type { Person, Window } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { enter, type Hand, keyboard, pointer } from '../support/hands.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const { database } = await cloneDatabase();
const story = await tellStory(database);
const browser = await startBrowser();
const { deps } = story.billing;
await story.until('2026-04-10T09:00:00Z');

const BY_CLICKS = {
  way: 'by clicks',
  hand: pointer,
  colorScheme: 'light',
  viewport: { width: 1280, height: 900 },
} as const;
const BY_KEYBOARD = {
  way: 'by keyboard',
  hand: keyboard,
  colorScheme: 'dark',
  viewport: { width: 360, height: 740 },
} as const;
const WAYS = [BY_CLICKS, BY_KEYBOARD];

interface Walker extends Hand, Window {
  /** Looks at the page with axe, and keeps a picture. */
  readonly look: (name: string) => Promise<void>;
  readonly find: (text: string) => Promise<void>;
  readonly sees: (text: string | RegExp) => Promise<void>;
}

async function walk({ way, hand, ...options }: (typeof WAYS)[number], person: Person): Promise<Walker> {
  const window = await openWindow(browser, story.origin, options);
  const page = await signIn(window, await linkFor(deps, story.origin, person));
  return {
    ...window,
    ...hand(page),
    look: async (name) => {
      await expectAccessible(page);
      await picture(page, `${name}-${way.replace('by ', '')}`);
    },
    // The search has the focus on the first page, and "/" leads to it from everywhere else.
    find: async (text) => {
      const search = page.locator('#search');
      if (!(await search.evaluate((element) => element === document.activeElement))) await page.keyboard.press('/');
      await page.keyboard.type(text);
      await enter(page);
    },
    sees: async (text) => page.getByText(text).first().waitFor(),
  };
}

describe.for(WAYS)('$way', (way) => {
  test('an invoice is credited in two steps, and the customer has the money back', async () => {
    const customer = await story.subscriber('hybrid');
    const sam = await walk(way, SAM);
    await sam.find(customer.name);
    await sam.press(await newestInvoice(customer));
    await sam.look('invoice');
    await sam.press('Credit this invoice');
    await sam.write(/^Amount for 1 × Hybrid/, '40.00');
    await sam.write('Ticket', 'T-2002');
    await sam.choose(/^Refund/);
    await sam.look('credit-form');
    await sam.press('Preview');
    await sam.sees('Refunded to the way it was paid');
    await sam.look('credit-preview');
    await sam.press('Issue USD 40.00 as a credit note');
    await sam.sees('USD 40.00 is refunded to the way you paid.');
    await sam.look('credit-done');
    const notes = await story.stripe.creditNotes.list({ customer: customer.stripeCustomer });
    expect(notes.data.map(({ total, status }) => [total, status])).toEqual([[4_000, 'issued']]);
    expect(sam.complaints).toEqual([]);
  });

  test('goodwill within the limits is there at once, and undone while nothing of it is spent', async () => {
    const customer = await story.subscriber('hybrid');
    const sam = await walk(way, SAM);
    await sam.find(customer.name);
    await sam.press('Give goodwill');
    await sam.write('Credits', '50');
    await sam.write('Ticket', 'T-2003');
    await sam.look('goodwill-form');
    await sam.press('Give these credits');
    await sam.sees('50 credits were added to your balance.');
    expect(await customer.balance()).toMatchObject({ available: '10050' });
    await sam.look('goodwill-done');
    await sam.press(/^Undo \(until/);
    await sam.sees('Taken back, as if it had not been given.');
    expect(await customer.balance()).toMatchObject({ available: '10000' });
    expect(sam.complaints).toEqual([]);
  });

  test('goodwill above the limits is refused by a second person, with a reason that support reads', async () => {
    const customer = await story.subscriber('hybrid');
    const sam = await walk(way, SAM);
    await sam.find(customer.name);
    await sam.press('Give goodwill');
    await sam.write('Credits', '5000');
    const ticket = `T-2004 ${way.way}`;
    await sam.write('Ticket', ticket);
    await sam.press('Give these credits');
    await sam.sees('waits for approval');
    const ada = await walk(way, ADA);
    await ada.press(/^Approvals/);
    await ada.look('approvals');
    await ada.press('Goodwill: 5,000 credits');
    await ada.write('Why not', 'Fifty are enough for this');
    await ada.look('decision');
    await ada.press('Refuse');
    await ada.sees('refused');
    await sam.find(ticket);
    await sam.sees('Fifty are enough for this');
    expect(await customer.balance()).toMatchObject({ available: '10000' });
    expect([...sam.complaints, ...ada.complaints]).toEqual([]);
  });
});

test('by keyboard: usage that was counted twice goes back after a second person agreed', async () => {
  const customer = await story.subscriber('hybrid');
  await customer.use(500, { id: 'typed job', at: '2026-04-10T08:00:00Z' });
  await customer.use(500, { id: 'typed job again', at: '2026-04-10T08:00:01Z' });
  const sam = await walk(BY_KEYBOARD, SAM);
  await sam.find('typed job again');
  await sam.press(/^Undo typed job again/);
  await sam.write('Ticket', 'T-2001');
  await sam.look('undo-form');
  await sam.press('Preview');
  await sam.press('Send 500 credits for approval');
  await sam.sees('waits for approval');
  await sam.look('undo-waiting');
  const ada = await walk(BY_KEYBOARD, ADA);
  await ada.press(/^Approvals/);
  await ada.press('Usage was counted twice: 500 credits');
  await ada.press('Approve 500 credits');
  await ada.sees('Available now');
  await ada.look('undo-done');
  expect(await customer.balance()).toMatchObject({ available: '9500' });
  expect([...sam.complaints, ...ada.complaints]).toEqual([]);
});

async function newestInvoice({ stripeCustomer }: Subscriber): Promise<string> {
  const { data } = await story.stripe.invoices.list({ customer: stripeCustomer, limit: 1 });
  return data[0]?.number ?? '';
}
