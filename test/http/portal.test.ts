// A page of the customer himself: what a host's server and a browser send, told from outside.
import { createHmac } from 'node:crypto';

import { beforeAll, expect, test } from 'vitest';

import { textOf, type Wire } from '../support/api.ts';
import { sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { STORY_PEPPER, type Subscriber, tellStory } from '../support/story.ts';

const WORDS = { 'llm.complete': 'an answer', 'api.call': 'a call', 'report.generate': 'a report', calls: 'calls' };
const { database } = await cloneDatabase();
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, words: WORDS },
});
let customer: Subscriber;
let other: Subscriber;

beforeAll(async () => {
  [customer, other] = [await story.subscriber(), await story.subscriber()];
  await customer.use(7_500, { member: 'ana', id: 'u-1' });
  await customer.use(100, { member: '=SUM(A1)', id: 'u-2' });
});

async function tokenOf(subscriber: Subscriber, more: object = {}): Promise<string> {
  const { body } = await story.call('POST', '/v1/portal_tokens', { customer: `ext:${subscriber.name}`, ...more });
  if (body['token'] === undefined) throw new Error(JSON.stringify(body));
  return textOf(body['token']);
}

async function ask(token: string, path: string, init: RequestInit = {}) {
  const response = await fetch(story.origin + path, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { response, text, body: (isJson ? JSON.parse(text) : {}) as Wire };
}

const APRIL = 'from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00Z';

test('a page sees what is left, what ends, what things cost and what was last used', async () => {
  const { response, body } = await ask(await tokenOf(customer), '/v1/portal');
  expect(response.status).toBe(200);
  expect(body).toMatchObject({
    object: 'portal',
    plan: 'hybrid',
    level: 'low',
    available: '2400',
    granted: '10000',
    expiring: [{ credits: '2400', at: '2026-05-01T00:00:00.000Z' }],
    recent: [
      { name: 'a call', member: '=SUM(A1)', credits: '100' },
      { name: 'a call', member: 'ana', credits: '7500' },
    ],
    grants: [{ source: 'included', granted: '10000', used: '7600', left: '2400' }],
    may_buy: false,
    packs: [],
  });
  const costs = body['costs'] as unknown as readonly { action: string; price: string }[];
  expect(costs.find(({ action }) => action === 'api.call')?.price).toBe('costs 1 credit for every call');
  expect(JSON.stringify(body['policy'])).toContain('When the credits run out');
});

test('usage comes by day, and as a file that a spreadsheet takes for text', async () => {
  const token = await tokenOf(customer);
  const { body } = await ask(token, `/v1/portal/usage?${APRIL}`);
  expect(body['data']).toEqual([
    { day: '2026-04-01', action: 'api.call', name: 'a call', member: '=SUM(A1)', events: 1, credits: '100' },
    { day: '2026-04-01', action: 'api.call', name: 'a call', member: 'ana', events: 1, credits: '7500' },
  ]);
  const { text, response } = await ask(token, `/v1/portal/usage?${APRIL}&format=csv`);
  expect(response.headers.get('content-disposition')).toContain('usage-2026-04-01.csv');
  expect(text.split('\r\n').slice(0, 2)).toEqual([
    'day,action,name,member,events,credits',
    "2026-04-01,api.call,a call,'=SUM(A1),1,100",
  ]);
  const long = await ask(token, '/v1/portal/usage?from=2026-01-01T00:00:00Z&to=2026-05-01T00:00:00Z');
  expect([long.response.status, long.body['error']?.['param']]).toEqual([400, 'to']);
});

test('a token sees its own customer only', async () => {
  const { body } = await ask(await tokenOf(other), '/v1/portal');
  expect([body['available'], body['recent']]).toEqual(['10000', []]);
});

test('work that was held counts when it is captured, in what was last used and by the day', async () => {
  const who = await story.subscriber();
  const asked = { customer: `ext:${who.name}`, action: 'api.call', credits: '40', member: 'ana' };
  const hold = textOf((await story.call('POST', '/v1/holds', asked, 'portal-hold')).body['id']);
  const token = await tokenOf(who);
  expect((await ask(token, '/v1/portal')).body['recent']).toEqual([]);
  const captured = await story.call(
    'POST',
    `/v1/holds/${hold}/capture`,
    { quantities: { calls: 25 } },
    'portal-capture',
  );
  expect(captured.body).toMatchObject({ captured: '25' });
  await who.use(10);
  expect((await ask(token, '/v1/portal')).body['recent']).toMatchObject([
    { name: 'a call', member: null, credits: '10' },
    { name: 'a call', member: 'ana', credits: '25' },
  ]);
  expect((await ask(token, `/v1/portal/usage?${APRIL}`)).body['data']).toEqual([
    { day: '2026-04-01', action: 'api.call', name: 'a call', member: 'ana', events: 1, credits: '25' },
    { day: '2026-04-01', action: 'api.call', name: 'a call', member: null, events: 1, credits: '10' },
  ]);
});

test('a pack is bought on a page of Stripe, by who may buy; paid, it is there', async () => {
  const pack = sampleCatalogue.packs[0]?.pack ?? '';
  const wanted = { method: 'POST', body: JSON.stringify({ pack, return_url: 'https://app.example.com/credits' }) };
  const path = '/v1/portal/checkout_sessions';
  const looker = await ask(await tokenOf(other), path, wanted);
  expect([looker.response.status, looker.body['error']?.['code']]).toEqual([403, 'forbidden']);
  const buyer = await tokenOf(other, { may_buy: true });
  expect((await ask(buyer, '/v1/portal')).body['packs']?.[0]).toMatchObject({ pack });
  const opened = await ask(buyer, path, wanted);
  expect(opened.response.status).toBe(201);
  const offer = await (await fetch(textOf(opened.body['url']))).text();
  expect(offer).toContain('Back without paying');
  const declined = await fetch(`${textOf(opened.body['url'])}?with=pm_card_chargeDeclined`, { method: 'POST' });
  expect([declined.status, await declined.text()]).toEqual([402, expect.stringContaining('Your card was declined')]);
  expect((await ask(buyer, '/v1/portal')).body['available']).toBe('10000');
  const paid = await fetch(textOf(opened.body['url']), { method: 'POST' });
  expect(await paid.text()).toContain('href="https://app.example.com/credits"');
  await story.relayed();
  const { credits } = sampleCatalogue.packs[0] ?? { credits: '' };
  await expect
    .poll(async () => (await ask(buyer, '/v1/portal')).body['available'])
    .toBe(String(10_000 + Number(credits)));
  const unknown = { ...wanted, body: JSON.stringify({ pack: 'none', return_url: 'https://app.example.com/' }) };
  expect((await ask(buyer, path, unknown)).body['error']?.['code']).toBe('unknown_pack');
  const script = { ...wanted, body: JSON.stringify({ pack, return_url: 'javascript:alert(1)' }) };
  expect((await ask(buyer, path, script)).body['error']?.['param']).toBe('return_url');
});

test('a token of nobody, a changed one, an ended one and an API key are refused by their names', async () => {
  const token = await tokenOf(customer);
  const [said = '', signature = ''] = token.slice('cp_portal_'.length).split('.');
  const id = Buffer.from(said, 'base64url').toString().split(' ')[0] ?? '';
  const forged = Buffer.from(`${id} 4102444800 buy`).toString('base64url');
  const ended = Buffer.from(`${id} 1000000000 read`).toString('base64url');
  const sign = (text: string) => createHmac('sha256', `portal test ${STORY_PEPPER}`).update(text).digest('base64url');
  const code = async (text: string) => (await ask(text, '/v1/portal')).body['error']?.['code'];
  expect(await code(`cp_portal_${forged}.${signature}`)).toBe('unauthenticated');
  expect(await code(`cp_portal_${said}.${sign(said).replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`)).toBe(
    'unauthenticated',
  );
  expect(await code('')).toBe('unauthenticated');
  expect(await code(story.apiKey)).toBe('unauthenticated');
  expect(await code(`cp_portal_${ended}.${sign(ended)}`)).toBe('portal_token_expired');
  const elsewhere = await ask(token, `/v1/customers/${other.externalId}/balance`);
  expect(elsewhere.body['error']?.['code']).toBe('unauthenticated');
});

test('a browser on another origin may ask, and is not asked for cookies', async () => {
  const preflight = await fetch(`${story.origin}/v1/portal`, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example.com', 'access-control-request-headers': 'authorization' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  const elsewhere = await fetch(`${story.origin}/v1/customers/x/balance`, { method: 'OPTIONS' });
  expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
});
