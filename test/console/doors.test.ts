// Who comes in, for how long, and what a request from elsewhere may do: spoken over HTTP, as a browser or an attacker would.
import { expect, test } from 'vitest';

import { PAGES } from '../../src/admin/pages.ts';
import { may, PERMISSIONS, ROLES } from '../../src/domain/operator.ts';
import { stampOnce } from '../../src/storage/deployment.ts';
import { execute, query } from '../../src/storage/query.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { ADA, linkFor, OLU, type Person, SAM } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';

const { database } = await cloneDatabase();
await stampOnce(database, { account: 'acct_doors', livemode: false, sandbox: true });
const api = await startApi({ database }, { signIn: { by: 'link' } });

interface Visitor {
  readonly cookie: string;
  readonly csrf: string;
}

async function ask(
  path: string,
  { form, cookie = '', headers = {}, at = api }: Asked = {},
): Promise<{ status: number; to: string | null; text: string; headers: Headers }> {
  const response = await fetch(`${at.origin}/admin${path}`, {
    redirect: 'manual',
    method: form === undefined ? 'GET' : 'POST',
    headers: {
      ...(cookie !== '' && { cookie }),
      ...(form !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      }),
      ...headers,
    },
    ...(form !== undefined && { body: new URLSearchParams(form).toString() }),
  });
  const text = await response.text();
  return { status: response.status, to: response.headers.get('location'), text, headers: response.headers };
}

interface Asked {
  readonly form?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly at?: TestApi;
}

async function enter(person: Person): Promise<Visitor> {
  const link = await linkFor(api.billing.deps, api.origin, person);
  const token = new URL(link).searchParams.get('token') ?? '';
  const { headers } = await ask('/sign-in/link', { form: { token } });
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  const { text } = await ask('/', { cookie });
  return { cookie, csrf: /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '' };
}

test('nobody sees a page without signing in, and is led to the door', async () => {
  for (const { path, method } of PAGES) {
    const { status, text } = await ask(path.replace(':id', 'x'), method === 'post' ? { form: {} } : {});
    expect([path, status]).toEqual([path, 401]);
    expect(text).toContain('Sign in with a link');
  }
});

test('a link is looked at freely, signs in once, and never again', async () => {
  const link = await linkFor(api.billing.deps, api.origin, SAM);
  const token = new URL(link).searchParams.get('token') ?? '';
  expect((await ask(`/sign-in/link?token=${token}`)).text).toContain('Sign in as Sam');
  expect((await ask(`/sign-in/link?token=${token}`)).status).toBe(200);
  const first = await ask('/sign-in/link', { form: { token } });
  expect([first.status, first.to]).toEqual([303, '/admin/']);
  expect(first.headers.get('set-cookie')).toMatch(/^creditpool=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  expect((await ask('/sign-in/link', { form: { token } })).status).toBe(410);
  const kept = await query<{ hash: Buffer }>(database, 'select token_hash as hash from console_sign_in_links');
  expect(kept.map(({ hash }) => hash.toString()).join()).not.toContain(token);
});

test('another site can neither sign somebody in nor send a form of his', async () => {
  const link = await linkFor(api.billing.deps, api.origin, SAM);
  const token = new URL(link).searchParams.get('token') ?? '';
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
  expect((await ask('/sign-in/link', { form: { token }, headers: foreign })).status).toBe(410);

  const { cookie, csrf } = await enter(SAM);
  const retry = '/messages/1/retry';
  const sent = async (form: Record<string, string>, headers: Record<string, string>): Promise<number> =>
    (await ask(retry, { form, cookie, headers })).status;
  expect(await sent({ csrf }, foreign)).toBe(403);
  expect(await sent({ csrf: `${csrf.slice(0, -1)}x` }, {})).toBe(403);
  expect(await sent({}, {})).toBe(403);
  // Nothing is parked, which is as far as a form of ours gets.
  expect(await sent({ csrf }, {})).toBe(422);
  // An API key opens no page, and a session no route of the API.
  expect((await ask('/', { headers: { authorization: `Bearer ${api.keys.admin}` } })).status).toBe(401);
  expect((await api.call('GET', '/v1/cases', undefined, { key: null, headers: { cookie } })).status).toBe(401);
});

test('each role sees and does what it may, and nothing else', { timeout: 90_000 }, async () => {
  const people = ROLES.map((role) => ({ name: `Only ${role}`, roles: [role] }));
  for (const person of people) {
    const { cookie, csrf } = await enter(person);
    for (const { path, method, permission } of PAGES) {
      const asked = method === 'post' ? { cookie, form: { csrf } } : { cookie };
      const { status, text } = await ask(path.replace(':id', 'x'), asked);
      const isStopped = status === 403 && text.includes('This needs the role');
      expect([person.name, method, path, isStopped]).toEqual([
        person.name,
        method,
        path,
        !may(person.roles, permission),
      ]);
      expect(status).not.toBe(500);
    }
  }
  expect(PERMISSIONS.filter((permission) => PAGES.some((page) => page.permission === permission))).toContain(
    'case.approve',
  );
});

test('roles count as they are now: who lost them is stopped at the next click', async () => {
  const { cookie, csrf } = await enter(ADA);
  expect((await ask('/audit', { cookie })).status).toBe(200);
  await execute(database, `update operators set roles = '{viewer}' where subject = 'sandbox:ada'`);
  expect((await ask('/audit', { cookie })).status).toBe(403);
  expect((await ask('/cases/x/approve', { cookie, form: { csrf } })).status).toBe(403);
  await execute(database, `update operators set disabled_at = now() where subject = 'sandbox:ada'`);
  expect((await ask('/', { cookie })).status).toBe(401);
});

test('a session ends after half an hour alone, twelve hours in all, and when somebody signs out', async () => {
  const { cookie, csrf } = await enter(OLU);
  const since = async (sql: string): Promise<number> => {
    await execute(database, `update console_sessions set ${sql} where subject = 'sandbox:olu' and ended_at is null`);
    return (await ask('/', { cookie })).status;
  };
  expect(await since(`last_seen_at = clock_timestamp() - interval '29 minutes'`)).toBe(200);
  expect(await since(`last_seen_at = clock_timestamp() - interval '31 minutes'`)).toBe(401);
  expect(await since(`last_seen_at = clock_timestamp()`)).toBe(200);
  expect(await since(`expires_at = clock_timestamp()`)).toBe(401);
  expect(await since(`expires_at = clock_timestamp() + interval '1 hour'`)).toBe(200);
  expect((await ask('/sign-out', { cookie, form: { csrf } })).to).toBe('/admin/');
  expect((await ask('/', { cookie })).status).toBe(401);
  const rows = await query<{ action: string }>(
    database,
    `select action from audit_log where actor = 'sandbox:olu' order by audit_id`,
  );
  expect(rows.map(({ action }) => action)).toEqual(['session.started', 'session.ended']);
});

test('signing in anew ends the session that this browser had', async () => {
  const { cookie } = await enter(SAM);
  const link = await linkFor(api.billing.deps, api.origin, SAM);
  const token = new URL(link).searchParams.get('token') ?? '';
  await ask('/sign-in/link', { form: { token }, cookie });
  expect((await ask('/', { cookie })).status).toBe(401);
});

test('a dangerous act asks for a fresh proof of identity, and goes on afterwards', async () => {
  const { cookie, csrf } = await enter(OLU);
  await execute(database, `update console_sessions set authenticated_at = clock_timestamp() - interval '6 minutes'`);
  const approve = '/cases/case_x/approve';
  const stopped = await ask(approve, { cookie, form: { csrf } });
  expect([stopped.status, stopped.to]).toEqual([303, '/admin/confirm?to=%2Fcases%2Fcase_x']);
  expect((await ask('/confirm?to=/cases/case_x', { cookie })).text).toContain('Yes, I am Olu');
  const confirmed = await ask('/confirm', { cookie, form: { csrf, to: '/cases/case_x' } });
  expect(confirmed.to).toBe('/admin/cases/case_x');
  expect((await ask(approve, { cookie, form: { csrf } })).status).toBe(404);
  // Never to another site.
  expect((await ask('/confirm', { cookie, form: { csrf, to: '//evil.example' } })).to).toBe('/admin/');
});

test('every page forbids what it does not need, and keeps nothing in caches', async () => {
  const { headers } = await ask('/');
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none';object-src 'none'",
  );
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect((await ask('/assets/console.css')).headers.get('cache-control')).toBe('public, max-age=300');
});

test('what is typed is shown as text, and what breaks says no more than its number', async () => {
  const { cookie } = await enter(SAM);
  const { text } = await ask(`/search?q=${encodeURIComponent('<script>alert(1)</script>')}`, { cookie });
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('&lt;script>alert(1)&lt;/script>');
  for (const q of ['%', '\u0000', '\uD800', "'; drop table customers; --", 'x'.repeat(5_000), 'évt_1', 'case_1', '_']) {
    const { status } = await ask(`/search?q=${encodeURIComponent(q.toWellFormed())}`, { cookie });
    expect([q.slice(0, 20), status]).toEqual([q.slice(0, 20), 200]);
  }
});

test('a proxy that knows the secret names the person; anybody else names nobody', async () => {
  const other = await cloneDatabase();
  const rolesOfGroup = new Map([['billing', 'support' as const]]);
  const secret = 'what only the proxy knows';
  const behind = await startApi(other, {
    publicUrl: 'https://credits.example',
    signIn: { by: 'proxy', header: 'x-forwarded-email', groupsHeader: 'x-forwarded-groups', secret, rolesOfGroup },
  });
  const named = { 'x-forwarded-email': 'eve@example.com', 'x-forwarded-groups': 'everyone, billing' };
  expect((await ask('/', { at: behind, headers: named })).status).toBe(401);
  expect((await ask('/', { at: behind, headers: { ...named, 'x-creditpool-proxy': 'guessed' } })).status).toBe(401);
  const known = { ...named, 'x-creditpool-proxy': secret };
  const { status, text, headers } = await ask('/', { at: behind, headers: known });
  expect([status, text.includes('eve@example.com')]).toEqual([200, true]);
  expect(headers.get('set-cookie')).toMatch(
    /^__Host-creditpool=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const stranger = { ...known, 'x-forwarded-email': 'mallory@example.com', 'x-forwarded-groups': 'everyone' };
  const refused = await ask('/', { at: behind, headers: stranger });
  expect([refused.status, refused.text.includes('has no role here')]).toEqual([403, true]);
});
