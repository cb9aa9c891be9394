// A real browser for the console: one process a test file, a window for each person, and everything that must not happen
// (policy violations, script errors, requests to elsewhere, axe's findings) collected on the way.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type AxeCore from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, expect } from 'vitest';

import type { Role } from '../../src/domain/operator.ts';
import { makeSignInLink } from '../../src/operations/console/sign-in-links.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { transaction } from '../../src/storage/database.ts';
import { changeOperator, saveOperator } from '../../src/storage/operators.ts';
import { CHROMIUM_MISSING, findChromium } from './chromium.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = 'reports/console';

/** As root in a container, and without a word to the outside. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser for the calling test file; its profile is new and thrown away. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error(CHROMIUM_MISSING);
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  afterAll(async () => browser.close());
  return browser;
}

export interface Window {
  readonly page: Page;
  /** What the browser complained about so far. */
  readonly complaints: readonly string[];
  readonly clicks: () => number;
}

/** A window of its own, with nothing remembered, which reports every complaint of the browser. */
export async function openWindow(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  let clicks = 0;
  await context.exposeBinding('noteClick', () => {
    clicks += 1;
  });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`policy violated: ${violatedDirective} ${blockedURI}`);
    });
    // A press of Enter on a button is a click to scripts, and none to a hand.
    addEventListener('pointerdown', () => (globalThis as unknown as { noteClick: () => void }).noteClick(), true);
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    // Refusals are pages with a status of their own, which the browser mentions.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`asked elsewhere: ${request.url()}`);
  });
  return { page, complaints, clicks: () => clicks };
}

export interface Person {
  readonly name: string;
  readonly roles: readonly Role[];
}

export const SAM: Person = { name: 'Sam', roles: ['support'] };
export const ADA: Person = { name: 'Ada', roles: ['finance', 'approver'] };
export const OLU: Person = { name: 'Olu', roles: ['owner'] };

/** A link that signs a person in, who is known from then on. */
export async function linkFor(deps: Deps, origin: string, { name, roles }: Person): Promise<string> {
  const subject = `sandbox:${name.toLowerCase()}`;
  await transaction(deps.db, async (trx) => {
    const at = new Date();
    await saveOperator(trx, { operatorId: deps.newId(), subject, name, email: null, createdAt: at });
    await changeOperator(trx, subject, { roles, disabled: false, at });
  });
  const token = randomBytes(32).toString('base64url');
  await makeSignInLink(deps, { subject, token });
  return `${origin}/admin/sign-in/link?token=${token}`;
}

/** The person follows his link and is in. */
export async function signIn(window: Window, link: string): Promise<Page> {
  await window.page.goto(link);
  await window.page.getByRole('button', { name: /^Sign in as/ }).click();
  await window.page.waitForURL(/\/admin\/(?:finance)?$/);
  return window.page;
}

/** Nothing that axe knows to be wrong is on the page, and it is no wider than its window. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof AxeCore };
    return axe.run(document, { resultTypes: ['violations'] });
  });
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  expect(found).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(`${page.url()} is ${overflow} too wide`).toBe(`${page.url()} is 0 too wide`);
}

/** Kept under reports/console, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}
