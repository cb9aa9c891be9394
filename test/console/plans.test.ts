// One policy told in five places, word for word; and the pages that buyers read and launches are decided on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, expect, test, vi } from 'vitest';

import { templatePath } from '../../src/cli/init.ts';
import type { Wire } from '../support/api.ts';
import { ADA, expectAccessible, linkFor, OLU, openWindow, picture, signIn, startBrowser } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { runCommand, type Settings } from '../support/service-process.ts';
import { type Subscriber, tellStory } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

vi.setConfig({ testTimeout: 240_000 });

const { database, ownerConnectionString } = await cloneDatabase();
const template = await templateCatalogue('hybrid');
const dearer = {
  action: 'report.generate',
  feature: 'reports',
  effectiveFrom: '2026-07-01T00:00:00Z',
  rate: { flat: '25' },
};
const [hybrid] = template.plans;
if (hybrid === undefined) throw new Error('the template sells nothing');
const metered = { ...hybrid, plan: 'metered', name: 'Metered', baseAmountMinor: 900, includedCredits: '0' };
const story = await tellStory(database, {
  catalogue: { ...template, plans: [...template.plans, metered], burnTable: [...template.burnTable, dearer] },
});
const browser = await startBrowser();
const directory = await mkdtemp(join(tmpdir(), 'creditpool-policy-'));
afterAll(async () => rm(directory, { recursive: true }));
const settings: Settings = { CREDITPOOL_DIR: directory, DATABASE_URL: ownerConnectionString };

interface Rule {
  readonly rule: string;
  readonly title: string;
  readonly text: string;
}

const window = await openWindow(browser, story.origin);
const page = await signIn(window, await linkFor(story.billing.deps, story.origin, OLU));
const [customer, branded] = [await story.subscriber('hybrid'), await story.subscriber('hybrid')];

test('file, command, console, balance and order form tell the same rules in the same words', async () => {
  const fromFile = await runCommand(settings, 'policy', 'hybrid', '--file', templatePath('hybrid'), '--json');
  const { rules } = JSON.parse(fromFile.stdout) as { readonly rules: readonly Rule[] };
  const told = rules.map(({ rule, text }) => `${rule}: ${text}`);
  expect(told).toHaveLength(18);
  expect(told).toContain('rollover: Credits do not roll over into another billing period.');
  expect(told).toContain(
    'overage: Overage costs USD 0.01 a credit and is billed with the next invoice, without a cap, unless the customer sets one. Credits that come later in the same period pay it first.',
  );

  const fromDatabase = await runCommand(settings, 'policy', 'hybrid', '--format', 'markdown');
  const rows = fromDatabase.stdout.split('\n').filter((line) => /^\| (?!rule|---)/.test(line));
  expect(rows).toEqual(rules.map(({ title, text }) => `| ${title} | ${text} |`));

  const balance = (await customer.balance())['policy'] as unknown as { readonly rules: readonly Rule[] };
  expect(balance.rules).toEqual(rules);

  // A buyer has no key.
  const open = (await (await fetch(`${story.origin}/v1/plans/hybrid/policy`)).json()) as Wire;
  expect(open).toMatchObject({ plan: 'hybrid', version: 1, offered: true, rules });
  const orderForm = open['order_form'] as unknown as string;
  expect(rules.filter(({ title, text }) => !orderForm.includes(`${title}. ${text}`))).toEqual([]);
  const inWriting = rules.filter(({ rule }) => ['overage', 'expiry', 'rollover'].includes(rule));
  expect(open['invoice_text']).toBe(inWriting.map(({ title, text }) => `${title}: ${text}`).join(' '));
  const written = await runCommand(settings, 'policy', 'hybrid', '--format', 'invoice');
  expect(written.stdout.trim()).toBe(open['invoice_text']);
  expect(await fetch(`${story.origin}/v1/plans/gold/policy`)).toMatchObject({ status: 404 });

  const shown = async (path: string): Promise<readonly string[]> => {
    await page.goto(story.origin + path);
    return page
      .locator('[data-rule]')
      .evaluateAll((found) =>
        found.map((each) => `${each.getAttribute('data-rule')}: ${each.querySelector('dd')?.textContent}`),
      );
  };
  const home = (await customer.balance())['customer'] as unknown as string;
  expect(await shown(`/admin/customers/${home}`)).toEqual(told);
  await expectAccessible(page);
  expect(await shown('/admin/plans/hybrid')).toEqual(told);
  await expectAccessible(page);
  expect(await shown('/plans/hybrid')).toEqual(told);
});

test('what things cost is told in words for customers, with the next change, and never what it costs us', async () => {
  const prices = {
    currency: 'usd',
    models: [
      {
        model: 'secret-model',
        effectiveFrom: '2020-01-01T00:00:00Z',
        prices: [{ unit: 'input_tokens', amount: '0.123', each: 1000 }],
      },
    ],
  };
  await story.call('POST', '/v1/model_prices', prices);
  await page.goto(`${story.origin}/burn-table`);
  const text = await page.locator('main').innerText();
  for (const words of [
    'A report',
    'costs 20 credits',
    'costs 1 credit for every 1,000 input tokens plus 3 credits for every 1,000 output tokens',
    'A completion: 1,000 input tokens',
    'A completion: 333 output tokens',
    'An API call: 1 call',
    'USD 0.01',
    'From 1 Jul 2026: a report costs 25 credits.',
  ]) {
    expect(text).toContain(words);
  }
  expect(await page.content()).not.toMatch(/secret-model|0\.123/);
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, viewport] of [
      ['wide', { width: 1280, height: 900 }],
      ['phone', { width: 390, height: 844 }],
    ] as const) {
      const look = await openWindow(browser, story.origin, { colorScheme, viewport });
      for (const [name, path] of [
        ['burn-table', '/burn-table'],
        ['plan', '/plans/hybrid'],
      ] as const) {
        await look.page.goto(story.origin + path);
        await expectAccessible(look.page);
        await picture(look.page, `${name}-${colorScheme}-${size}`);
      }
      expect(look.complaints).toEqual([]);
      await look.page.context().close();
    }
  }
});

test('the launch page shows where actions stand, what holds them, and takes a signature', async () => {
  const olga = await story.person('olga', 'owner');
  const down = { actions: ['api.call'], to: 'shadow', reason: 'look first' };
  expect((await olga('POST', '/v1/launch/demotions', down)).status).toBe(200);
  await customer.use(12_500);
  expect(await customer.balance()).toMatchObject({
    available: '10000',
    not_enforced: { observe: [], shadow: ['api.call'] },
    notice: 'For now api.call is only observed: nothing is taken from these credits for it.',
  });
  await page.goto(`${story.origin}/admin/launch`);
  await page.getByText('One person may').or(page.getByText('Launch ladder')).first().waitFor();
  expect(await page.locator('main').innerText()).toContain('Margin protection');
  await page.getByRole('region', { name: 'SHADOW – only would-be draws for api.call' }).waitFor();
  await page.getByLabel('Your reason (Margin protection)').fill('calls have a fixed price');
  await page
    .locator('.gate-row', { hasText: 'Margin protection' })
    .getByRole('button', { name: 'Sign this row' })
    .click();
  await page.getByText('Signed by Olu: calls have a fixed price').waitFor();
  await expectAccessible(page);
  await picture(page, 'launch-light-wide');

  // A review whose day is past is said on every page.
  const reviewed = { review_on: '2026-04-20', reason: 'soon' };
  expect((await olga('POST', '/v1/launch/reviews', reviewed)).status).toBe(200);
  await story.until('2026-04-21T12:00:00Z');
  await page.goto(`${story.origin}/admin/plans`);
  await page.getByText('was to be reviewed on 2026-04-20').first().waitFor();
  await expectAccessible(page);
  const show = await runCommand(settings, 'go-live', '--dry-run', '--json');
  expect(show.exitCode).toBe(3);
  expect(JSON.parse(show.stdout)).toMatchObject({ next: { to: 'enforce', passed: false }, review: { overdue: true } });
  expect(window.complaints).toEqual([]);
});

test('a rollout is forecast with who would pay more, kept, started by a second person, and paused', async () => {
  // 11 990 credits of 10 000 in the rest of April, on 10 more in May: $118.90 now, $128.90 then.
  const used = { action: 'report.generate', quantities: {} };
  for (let report = 0; report < 3; report += 1) await customer.use(0, used);
  await customer.use(0, { action: 'llm.complete', quantities: { input_tokens: 11_930_000, output_tokens: 0 } });
  const invoices = 'https://example.com/invoices';
  await story.stripe.customers.update(branded.stripeCustomer, { invoice_settings: { footer: invoices } });
  await story.until('2026-05-02T01:00:00Z');
  // The rules stand below the invoice of the cycle, except where somebody else has his own text.
  const footers = await Promise.all([customer, branded].map(footerOf));
  const { invoice_text: rules } = (await (await fetch(`${story.origin}/v1/plans/hybrid/policy`)).json()) as Wire;
  expect(footers).toEqual([rules, null]);
  await story.subscriber('hybrid');
  const ada = await openWindow(browser, story.origin);
  const hers = await signIn(ada, await linkFor(story.billing.deps, story.origin, ADA));
  await hers.goto(`${story.origin}/admin/migrations`);
  await hers.getByText('No rollout was planned yet.').waitFor();
  await hers.getByRole('link', { name: 'Plan a rollout' }).click();
  await hers.getByLabel('Name').fill('spring');
  await hers.getByLabel('From plan').selectOption('hybrid');
  await hers.getByLabel('To plan').selectOption('metered');
  await hers.getByLabel('New customers first').fill('2026-05-02');
  await hers.getByLabel('Held out').fill('0');
  await hers.getByLabel('Segment afterwards').fill('smb');
  await hers.getByLabel('Why').fill('use is stable');
  await hers.getByRole('button', { name: 'Forecast it' }).click();
  await hers.getByRole('alert').getByText('change one of them').waitFor();
  await expectAccessible(hers);
  await hers.getByLabel('Segment afterwards').fill('');
  await hers.getByRole('button', { name: 'Forecast it' }).click();
  await story.clock.settle();
  await hers.getByRole('link', { name: 'See the forecast' }).click();
  await hers.getByText('1 customer would pay more, 1 less and 0 the same, of 2 in USD').waitFor();
  const row = hers.getByRole('row').filter({ hasText: customer.name });
  expect(await row.innerText()).toMatch(/USD 118\.90\s+USD 128\.90\s+\+USD 10\.00/);
  await looks(hers, 'migration-forecast');
  await hers.getByRole('button', { name: 'Keep spring for a second person to start' }).click();
  await hers.getByText('You planned it, so somebody else').waitFor();

  await page.goto(`${story.origin}/admin/migrations`);
  await page.getByRole('link', { name: 'spring' }).click();
  await page.getByRole('button', { name: 'Start moving customers to metered' }).click();
  await page.getByText('approved by Olu').waitFor();
  await story.clock.settle();
  await page.reload();
  await page.getByRole('cell', { name: 'waits for his renewal' }).waitFor();
  await looks(page, 'migration');
  await page.getByLabel('Why it stops').fill('bills look wrong');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused by Olu: bills look wrong').waitFor();
  await expectAccessible(page);
  await page.goto(`${story.origin}/admin/migrations`);
  await looks(page, 'migrations');
  await page.goto(`${story.origin}/admin/migrations/forecasts/new`);
  await looks(page, 'migration-new');
  expect([...window.complaints, ...ada.complaints]).toEqual([]);
});

/** What stands below the invoice of a customer's cycle at Stripe. */
async function footerOf({ stripeCustomer }: Subscriber): Promise<string | null | undefined> {
  const { data } = await story.stripe.invoices.list({ customer: stripeCustomer });
  return data.find(({ billing_reason: reason }) => reason === 'subscription_cycle')?.footer;
}

/** In both colours, on a desk and on a phone. */
async function looks(on: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      await on.emulateMedia({ colorScheme });
      await on.setViewportSize({ width, height: 844 });
      await expectAccessible(on);
      await picture(on, `${name}-${colorScheme}-${width}`);
    }
  }
  await on.emulateMedia({ colorScheme: 'light' });
  await on.setViewportSize({ width: 1280, height: 900 });
}
