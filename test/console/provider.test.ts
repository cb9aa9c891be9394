import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from 'playwright-core';
// Sign-in by OpenID Connect against a real provider in a process of its own, with a real browser in between.
import { afterAll, expect, test, vi } from 'vitest';

import { assembleBilling, assembleDeps } from '../../src/billing.ts';
import { execute, query } from '../../src/storage/query.ts';
import { connectStripe } from '../../src/stripe/gateway.ts';
import { openWindow, startBrowser } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';
import { startProcess } from '../support/processes.ts';

vi.setConfig({ testTimeout: 60_000 });

const { database } = await cloneDatabase();
const CLIENT_SECRET = 'the secret of the console at its provider';
const warnings: string[] = [];

const server = createServer();
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const provider = startProcess('provider-process.ts', `${origin}/admin/sign-in/callback`, CLIENT_SECRET);
const issuer = await vi.waitFor(
  () => {
    const [line] = provider.lines();
    if (line === undefined) throw new Error('the provider does not listen yet');
    return line;
  },
  { timeout: 30_000, interval: 50 },
);
const billing = assembleBilling(
  assembleDeps({
    db: database,
    stripe: connectStripe({ secretKey: 'sk_test_nobody', host: '127.0.0.1', port: 9, protocol: 'http' }),
    log: { info: () => undefined, warn: (_fields, message) => warnings.push(message), error: console.error },
  }),
  {
    livemode: false,
    pepper: 'a pepper for the provider test',
    webhookSecrets: [],
    publicUrl: origin,
    nightlyCron: '0 3 * * *',
    signIn: {
      by: 'provider',
      issuer,
      clientId: 'console',
      clientSecret: CLIENT_SECRET,
      groupsClaim: 'groups',
      rolesOfGroup: new Map([
        ['billing-ada', 'approver' as const],
        ['billing-sam', 'support' as const],
      ]),
    },
  },
);
server.on('request', billing.listener);
const browser = await startBrowser();
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  provider.child.kill();
  await provider.ended;
  await billing.close();
});

async function atProvider(page: Page, login: string): Promise<void> {
  await page.waitForURL(`${issuer}/**`);
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
}

/** What the provider asks the first time. */
async function consent(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('a person comes in by the provider, with the roles of her groups, and back to where she wanted to go', async () => {
  const { page } = await openWindow(browser, origin);
  await page.goto(`${origin}/admin/approvals`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await atProvider(page, 'ada');
  await consent(page);
  await page.waitForURL(`${origin}/admin/approvals`);
  await page.getByText('ada Example').waitFor();
  const people = await query<{ subject: string; email: string; roles: string[] }>(
    database,
    'select subject, email, roles from operators',
  );
  expect(people).toEqual([{ subject: 'oidc:ada', email: 'ada@example.com', roles: ['approver'] }]);
  const trips = await query(database, 'select from console_sign_in_trips');
  expect(trips.length).toBe(0);

  // Six minutes later a dangerous act asks the provider again, which asks her again, too.
  await execute(database, `update console_sessions set authenticated_at = clock_timestamp() - interval '6 minutes'`);
  await page.goto(`${origin}/admin/confirm?to=/audit`);
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await atProvider(page, 'ada');
  await page.waitForURL(`${origin}/admin/audit`);
  const [session] = await query<{ fresh: boolean; ended: number }>(
    database,
    `select bool_or(authenticated_at > clock_timestamp() - interval '1 minute' and ended_at is null) as fresh,
       count(ended_at)::integer as ended from console_sessions`,
  );
  expect(session).toEqual({ fresh: true, ended: 1 });
});

test('who is in none of the groups is told so, and is not in', async () => {
  const { page } = await openWindow(browser, origin);
  await page.goto(`${origin}/admin/`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await atProvider(page, 'mallory');
  await consent(page);
  await page.getByText('has no role here').waitFor();
  expect((await page.goto(`${origin}/admin/`))?.status()).toBe(401);
});

test('an answer that nobody asked for, or with another state, signs nobody in', async () => {
  const callback = `${origin}/admin/sign-in/callback?code=stolen&state=guessed&iss=${encodeURIComponent(issuer)}`;
  expect((await fetch(callback)).status).toBe(400);
  const start = await fetch(`${origin}/admin/sign-in/start`, { redirect: 'manual' });
  const cookie = start.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^creditpool_trip=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  const asked = new URL(start.headers.get('location') ?? '');
  expect(Object.fromEntries(asked.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: `${origin}/admin/sign-in/callback`,
  });
  expect(asked.searchParams.get('nonce')).toMatch(/^[\w-]{20,}$/);
  const answered = await fetch(callback, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  expect([answered.status, answered.headers.get('set-cookie')]).toEqual([
    400,
    expect.not.stringContaining('creditpool='),
  ]);
  expect(warnings).toEqual(['a sign-in by the provider was refused']);
});
