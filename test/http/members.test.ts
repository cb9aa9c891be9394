import { beforeEach, describe, expect, test } from 'vitest';

import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { setSimulatedClock } from '../../src/storage/clock.ts';
import { startApi, textOf } from '../support/api.ts';
import { openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { packInvoice } from '../support/requests.ts';

const opened = await cloneDatabase();
const { database } = opened;
const books = await openBooks(database, {
  plans: [
    planWith('each-400', { pooling: 'member', transfers: 'within_customer' }, { includedCredits: '400' }),
    planWith('each-50', { pooling: 'member', zeroBalance: 'block' }, { includedCredits: '50' }),
    planWith(
      'each-rolling',
      {
        pooling: 'member',
        zeroBalance: 'block',
        rollover: { capPercent: 50, capCredits: null, periods: 1, priority: null },
      },
      { includedCredits: '100' },
    ),
    planWith('capped', {
      caps: { member: { credits: '1000', window: 'month' }, agent: { credits: '50', window: 'day' } },
    }),
    planWith('uncapped', {}),
  ],
});
const api = await startApi(opened);

beforeEach(() => setSimulatedClock(database, new Date('2026-04-10T09:00:00Z')));

async function use(customer: Subscriber, member: string | null, calls: number, more: object = {}) {
  const body = { id: newId(), customer: customer.name, action: 'api.call', quantities: { calls }, ...more };
  return (await api.call('POST', '/v1/track', { ...body, ...(member !== null && { member }) })).body;
}

async function hold(customer: Subscriber, member: string, credits: string, more: object = {}) {
  return api.call(
    'POST',
    '/v1/holds',
    { customer: customer.name, member, action: 'api.call', credits, ...more },
    { headers: { 'idempotency-key': newId() } },
  );
}

async function balanceOf(customer: Subscriber, member?: string) {
  const path = member === undefined ? 'balance' : `members/${member}/balance`;
  return (await api.call('GET', `/v1/customers/${customer.name}/${path}`)).body;
}

async function transfer(from: object, to: object, credits: string, key = newId()) {
  const body = { from, to, credits, reason: 'Ann is on leave' };
  return api.call('POST', '/v1/transfers', body, { headers: { 'idempotency-key': key } });
}

describe('a pool for each member', () => {
  test('A6 the 51st credit of one member is refused while another still has 50', async () => {
    const customer = await books.subscribe('each-50');
    expect(await use(customer, 'ann', 50)).toMatchObject({ status: 'applied', balance: '0' });
    const refused = await hold(customer, 'ann', '1');
    expect(refused.status).toBe(402);
    expect(refused.body['error']).toMatchObject({ details: { limit: 'balance', available: '0' } });
    expect((await hold(customer, 'bob', '50')).status).toBe(200);
    expect(await balanceOf(customer, 'bob')).toMatchObject({ has_pool: true, available: '0', held: '50' });
  });

  test('B9 what one member uses past its own credits is overage though another has all of its own', async () => {
    const customer = await books.subscribe('each-400');
    await use(customer, 'bob', 0);
    expect(await use(customer, 'ann', 500)).toMatchObject({ status: 'applied', balance: '0' });
    expect(await balanceOf(customer, 'ann')).toMatchObject({ available: '0', overage: '100' });
    expect(await balanceOf(customer, 'bob')).toMatchObject({ available: '400', overage: '0' });
    expect(await balanceOf(customer)).toMatchObject({
      available: '400',
      overage: '100',
      members: [
        { member: 'ann', available: '0', overage: '100' },
        { member: 'bob', available: '400' },
      ],
    });
  });

  test('holds, captures and releases find the pool of their member', async () => {
    const customer = await books.subscribe('each-400');
    const { id } = (await hold(customer, 'ann', '100')).body;
    const captured = await api.call(
      'POST',
      `/v1/holds/${textOf(id)}/capture`,
      { amount: '30' },
      {
        headers: { 'idempotency-key': newId() },
      },
    );
    expect(captured.body).toMatchObject({ captured: '30', released: '70', balance: '370' });
    const other = (await hold(customer, 'ann', '100')).body;
    await api.call('POST', `/v1/holds/${textOf(other['id'])}/release`, {}, { headers: { 'idempotency-key': newId() } });
    expect(await balanceOf(customer, 'ann')).toMatchObject({ available: '370', held: '0' });
  });

  test('a check of a member who was never seen opens nothing', async () => {
    const customer = await books.subscribe('each-400');
    const asked = { customer: customer.name, member: 'eve', action: 'api.call', quantities: { calls: 5 } };
    expect((await api.call('POST', '/v1/check', asked)).body).toMatchObject({ allowed: true, balance: '400' });
    expect(await balanceOf(customer)).toMatchObject({ members: [] });
  });

  test('each gets its credits anew with the period, and what rolls over is its own', async () => {
    const customer = await books.subscribe('each-rolling');
    await use(customer, 'ann', 70);
    await use(customer, 'bob', 10);
    await books.at('2026-05-01T00:45:00Z');
    await catchUpPools(books, { limit: 100 });
    expect(await balanceOf(customer, 'ann')).toMatchObject({ available: '130' });
    expect(await balanceOf(customer, 'bob')).toMatchObject({ available: '150' });
  });

  test('usage that is reversed goes back to the member it was of', async () => {
    const customer = await books.subscribe('each-400');
    const { usage_event: id } = await use(customer, 'ann', 100);
    const undo = { customer: customer.name, reason: 'reported twice', ticket: 'T-1' };
    expect((await api.call('POST', `/v1/usage_events/${textOf(id)}/reverse`, undo)).status).toBe(200);
    expect(await balanceOf(customer, 'ann')).toMatchObject({ available: '400' });
  });
});

describe('a transfer', () => {
  test('moves credits from one member to another, once per key', async () => {
    const customer = await books.subscribe('each-400');
    const [ann, bob] = ['ann', 'bob'].map((member) => ({ customer: customer.name, member }));
    await use(customer, 'ann', 100);
    const key = newId();
    const first = await transfer(ann ?? {}, bob ?? {}, '250', key);
    expect(first.body).toMatchObject({ from: { member: 'ann', balance: '50' }, to: { member: 'bob', balance: '650' } });
    expect((await transfer(ann ?? {}, bob ?? {}, '250', key)).body).toEqual(first.body);
    expect(await balanceOf(customer, 'bob')).toMatchObject({
      available: '650',
      lots: [
        { source: 'included', category: 'paid', remaining: '400', expires_at: '2026-05-01T00:00:00.000Z' },
        { source: 'transferred', category: 'paid', remaining: '250', expires_at: '2026-05-01T00:00:00.000Z' },
      ],
    });
    const short = await transfer(ann ?? {}, bob ?? {}, '51');
    expect(short.status).toBe(402);
    expect(short.body['error']).toMatchObject({ details: { needed: '51', available: '50' } });
  });

  test('hands out what the customer bought, with its share of the price', async () => {
    const customer = await books.subscribe('each-400');
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-10T08:00:00Z'));
    const moved = await transfer({ customer: customer.name }, { customer: customer.name, member: 'ann' }, '2500');
    expect(moved.body).toMatchObject({ from: { member: null, balance: '7500' }, to: { balance: '2900' } });
    expect(await balanceOf(customer)).toMatchObject({ available: '10400' });
  });

  test('is refused across customers, inside one pool, and where the plan allows none', async () => {
    const [customer, other, strict] = await Promise.all(
      ['each-400', 'each-400', 'each-50'].map((plan) => books.subscribe(plan)),
    );
    const end = (of: Subscriber | undefined, member: string) => ({ customer: of?.name, member });
    const across = await transfer(end(customer, 'ann'), end(other, 'ann'), '1');
    expect([across.status, across.body['error']?.['code']]).toEqual([422, 'transfer_across_customers']);
    const same = await transfer(end(customer, 'ann'), end(customer, 'ann'), '1');
    expect([same.status, same.body['error']?.['code']]).toEqual([400, 'invalid_request']);
    const none = await transfer(end(strict, 'ann'), end(strict, 'bob'), '1');
    expect([none.status, none.body['error']?.['code']]).toEqual([422, 'transfer_not_allowed']);
  });
});

describe('a cap', () => {
  test('A2 refuses the 1 001st credit of a member and says who can lift it', async () => {
    const customer = await books.subscribe('capped');
    await use(customer, 'ann', 1000);
    const refused = await hold(customer, 'ann', '1');
    expect(refused.status).toBe(402);
    expect(refused.body['error']).toMatchObject({
      code: 'insufficient_credits',
      details: {
        limit: 'member_cap',
        available: '0',
        lifted_by: expect.stringContaining("raising the member's cap") as unknown,
      },
    });
    const asked = { customer: customer.name, member: 'ann', action: 'api.call', quantities: { calls: 1 } };
    expect((await api.call('POST', '/v1/check', asked)).body).toMatchObject({ allowed: false, limit: 'member_cap' });
    expect((await hold(customer, 'bob', '1')).status).toBe(200);
  });

  test('is passed by use that is reported: it has happened, is burned and counted, and the answer says so', async () => {
    const customer = await books.subscribe('capped');
    expect(await use(customer, 'ann', 999)).not.toHaveProperty('past_cap');
    expect(await use(customer, 'ann', 5)).toMatchObject({ status: 'applied', credits: '5', past_cap: 'member_cap' });
    expect(await use(customer, 'bob', 51, { agent: 'writer' })).toMatchObject({ past_cap: 'agent_cap' });
    expect(await use(customer, 'cem', 1)).not.toHaveProperty('past_cap');
    expect(await balanceOf(customer, 'ann')).toMatchObject({ cap: { credits: '1000', used: '1004' } });
    expect((await hold(customer, 'ann', '1')).body['error']).toMatchObject({
      message: expect.stringContaining('cap of member ann (1000 credits a month)') as unknown,
      details: { limit: 'member_cap', available: '0' },
    });
  });

  test('of an agent holds by the day, whoever it works for', async () => {
    const customer = await books.subscribe('capped');
    await use(customer, 'ann', 49, { agent: 'summariser' });
    expect((await hold(customer, 'bob', '1', { agent: 'summariser' })).status).toBe(200);
    const refused = await hold(customer, 'ann', '1', { agent: 'summariser' });
    expect(refused.body['error']).toMatchObject({ details: { limit: 'agent_cap' } });
    await books.at('2026-04-11T00:00:00Z');
    expect((await hold(customer, 'ann', '50', { agent: 'summariser' })).status).toBe(200);
  });

  test('of one member may be set, below its use only for what comes, and taken away again', async () => {
    const customer = await books.subscribe('uncapped');
    await use(customer, 'ann', 300);
    await hold(customer, 'ann', '20');
    const path = `/v1/customers/${customer.name}/members/ann/cap`;
    const set = await api.call('PUT', path, { cap: { credits: '100', window: 'month' }, reason: 'too eager' });
    expect(set.body).toMatchObject({
      object: 'member_cap',
      credits: '100',
      window: 'month',
      used: '320',
      note: expect.stringContaining('stay used') as unknown,
    });
    expect((await hold(customer, 'ann', '1')).body['error']).toMatchObject({ details: { limit: 'member_cap' } });
    await api.call('PUT', path, { cap: { credits: '321', window: 'month' } });
    expect((await hold(customer, 'ann', '1')).status).toBe(200);
    expect(await balanceOf(customer, 'ann')).toMatchObject({
      has_pool: false,
      cap: { credits: '321', window: 'month', used: '321' },
    });
    expect((await api.call('PUT', path, { cap: null })).body).toMatchObject({ credits: null, window: null });
    expect((await hold(customer, 'ann', '500')).status).toBe(200);
  });

  test('takes amounts and windows that mean something', async () => {
    const customer = await books.subscribe('uncapped');
    const path = `/v1/customers/${customer.name}/members/ann/cap`;
    for (const cap of [
      { credits: '-1', window: 'day' },
      { credits: '1.0000001', window: 'day' },
      { credits: '1', window: 'week' },
    ]) {
      expect((await api.call('PUT', path, { cap })).status).toBe(400);
    }
    expect((await api.call('PUT', `/v1/customers/ext:nobody/members/ann/cap`, { cap: null })).status).toBe(404);
  });
});
