// The widget inside a host's own page, in a real browser, under a strict policy: each state, a phone, the dark, and a reader of screens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { textOf as textOfWire } from '../support/api.ts';
import { expectAccessible, openWindow, picture, startBrowser, type Window } from '../support/browser.ts';
import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Subscriber, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 90_000 });

const PATIENTLY = { timeout: 12_000 };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:";
const WORDS = { 'llm.complete': 'an answer', 'api.call': 'a call', 'report.generate': 'a report' };
const { database } = await cloneDatabase();
/** Nothing included, nothing that stops. */
const metered = { ...hybrid, plan: 'metered', name: 'Metered', includedCredits: '0' };
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, words: WORDS, plans: [...sampleCatalogue.plans, metered] },
});
const browser = await startBrowser();
const customers = new Map<string, Subscriber>();
/** What the host's server answers to a page that wants a token; each customer's own. */
const tokens = { given: 0, override: '' };
let down = false;

const app = express();
app.use('/billing', (request, response, next) => {
  if (down && request.path.startsWith('/v1'))
    response.status(503).json({ error: { code: 'not_ready', message: 'down' } });
  else story.billing.router(request, response, next);
});
async function tokenFor(who: string): Promise<string> {
  tokens.given += 1;
  if (tokens.override !== '') return tokens.override;
  const asked = { customer: customers.get(who)?.stripeCustomer, may_buy: who === 'ben' };
  return textOfWire((await story.call('POST', '/v1/portal_tokens', asked)).body['token']);
}
app.post('/credit-token/:who', (request, response, next) => {
  tokenFor(request.params.who).then((token) => response.json({ token }), next);
});
app.get('/page/:who', (request, response) => {
  const url = `/credit-token/${request.params.who}`;
  const elements = ['balance', 'usage', 'grants', 'topup'].map(
    (name) => `<credit-${name} token-url="${url}"></credit-${name}>`,
  );
  response.set('content-security-policy', POLICY).send(`<!doctype html><html lang="en"><head><title>Acme AI</title>
    <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
    <script type="module" src="/billing/widget.js"></script></head>
    <body><main><h1>Your account</h1><h2>Credits</h2>${elements.join('\n')}</main></body></html>`);
});
const server = createServer(app);
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const who of ['new', 'low', 'ben', 'empty']) customers.set(who, await story.subscriber());
  customers.set('metered', await story.subscriber('metered'));
  await customers.get('metered')?.use(1_250);
  await customers.get('low')?.use(9_200, { member: 'ana' });
  await customers.get('ben')?.use(1_500);
  await customers.get('empty')?.use(10_000);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function open(who: string, options = {}): Promise<Window> {
  tokens.override = '';
  const window = await openWindow(browser, origin, options);
  await window.page.goto(`${origin}/page/${who}`);
  return window;
}

async function textOf({ page }: Window, name: string): Promise<string> {
  const box = page.locator(`credit-${name} section`);
  await box.waitFor();
  await expect.poll(async () => box.getAttribute('aria-busy')).toBe('false');
  return (await box.innerText()).replaceAll(/\s+/g, ' ');
}

test('a new customer reads what he has, what it is enough for, and what it costs', async () => {
  const window = await open('new');
  await expect.poll(async () => textOf(window, 'balance'), PATIENTLY).toContain('10,000 Credits left');
  const text = await textOf(window, 'balance');
  expect(text).toContain('Nothing has been used yet; a report costs 20 credits.');
  expect(text).toContain('Enough for a report 500 times. 10,000 expire on May 1, 2026.');
  await window.page.getByText('What things cost').click();
  expect(await textOf(window, 'balance')).toContain('a call costs 1 credit for every call.');
  await expect.poll(async () => textOf(window, 'usage'), PATIENTLY).toContain('Nothing was used in the last 30 days.');
  expect(await textOf(window, 'topup')).toContain('Ask whoever manages your account for more credits.');
  await picture(window.page, 'widget-new');
  await expectAccessible(window.page);
  expect(window.complaints).toEqual([]);
});

test('who has little left is warned, with what happens at zero, before it does', async () => {
  const window = await open('low', { colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  await expect.poll(async () => textOf(window, 'balance'), PATIENTLY).toContain('800 Credits left');
  const text = await textOf(window, 'balance');
  expect(text).toContain(
    'Almost everything is used. When the credits run out, work goes on, and what it uses is overage.',
  );
  expect(text).toContain('Last used a call 9,200');
  await expect
    .poll(async () => textOf(window, 'usage'), PATIENTLY)
    .toContain('9,200 credits in 30 days; the most on Apr 1, 2026: 9,200.');
  await window.page.getByText('As a table').click();
  expect(await textOf(window, 'usage')).toContain('Apr 1, 2026 a call ana 1 9,200');
  expect(await textOf(window, 'grants')).toContain('Included 10,000 9,200 800 May 1, 2026');
  await picture(window.page, 'widget-low-dark-phone');
  await expectAccessible(window.page);
  expect(window.complaints).toEqual([]);
});

test('nothing left is an alarm with its sentence', async () => {
  const window = await open('empty');
  await expect
    .poll(async () => textOf(window, 'balance'), PATIENTLY)
    .toContain('No credits are left. When the credits run out');
  await picture(window.page, 'widget-empty');
  await expectAccessible(window.page);
  expect(window.complaints).toEqual([]);
});

test('who nothing stops reads that, and what this period has come to', async () => {
  const window = await open('metered');
  await expect
    .poll(async () => textOf(window, 'balance'), PATIENTLY)
    .toContain('No limit Used beyond included credits in this period: 1,250.');
  await picture(window.page, 'widget-unlimited');
  await expectAccessible(window.page);
  expect(window.complaints).toEqual([]);
});

test('a pack is paid on a page of Stripe by keyboard alone, and is there afterwards', async () => {
  const window = await open('ben');
  const { page } = window;
  await expect.poll(async () => textOf(window, 'balance'), PATIENTLY).toContain('8,500 Credits left');
  const [pack] = sampleCatalogue.packs;
  const buy = page.getByRole('button', { name: /^Buy for \$/ });
  await buy.waitFor();
  await buy.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/_simulator\/pay/);
  await page.getByRole('button', { name: 'A card that pays' }).click();
  await story.relayed();
  await page.getByText('Back to the shop').click();
  const after = new Intl.NumberFormat('en').format(8_500 + Number(pack?.credits));
  await expect.poll(async () => textOf(window, 'balance'), PATIENTLY).toContain(`${after} Credits left`);
  expect(await textOf(window, 'grants')).toContain('Bought');
  await picture(window.page, 'widget-bought');
});

test('when nobody answers, what was last known stays, said to be old, and never as a zero', async () => {
  const window = await open('ben');
  await expect.poll(async () => textOf(window, 'grants'), PATIENTLY).toContain('Included');
  down = true;
  try {
    await window.page.evaluate("document.querySelector('credit-balance').client.refresh()");
    await expect
      .poll(async () => textOf(window, 'balance'), PATIENTLY)
      .toMatch(/Cannot be read right now. This is from .*2026.* Credits left/);
    await picture(window.page, 'widget-offline');
    await expectAccessible(window.page);
    const fresh = await open('ben');
    await expect
      .poll(async () => textOf(fresh, 'balance'), PATIENTLY)
      .toContain('The credits cannot be read right now.');
    expect(await textOf(fresh, 'balance')).not.toMatch(/\d/);
    down = false;
    await fresh.page.locator('credit-balance').getByRole('button', { name: 'Try again' }).click();
    await expect.poll(async () => textOf(fresh, 'balance'), PATIENTLY).toContain('Credits left');
  } finally {
    down = false;
  }
});

test('a token that ended is replaced once; one that nobody takes asks the person', async () => {
  const window = await open('new');
  await expect.poll(async () => textOf(window, 'balance'), PATIENTLY).toContain('Credits left');
  const before = tokens.given;
  tokens.override = 'cp_portal_nobody';
  const stuck = await openWindow(browser, origin);
  await stuck.page.goto(`${origin}/page/new`);
  await expect
    .poll(async () => textOf(stuck, 'balance'), PATIENTLY)
    .toContain('This page was open for long and has to ask again.');
  expect(tokens.given - before).toBe(2);
  tokens.override = '';
  await stuck.page.locator('credit-balance').getByRole('button', { name: 'Try again' }).click();
  await expect.poll(async () => textOf(stuck, 'balance'), PATIENTLY).toContain('Credits left');
  await expectAccessible(stuck.page);
});

test('the frame page takes the token from behind the # and shows nothing to strangers', async () => {
  const { body } = await story.call('POST', '/v1/portal_tokens', { customer: customers.get('low')?.stripeCustomer });
  const window = await openWindow(browser, origin);
  await window.page.goto(`${origin}/billing/widget/frame?show=balance,grants#${textOfWire(body['token'])}`);
  await expect.poll(async () => textOf(window, 'balance'), PATIENTLY).toContain('800 Credits left');
  expect(await window.page.locator('credit-usage').count()).toBe(0);
  expect(window.page.url()).not.toContain('cp_portal');
  await expectAccessible(window.page);
  expect(window.complaints).toEqual([]);
  const { headers } = await fetch(`${origin}/billing/widget/frame`);
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
  expect(headers.get('x-frame-options')).toBeNull();
});

test('what is only observed is said, before anybody wonders why nothing is taken', async () => {
  const olga = await story.person('olga', 'owner');
  await olga('POST', '/v1/launch/demotions', { actions: ['api.call'], to: 'observe', reason: 'look first' });
  await customers.get('new')?.use(500);
  const window = await open('new');
  await expect
    .poll(async () => textOf(window, 'balance'), PATIENTLY)
    .toContain('For now a call is only observed: nothing is taken from these credits for it.');
  expect(await textOf(window, 'balance')).toContain('10,000 Credits left');
  await expectAccessible(window.page);
  await picture(window.page, 'widget-observed');
});
