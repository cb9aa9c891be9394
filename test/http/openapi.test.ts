// The document and the service say the same: every route is in it, and every operation answers what it promises.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Router } from 'express';
import { afterAll, expect, test, vi } from 'vitest';

import { toWireId } from '../../src/contract/ids.ts';
import { NIL_ID } from '../../src/domain/account.ts';
import { PROBLEM_CODES, statusOf } from '../../src/http/problems.ts';
import { NO_OBSERVER } from '../../src/telemetry/observer.ts';
import { textOf, type Wire } from '../support/api.ts';
import { sampleCatalogue, samplePolicy } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { asDocumented, documented } from '../support/documented.ts';
import { idOf, tellStory } from '../support/story.ts';

vi.setConfig({ testTimeout: 120_000 });

const { database } = await cloneDatabase();
const [plan] = sampleCatalogue.plans;
if (plan === undefined) throw new Error('the sample catalogue has no plan');
const bulk = { ...plan, plan: 'bulk', name: 'Bulk', includedCredits: '50000' };
const refill = {
  ...plan,
  plan: 'refill',
  name: 'Refill',
  includedCredits: '0',
  policy: {
    ...samplePolicy,
    zeroBalance: 'top_up' as const,
    topUp: { pack: 'pack-10k', below: '200', monthlyCapMinor: 20_000, coolDownMinutes: 10 },
  },
};
const pooled = {
  ...plan,
  plan: 'pooled',
  name: 'Pooled',
  policy: { ...samplePolicy, transfers: 'within_customer' as const, pooling: 'member' as const },
};
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, plans: [...sampleCatalogue.plans, bulk, refill, pooled] },
});

const { document, find } = documented();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({ path, method, operationId })),
);

/** Operations that were called here, with the first status of each. */
const called = new Map<string, number>();
const noted = new Set<string>();

async function call(method: string, path: string, body?: unknown, key?: string, by = story.call): Promise<Wire> {
  const reply = await by(method, path, body, key);
  const id = find(`${method} ${path.split('?')[0]}`)?.operation.operationId ?? `${method} ${path}`;
  if (reply.status < 300) called.set(id, reply.status);
  else noted.add(id);
  return reply.body;
}

/** Paths of a router, of whatever it has inside. */
function pathsOf(router: Router): readonly string[] {
  return router.stack.flatMap(({ route, handle }) => {
    if (route !== undefined) return route.stack.map(({ method }) => `${(method ?? 'ALL').toUpperCase()} ${route.path}`);
    return 'stack' in handle ? pathsOf(handle as unknown as Router) : [];
  });
}

test('there is no route that the document does not name', async () => {
  const { createRouter } = await import('../../src/http/router.ts');
  const { createAuthenticator } = await import('../../src/http/auth.ts');
  const { deps, executor } = story.billing;
  const context = {
    deps,
    executor,
    channels: {} as never,
    livemode: false,
    observer: NO_OBSERVER,
    pepper: '',
    webhookSecrets: [],
    docsUrl: '',
    widgetOrigins: [],
    wake: () => undefined,
    sandbox: null,
    notReady: () => null,
  };
  const routed = pathsOf(createRouter(context, createAuthenticator(context)));
  expect(routed.length).toBeGreaterThan(80);
  // A method that is not there is answered 405; pages are for people.
  const pages = /^GET \/(?:(?:docs|widget)(?:[./].*)?)?$/;
  const strange = routed
    .filter((route) => !route.startsWith('ALL ') && !pages.test(route))
    .filter((route) => find(route.replaceAll(/:(\w+)/g, 'x')) === null);
  expect([...new Set(strange)]).toEqual([]);
});

test('what is not as documented is found', () => {
  const headers = new Headers({ 'content-type': 'application/json' });
  const reply = (status: number, body: object) => ({ status, headers, body: body as Wire });
  const clock = { object: 'sandbox_clock', now: '2026-04-01T00:00:00.000Z' };
  expect(() => asDocumented('GET', '/v1/sandbox/clock', undefined, reply(200, clock))).not.toThrow();
  for (const wrong of [
    reply(200, { ...clock, zone: 'UTC' }),
    reply(200, { object: 'sandbox_clock' }),
    reply(201, clock),
    reply(404, { error: 'not here' }),
  ]) {
    expect(() => asDocumented('GET', '/v1/sandbox/clock', undefined, wrong)).toThrow(/not what the document says/);
  }
  expect(() => asDocumented('GET', '/v1/sandbox/clock?zone=UTC', undefined, reply(200, clock))).toThrow(/took zone/);
});

test('usage, holds and balances answer what is documented', async () => {
  const customer = await story.subscriber();
  const name = customer.stripeCustomer;
  const use = { customer: name, action: 'api.call', quantities: { calls: 2 } };
  await call('POST', '/v1/check', use);
  await call('POST', '/v1/quote', { customer: name, lines: [{ action: 'api.call', quantities: { calls: 2 } }] });
  await call('GET', '/v1/burn_table');
  await call('POST', '/v1/track', { ...use, id: 'doc-1' });
  const batch = await call('POST', '/v1/track', {
    events: [
      { ...use, id: 'doc-2' },
      { ...use, id: 'doc-3', action: 'never.heard' },
      { ...use, id: 'doc-4', action: 'no' },
    ],
    on_error: 'quarantine',
  });
  const quarantined = (await call('GET', '/v1/quarantine'))['data'] as unknown as readonly Wire[];
  const [first, second] = quarantined.map(idOf);
  const eventId = textOf(quarantined[0]?.['event_id']);
  expect(batch).toMatchObject({ applied: 1, quarantined: 2 });
  await call('GET', `/v1/quarantine/${first}`);
  await call('POST', `/v1/quarantine/${first}/release`, { event: { ...use, id: eventId } });
  await call('POST', `/v1/quarantine/${second}/discard`, { reason: 'a test' });

  const hold = await call('POST', '/v1/holds', { customer: name, action: 'api.call', credits: '40' }, 'doc-hold');
  await call('GET', `/v1/holds/${idOf(hold)}`);
  await call('GET', '/v1/holds?limit=5');
  await call('POST', `/v1/holds/${idOf(hold)}/capture`, { amount: '5', final: false }, 'doc-capture');
  await call('POST', `/v1/holds/${idOf(hold)}/release`, {}, 'doc-release');

  await call('GET', `/v1/customers/${name}`);
  const balance = await call('GET', `/v1/customers/${name}/balance`);
  await call('GET', `/v1/customers/${name}/balance?at=2026-04-01T00:00:00Z`);
  await call('GET', `/v1/customers/${name}/statement?from=2026-04-01T00:00:00Z&to=2026-04-02T00:00:00Z`);
  await call('GET', `/v1/customers/${name}/statement?from=2026-04-01T00:00:00Z&to=2026-04-02T00:00:00Z&format=csv`);
  await call('GET', `/v1/customers/${name}/explain?lots=all`);
  const lines = await call('GET', `/v1/customers/${name}/statement?from=2026-04-01T00:00:00Z&to=2026-04-02T00:00:00Z`);
  const [line] = lines['data'] as unknown as readonly Wire[];
  await call('GET', `/v1/ledger_entries/${textOf(line?.['entry'])}`);
  await call('GET', `/v1/customers/${name}/members/ada/balance`);
  await call('PUT', `/v1/customers/${name}/members/ada/cap`, { cap: { credits: '10', window: 'day' } });
  await call('POST', `/v1/customers/${name}/true_up`, {});
  await call('POST', '/v1/grants', { customer: name, source: 'promotional', credits: '10', reason: 'r' }, 'doc-grant');
  expect(balance).toMatchObject({ available: '9989', held: '0' });
});

test('what puts usage right answers what is documented', async () => {
  const customer = await story.subscriber();
  const name = customer.stripeCustomer;
  const [one, two] = [await customer.use(3, { id: 'wrong-1' }), await customer.use(3, { id: 'wrong-2' })];
  const why = { customer: name, reason: 'sent twice', ticket: 'T-1' };
  await call('POST', `/v1/usage_events/${textOf(one['usage_event'])}/reverse`, why);
  await call('POST', `/v1/usage_events/${textOf(two['usage_event'])}/amend`, { ...why, quantities: { calls: 1 } });
  const late = { customer: name, action: 'api.call', quantities: { calls: 1 }, occurred_at: '2026-04-01T00:00:01Z' };
  for (const dryRun of [true, false]) {
    await call('POST', '/v1/backfills', {
      dry_run: dryRun,
      reason: 'r',
      ticket: 'T',
      events: [{ ...late, id: 'late' }, {}],
    });
  }
  const pool = await story.subscriber('pooled');
  const gift = { customer: pool.stripeCustomer, source: 'promotional', credits: '10', reason: 'r' };
  await call('POST', '/v1/grants', gift, 'doc-gift');
  await call(
    'POST',
    '/v1/transfers',
    {
      from: { customer: pool.stripeCustomer },
      to: { customer: pool.stripeCustomer, member: 'bob' },
      credits: '10',
      reason: 'r',
    },
    'doc-transfer',
  );
  expect(await pool.balance()).toMatchObject({ members: [{ member: 'bob', available: '10010' }] });
});

test('invoices, top-ups and subscriptions answer what is documented', async () => {
  const customer = await story.subscriber('refill');
  const at = `/v1/customers/${customer.stripeCustomer}`;
  await call('PUT', `${at}/top_up_consent`, {
    accepted_by: 'jane',
    text_hash: 'a'.repeat(64),
    monthly_cap_minor: 9_000,
  });
  await call('POST', `${at}/top_up_consent/resume`, {});
  await customer.use(1);
  await story.clock.settle();
  expect((await call('GET', `${at}/top_ups`))['data']).toHaveLength(1);
  await call('POST', `${at}/top_up_consent/withdraw`, { withdrawn_by: 'jane' });

  const other = await story.subscriber();
  await call('PUT', `/v1/customers/${other.stripeCustomer}/spending_limit`, { overage_credits: '500' });
  const list = await call('GET', `/v1/invoices?customer=${other.stripeCustomer}`);
  const [invoice] = list['data'] as unknown as readonly Wire[];
  await call('GET', `/v1/invoices/${idOf(invoice ?? {})}`);
  await call('POST', `/v1/subscriptions/${other.subscription}/change_plan`, { plan: 'bulk', reason: 'r' });
  await story.clock.settle();
  const leaving = await story.subscriber();
  await call('POST', `/v1/subscriptions/${leaving.subscription}/cancel`, { reason: 'r' });
  await call('GET', '/v1/settlements?state=waiting');
  for (const decision of ['accept', 'correct'])
    await call('POST', `/v1/settlements/period_x/${decision}`, { reason: 'r' });
});

test('cases and credit notes answer what is documented', async () => {
  const customer = await story.subscriber();
  const list = await call('GET', `/v1/invoices?customer=${customer.stripeCustomer}`);
  const invoice = textOf((list['data'] as unknown as readonly Wire[])[0]?.['id']);
  const note = { invoice, amount_minor: 100, settle_as: 'customer_balance' };
  await call('POST', '/v1/credit_notes/preview', note);
  await call('POST', '/v1/credit_notes', { ...note, reason: 'goodwill', ticket: 'T' }, 'doc-note');
  await call('GET', '/v1/clearing');
  await call('POST', '/v1/clearing/settle', { customer: customer.stripeCustomer, object: 're_none', reason: 'r' });

  const sam = await story.person('Sam', 'support');
  const ada = await story.person('Ada', 'approver', 'finance', 'owner');
  await call('GET', '/v1/approval_rules');
  await call('POST', '/v1/approval_rules', { credits_item: '50', reason: 'r' }, undefined, ada);
  const gift = (credits: string) => ({ type: 'adjust_future_usage', credits });
  const wanted = { customer: customer.stripeCustomer, kind: 'goodwill', ticket: 'T-1' };
  const open = async (key: string, credits: string, more: object = {}) =>
    idOf(await call('POST', '/v1/cases', { ...wanted, outcome: gift(credits), ...more }, key, sam));
  const small = await open('small', '5');
  await call('POST', `/v1/cases/${small}`, { explanation: 'it was slow' }, undefined, sam);
  await call('POST', `/v1/cases/${small}/preview`, {}, undefined, sam);
  await call('POST', `/v1/cases/${small}/submit`, {}, undefined, sam);
  await story.clock.settle();
  await call('GET', `/v1/cases/${small}`);
  await call('POST', `/v1/cases/${small}/undo`, {}, undefined, sam);
  for (const [step, key] of [
    ['approve', 'large-1'],
    ['refuse', 'large-2'],
  ] as const) {
    const large = await open(key, '500', { submit: true });
    const { payload_hash: hash } = await call('GET', `/v1/cases/${large}`);
    const said = step === 'approve' ? { payload_hash: hash } : { comment: 'no' };
    await call('POST', `/v1/cases/${large}/${step}`, said, undefined, ada);
  }
  await call('POST', `/v1/cases/${await open('closed', '1')}/close`, { comment: 'not needed' }, undefined, ada);
  await call('GET', '/v1/cases?state=done');
  expect((await call('GET', '/v1/audit_log', undefined, undefined, ada))['data']).not.toEqual([]);
});

test('the launch ladder and the public rules answer what is documented', async () => {
  const olga = await story.person('Olga', 'owner');
  const reason = 'a test';
  const by = async (path: string, body: object): Promise<Wire> => call('POST', path, body, undefined, olga);
  await call('GET', '/v1/launch');
  await by('/v1/launch/demotions', { actions: ['report.generate'], to: 'observe', reason });
  await call('POST', '/v1/launch/promotions', { actions: ['report.generate'], reason });
  const customer = await story.subscriber();
  const use = { customer: customer.stripeCustomer, action: 'report.generate' };
  expect(await call('POST', '/v1/track', { ...use, id: 'watched', quantities: {} })).toMatchObject({
    status: 'observed',
  });
  await call('POST', '/v1/check', use);
  const hold = await call('POST', '/v1/holds', { ...use, quantities: {} }, 'watched');
  await call('POST', `/v1/holds/${idOf(hold)}/capture`, {}, 'watched-capture');
  await by('/v1/launch/sign_offs', { row: 'margin', reason });
  await by('/v1/launch/reviews', { review_on: '2026-12-01', reason });
  await call('GET', '/v1/launch?actions=report.generate&to=shadow');
  await call('GET', '/v1/plans/bulk/policy');
});

test('the books answer what is documented', async () => {
  await story.until('2026-05-03T02:00:00Z');
  await call('POST', '/v1/reconciliations', { full: true });
  await call('GET', '/v1/variances');
  for (const [step, body] of [
    ['explain', { note: 'n', evidence: 'e' }],
    ['assign', { owner: 'ada@example.com' }],
  ] as const) {
    await call('POST', `/v1/variances/var_x/${step}`, body);
  }
  const made = await call('POST', '/v1/journal_exports', { month: '2026-04', target: 'generic' });
  await call('GET', '/v1/journal_exports?month=2026-04');
  await call('GET', `/v1/journal_exports/${idOf(made)}/files/control.csv`);
  for (const kind of ['ledger', 'usage', 'customers']) await call('GET', `/v1/exports/${kind}?month=2026-04`);
  await call('GET', '/v1/corrections');
  const [variance, correction] = [toWireId('var', NIL_ID), toWireId('correction', NIL_ID)];
  for (const path of [`variances/${variance}/correction_preview`, `variances/${variance}/correct`])
    await call('POST', `/v1/${path}`, {});
  await call('GET', `/v1/corrections/${correction}`);
  for (const verb of ['approve', 'refuse']) await call('POST', `/v1/corrections/${correction}/${verb}`, {});
  await call('POST', `/v1/variances/${variance}/evidence?name=x.pdf`, {});
  await call('GET', `/v1/variances/${variance}/evidence`);
  await call('GET', `/v1/evidence/${toWireId('evidence', NIL_ID)}/content`);
  await call('GET', '/v1/accounting_periods');
  const fin = await story.person('Fin', 'finance');
  const olu = await story.person('Olu', 'owner');
  const month = '/v1/accounting_periods/2026-04';
  const step = async (name: string, body: object = {}, by = fin) =>
    call('POST', `${month}/${name}`, body, undefined, by);
  await call('GET', month, undefined, undefined, fin);
  await call('GET', `${month}/figures`, undefined, undefined, fin);
  await step('prepare');
  await step('confirm', { what: 'journal_imported', note: 'n' });
  for (const name of ['request', 'withdraw', 'request']) await step(name);
  // A key that was made for nobody may ask, and signs nothing.
  expect(await call('POST', `${month}/sign`, {})).toMatchObject({ error: { code: 'close_needs_second_person' } });
  expect(await step('sign', {}, olu)).toMatchObject({ state: 'closed' });
  expect(await step('reopen', { reason: 'r' }, olu)).toMatchObject({ state: 'open' });
});

test('webhooks, alerts and what operators look at answer what is documented', async () => {
  const receiver = createServer((_request, response) => response.writeHead(204).end()).listen(0, '127.0.0.1');
  afterAll(() => receiver.close());
  await new Promise((listening) => receiver.once('listening', listening));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const endpoint = idOf(await call('POST', '/v1/webhook_endpoints', { url }));
  await call('GET', '/v1/webhook_endpoints');
  for (const step of ['rotate', 'disable', 'enable'])
    await call('POST', `/v1/webhook_endpoints/${endpoint}/${step}`, {});
  const customer = await story.subscriber();
  await call('POST', '/v1/alerts/test', { customer: customer.stripeCustomer });
  const alerts = (await call('GET', '/v1/alerts?kind=test'))['data'] as unknown as readonly Wire[];
  await story.clock.settle();
  expect(alerts).toHaveLength(1);
  const [delivery] = (alerts[0]?.['deliveries'] ?? []) as unknown as readonly Wire[];
  await call('GET', '/v1/alert_deliveries');
  await call('POST', `/v1/alert_deliveries/${idOf(delivery ?? {})}/retry`, {});
  for (const list of ['outbox', 'stripe_events']) await call('GET', `/v1/${list}`);
  await call('POST', '/v1/outbox/1/retry', {});
  await call('POST', '/v1/stripe_events/evt_1/replay', {});
  const span = { from: '2026-04-01T00:00:00Z', to: '2026-05-01T00:00:00Z' };
  await call('POST', '/v1/simulations', { ...span, plan: 'present' });
  const pack = { month: '2026-02' };
  await call('POST', '/v1/health_packs', pack);
  await call('GET', '/v1/health_packs');
  await call('GET', '/v1/health_packs/2026-02');
  await call('GET', '/v1/health_packs/2026-02/files/health-pack-2026-02.csv');
  await call('GET', '/v1/sandbox/clock');
  await call('POST', '/v1/sandbox/clock', { advance_by: '1h' });
  for (const path of ['/healthz', '/readyz', '/openapi.json']) await call('GET', path);
  await call('POST', '/v1/webhooks/stripe', {});
});

test("a customer's own page answers what is documented", async () => {
  const customer = await story.subscriber();
  await customer.use(3);
  const { token } = await call('POST', '/v1/portal_tokens', { customer: customer.stripeCustomer, may_buy: true });
  const page = story.bearing(textOf(token));
  await call('GET', '/v1/portal', undefined, undefined, page);
  const span = 'from=2026-04-01T00:00:00Z&to=2026-06-01T00:00:00Z';
  await call('GET', `/v1/portal/usage?${span}`, undefined, undefined, page);
  await call('GET', `/v1/portal/usage?${span}&format=csv`, undefined, undefined, page);
  const wanted = { pack: sampleCatalogue.packs[0]?.pack, return_url: 'https://app.example.com/' };
  expect(await call('POST', '/v1/portal/checkout_sessions', wanted, undefined, page)).toMatchObject({
    object: 'checkout_session',
  });
});

test('every other operation, which needs what only other tests have, refuses as documented', async () => {
  // A draft that is held, a variance, a message that is parked, a trial.
  for (const { method, path } of operations.filter(({ operationId }) => !called.has(operationId))) {
    const body = method === 'get' ? undefined : {};
    await call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), body, 'other');
  }
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !called.has(id) && !noted.has(id))).toEqual([]);
  expect(ids.filter((id) => called.has(id)).length).toBeGreaterThan(80);
});

test('a refusal is RFC 9457 for who accepts that, on every way in; its page is served', async () => {
  const ask = async (path: string, accept: string) =>
    fetch(story.origin + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${story.apiKey}`, 'content-type': 'application/json', accept },
      body: '{"customer":"ext:nobody","action":"api.call"}',
    });
  for (const path of ['/v1/check', '/v1/quote']) {
    const refusal = await ask(path, 'application/problem+json, application/json;q=0.5');
    expect(refusal.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const said = (await refusal.json()) as Wire;
    expect(said['status']).toBe(refusal.status);
    expect(Object.keys(said)).toEqual(
      expect.arrayContaining(['type', 'title', 'status', 'detail', 'code', 'request_id']),
    );
    const page = await fetch(textOf(said['type']));
    expect(await page.text()).toContain(textOf(said['code']));
    const plain = await ask(path, 'application/json');
    expect(plain.headers.get('content-type')).toContain('application/json');
    expect(((await plain.json()) as Wire)['error']).toMatchObject({ code: said['code'] });
  }
});

test('every code has a page with its status', async () => {
  const all = await (await fetch(`${story.origin}/docs/errors`)).text();
  for (const code of PROBLEM_CODES) expect(all).toContain(`${code} (HTTP ${statusOf(code)}): `);
});
