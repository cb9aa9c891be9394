import { describe, expect, test } from 'vitest';

import { startApi } from '../support/api.ts';
import { openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';

const testDatabase = await cloneDatabase();
const topUp = { pack: 'pack-10k', below: '10', monthlyCapMinor: 50_000, coolDownMinutes: 30 };
const books = await openBooks(testDatabase.database, {
  plans: [
    planWith('capped', { overageCap: '100' }, { includedCredits: '10' }),
    planWith('blocked', { zeroBalance: 'block' }, { includedCredits: '10' }),
    planWith('bought', { zeroBalance: 'top_up', topUp }, { includedCredits: '10' }),
  ],
});
const api = await startApi(testDatabase);

function use(customer: Subscriber, calls: number) {
  const event = { id: crypto.randomUUID(), customer: customer.name, action: 'api.call', quantities: { calls } };
  return api.call('POST', '/v1/track', event);
}

function check(customer: Subscriber, calls: number) {
  return api.call('POST', '/v1/check', { customer: customer.name, action: 'api.call', quantities: { calls } });
}

describe('usage that nobody can pay for', () => {
  test('is answered as stored and unpaid, and stops what is new with a sentence', async () => {
    const customer = await books.subscribe('blocked');
    const { body } = await use(customer, 25);
    expect(body).toMatchObject({ status: 'unfunded', credits: '25', balance: '10', reason: { code: 'pool_unfunded' } });
    expect((await check(customer, 1)).body).toMatchObject({
      allowed: false,
      reason: {
        code: 'pool_unfunded',
        message:
          '25 credits of usage are not paid for, and 10 are available. Nothing new starts until new credits have paid it.',
      },
    });
    const asked = { customer: customer.name, action: 'api.call', credits: '1' };
    const held = await api.call('POST', '/v1/holds', asked, { headers: { 'idempotency-key': 'k1' } });
    expect(held.status).toBe(402);
    expect(held.body).toMatchObject({
      error: { code: 'pool_unfunded', details: { unfunded: '25', lifted_by: 'the account owner, by buying credits' } },
    });
    const balance = await api.call('GET', `/v1/customers/${customer.name}/balance`);
    expect(balance.body).toMatchObject({ available: '10', unfunded: '25' });
  });
});

describe("the customer's own spending limit", () => {
  const put = (customer: Subscriber, overage: string | null) =>
    api.call('PUT', `/v1/customers/${customer.name}/spending_limit`, { overage_credits: overage });

  test('stops overage below the cap of the plan until it is lifted', async () => {
    const customer = await books.subscribe('capped');
    expect((await put(customer, '30')).body).toMatchObject({ overage_credits: '30', plan_cap: '100', used: '0' });
    expect((await check(customer, 41)).body).toMatchObject({
      allowed: false,
      limit: 'spending_limit',
      lifted_by: "the customer's own billing contact, by raising the spending limit",
    });
    expect((await check(customer, 40)).body).toMatchObject({ allowed: true, would_use_overage: '30' });
    expect((await put(customer, null)).body).toMatchObject({ overage_credits: null });
    expect((await check(customer, 41)).body).toMatchObject({ allowed: true });
  });

  test('above the cap or below what is used is refused', async () => {
    const customer = await books.subscribe('capped');
    const above = await put(customer, '101');
    expect(above.status).toBe(422);
    expect(above.body).toMatchObject({ error: { code: 'limit_above_plan', param: 'overage_credits' } });
    await use(customer, 30);
    const below = await put(customer, '19.999999');
    expect(below.status).toBe(409);
    expect(below.body).toMatchObject({
      error: {
        code: 'limit_below_use',
        message:
          '20 credits of overage are used in this period already. Set at least that; it stops everything that is new.',
      },
    });
    expect((await put(customer, '20')).status).toBe(200);
    expect((await put(customer, '-1')).body).toMatchObject({ error: { code: 'invalid_request' } });
  });
});

describe('consent to automatic top-ups', () => {
  const consent = { accepted_by: 'jane@acme.example', text_hash: 'b'.repeat(64) };
  const path = (customer: Subscriber) => `/v1/customers/${customer.name}/top_up_consent`;

  test('is recorded, replaced and withdrawn', async () => {
    const customer = await books.subscribe('bought');
    const capped = { ...consent, monthly_cap_minor: 10_000 };
    expect((await api.call('PUT', path(customer), capped)).body).toMatchObject({
      object: 'top_up_consent',
      state: 'in_force',
      accepted_by: 'jane@acme.example',
      monthly_cap_minor: 10_000,
    });
    expect((await api.call('PUT', path(customer), consent)).body).toMatchObject({ monthly_cap_minor: null });
    const withdrawn = await api.call('POST', `${path(customer)}/withdraw`, { withdrawn_by: 'jane' });
    expect(withdrawn.body).toMatchObject({ state: 'withdrawn' });
    const again = await api.call('POST', `${path(customer)}/withdraw`, { withdrawn_by: 'jane' });
    expect(again.status).toBe(404);
    expect(again.body).toMatchObject({ error: { code: 'no_consent' } });
  });

  test('wants one pack at the debit that falls below, in the same transaction, and no second one', async () => {
    const customer = await books.subscribe('bought');
    await api.call('PUT', path(customer), consent);
    const topUps = async () => (await api.call('GET', `/v1/customers/${customer.name}/top_ups`)).body['data'];
    expect(await topUps()).toEqual([]);
    await Promise.all(Array.from({ length: 8 }, () => use(customer, 1)));
    expect(await topUps()).toMatchObject([{ state: 'wanted', pack: 'pack-10k', amount_minor: 8_000 }]);
  });

  test('needs a plan that buys, and a hash of the text that was shown', async () => {
    const customer = await books.subscribe('blocked');
    const refused = await api.call('PUT', path(customer), consent);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ error: { code: 'no_top_up_rule' } });
    const unhashed = await api.call('PUT', path(customer), { ...consent, text_hash: 'I agree' });
    expect(unhashed.body).toMatchObject({ error: { code: 'invalid_request', param: 'text_hash' } });
  });
});

describe('alerts over HTTP', () => {
  test('an address that is not public is no endpoint', async () => {
    const refused = await api.call('POST', '/v1/webhook_endpoints', { url: 'http://169.254.169.254/latest' });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ error: { code: 'forbidden_address', param: 'url' } });
    expect((await api.call('GET', '/v1/webhook_endpoints')).body).toMatchObject({ object: 'list', data: [] });
  });

  test('what does not exist is said to', async () => {
    for (const verb of ['rotate', 'enable', 'disable']) {
      const { status, body } = await api.call('POST', `/v1/webhook_endpoints/endpoint_x/${verb}`, {});
      expect({ status, code: body['error']?.['code'] }).toEqual({ status: 404, code: 'unknown_webhook_endpoint' });
    }
    const retried = await api.call('POST', '/v1/alert_deliveries/delivery_x/retry', {});
    expect(retried.body).toMatchObject({ error: { code: 'unknown_delivery' } });
    const unknown = await api.call('POST', '/v1/alerts/test', { customer: 'ext:nobody' });
    expect(unknown.body).toMatchObject({ error: { code: 'unknown_customer' } });
  });

  test('the test button raises an alert with its deliveries', async () => {
    const customer = await books.subscribe('blocked');
    const { body } = await api.call('POST', '/v1/alerts/test', { customer: customer.name });
    expect(body).toMatchObject({ object: 'alert', kind: 'test' });
    const listed = await api.call('GET', `/v1/alerts?customer=${customer.name}&kind=test`);
    expect(listed.body).toMatchObject({
      has_more: false,
      data: [{ id: body['id'], kind: 'test', deliveries: [{ channel: 'log' }, { channel: 'mail' }] }],
    });
    expect((await api.call('GET', '/v1/alert_deliveries')).body).toMatchObject({ object: 'list', data: [] });
  });
});
