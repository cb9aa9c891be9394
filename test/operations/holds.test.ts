import { describe, expect, test } from 'vitest';

import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { resolveCustomers } from '../../src/storage/customers.ts';
import { balances, metered, openBooks, planWith } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { capture, held, hold, release, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [
    planWith('allowing', { hold: { ttlSeconds: 900, excess: 'allow' } }),
    planWith('clipping', { hold: { ttlSeconds: 900, excess: 'clip' } }),
    planWith('refusing', { hold: { ttlSeconds: 900, excess: 'refuse' } }),
    planWith('blocking', { zeroBalance: 'block', debtLimit: '10' }, { includedCredits: '40' }),
    planWith('capped', { overageCap: '15' }, { includedCredits: '40' }),
  ],
});

describe('C1 streaming', () => {
  test('a hold of 40 of which 27.5 are used gives 12.5 back', async () => {
    const customer = await books.subscribe('allowing');
    const placed = await hold(books, customer, '40');
    expect(placed).toMatchObject({ hold: { state: 'open', amount: '40', held: '40', available: '9960' } });
    const holdId = 'hold' in placed ? placed.hold.holdId : '';
    expect(await capture(books, holdId, '27.5')).toMatchObject({
      hold: { state: 'captured', captured: '27.5', held: '0', released: '12.5', available: '9972.5' },
      replayed: false,
    });
    expect(await balances(database, customer)).toEqual({
      available: '9972.5',
      consumed: '27.5',
      'issued.included': '-10000',
    });
    expect(await metered(database, customer)).toEqual(['27.5']);
  });

  test('45 used of a hold of 40 are all taken where the plan allows it', async () => {
    const customer = await books.subscribe('allowing');
    const holdId = await held(books, customer, '40');
    expect(await capture(books, holdId, '45')).toMatchObject({ hold: { captured: '45', available: '9955' } });
    expect(await metered(database, customer)).toEqual(['45']);
  });

  test('45 used of a hold of 40 are cut to 40 where the plan clips', async () => {
    const customer = await books.subscribe('clipping');
    const holdId = await held(books, customer, '40');
    expect(await capture(books, holdId, '45')).toMatchObject({ hold: { captured: '40', available: '9960' } });
    expect(await metered(database, customer)).toEqual(['40']);
  });

  test('45 used of a hold of 40 are refused where the plan refuses, and the hold stays open', async () => {
    const customer = await books.subscribe('refusing');
    const holdId = await held(books, customer, '40');
    expect(await capture(books, holdId, '45')).toMatchObject({ rejected: { code: 'capture_exceeds_hold' } });
    expect(await capture(books, holdId, '40')).toMatchObject({ hold: { state: 'captured', captured: '40' } });
  });

  test('a hold that nobody settles lapses, and its credits can be spent again', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('blocking');
    const holdId = await held(books, customer, '40');
    expect(await hold(books, customer, '1')).toMatchObject({ rejected: { code: 'insufficient_credits' } });
    await books.at('2026-04-10T09:15:00Z');
    expect(await hold(books, customer, '40')).toMatchObject({ hold: { state: 'open', available: '0' } });
    expect(await capture(books, holdId, '1')).toMatchObject({
      rejected: { code: 'hold_not_open', details: { state: 'lapsed' } },
    });
  });

  test('a hold lapses without anybody touching its pool, by the job that catches pools up', async () => {
    await books.at('2026-04-10T09:00:00Z');
    const customer = await books.subscribe('blocking');
    await held(books, customer, '40');
    await books.at('2026-04-10T09:15:00Z');
    expect((await catchUpPools(books, { limit: 1000 })).pools).toBeGreaterThanOrEqual(1);
    expect(await catchUpPools(books, { limit: 1000 })).toEqual({ pools: 0 });
    expect(await balances(database, customer)).toEqual({ available: '40', 'issued.included': '-40' });
  });
});

describe('a hold', () => {
  test('is captured in parts, and each part is metered once', async () => {
    const customer = await books.subscribe('allowing');
    const holdId = await held(books, customer, '40');
    expect(await capture(books, holdId, '10', { final: false })).toMatchObject({
      hold: { state: 'open', captured: '10', held: '30', released: '0' },
    });
    expect(await capture(books, holdId, '20')).toMatchObject({
      hold: { state: 'captured', captured: '30', released: '10' },
    });
    expect(await metered(database, customer)).toEqual(['30']);
  });

  test('captured without an amount takes all that is held', async () => {
    const customer = await books.subscribe('allowing');
    expect(await capture(books, await held(books, customer, '40'), null)).toMatchObject({
      hold: { state: 'captured', captured: '40', released: '0' },
    });
  });

  test('INV-14 captured by quantity is rated by the rate it was placed with', async () => {
    const customer = await books.subscribe('allowing');
    const holdId = await held(books, customer, '40');
    expect(await capture(books, holdId, null, { quantities: { calls: 7n } })).toMatchObject({
      hold: { captured: '7', released: '33' },
    });
  });

  test('captured with nothing used is released, and nothing is metered', async () => {
    const customer = await books.subscribe('allowing');
    const holdId = await held(books, customer, '40');
    expect(await capture(books, holdId, '0')).toMatchObject({ hold: { state: 'released', released: '40' } });
    expect(await metered(database, customer)).toEqual(['0']);
  });

  test('INV-19 ends once: what is released cannot be captured, nor the other way round', async () => {
    const customer = await books.subscribe('allowing');
    const released = await held(books, customer, '5');
    expect(await release(books, released)).toMatchObject({ hold: { state: 'released', released: '5' } });
    expect(await capture(books, released, '5')).toMatchObject({
      rejected: { code: 'hold_not_open', details: { state: 'released' } },
    });
    const captured = await held(books, customer, '5');
    await capture(books, captured, '5');
    expect(await release(books, captured)).toMatchObject({
      rejected: { code: 'hold_not_open', details: { state: 'captured' } },
    });
  });

  test('of a stranger is not found', async () => {
    const unknown = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeee01';
    expect(await capture(books, unknown, '1')).toMatchObject({ rejected: { code: 'unknown_hold' } });
    expect(await release(books, unknown)).toMatchObject({ rejected: { code: 'unknown_hold' } });
    expect(await hold(books, { name: 'ext:nobody' }, '1')).toMatchObject({ rejected: { code: 'unknown_customer' } });
  });

  test('of an action that the burn table does not rate, or of nothing, is refused', async () => {
    const customer = await books.subscribe('allowing');
    expect(await hold(books, customer, '1', { action: 'api.cal' })).toMatchObject({
      rejected: { code: 'unknown_action' },
    });
    expect(await hold(books, customer, '0')).toMatchObject({ rejected: { code: 'invalid_request' } });
    expect(await hold(books, customer, '1', { amount: null })).toMatchObject({ rejected: { code: 'invalid_request' } });
  });
});

describe('a hold beyond the lots', () => {
  test('reserves overage inside the cap, bills what is used of it and frees the rest', async () => {
    const customer = await books.subscribe('capped');
    const holdId = await held(books, customer, '50');
    expect(await balances(database, customer)).toMatchObject({
      held: '40',
      overage_reserved: '10',
      overage_allowance: '-10',
    });
    expect(await hold(books, customer, '6')).toMatchObject({
      rejected: { code: 'insufficient_credits', details: { needed: '6', available: '0', limit: 'overage_cap' } },
    });
    await capture(books, holdId, '44');
    expect(await balances(database, customer)).toEqual({ consumed: '44', 'issued.included': '-40', overage: '-4' });
    expect(await metered(database, customer)).toEqual(['44']);
  });

  test('leaves no more of the cap to usage than it did not reserve', async () => {
    const customer = await books.subscribe('capped');
    await held(books, customer, '50');
    expect(await use(books, customer, 5)).toMatchObject({ status: 'applied' });
    expect(await use(books, customer, 1)).toMatchObject({ status: 'unfunded' });
    expect(await metered(database, customer)).toEqual(['5']);
  });
});

test('C7 debt is not overage: the last 40 held, 45 used, 40 metered and 5 owed', async () => {
  const customer = await books.subscribe('blocking');
  const holdId = await held(books, customer, '40');
  expect(await capture(books, holdId, '45')).toMatchObject({ hold: { captured: '45', available: '0' } });
  expect(await balances(database, customer)).toEqual({
    consumed: '40',
    consumed_unpaid: '5',
    debt: '-5',
    'issued.included': '-40',
  });
  expect(await metered(database, customer)).toEqual(['40']);
});

describe('credits that a hold gives back', () => {
  test('pay debt first, which is metered then', async () => {
    const customer = await books.subscribe('blocking');
    const holdId = await held(books, customer, '40');
    await use(books, customer, 5);
    expect(await metered(database, customer)).toEqual(['0']);
    expect(await release(books, holdId)).toMatchObject({ hold: { released: '40', available: '35' } });
    expect(await balances(database, customer)).toEqual({ available: '35', consumed: '5', 'issued.included': '-40' });
    expect(await metered(database, customer)).toEqual(['5']);
  });

  test('pay the overage that ran up while they were held', async () => {
    const customer = await books.subscribe('capped');
    const holdId = await held(books, customer, '40');
    await use(books, customer, 5);
    expect(await capture(books, holdId, '10')).toMatchObject({ hold: { released: '30', available: '25' } });
    expect(await balances(database, customer)).toEqual({ available: '25', consumed: '15', 'issued.included': '-40' });
  });

  test('pay again when they are freed again', async () => {
    const customer = await books.subscribe('capped');
    for (const round of [1, 2]) {
      const holdId = await held(books, customer, String(45 - 5 * round));
      await use(books, customer, 5);
      expect(await release(books, holdId)).toMatchObject({ hold: { available: String(40 - 5 * round) } });
    }
  });

  test('of April, freed in the draft window, pay April and not May', async () => {
    await books.at('2026-04-30T23:50:00Z');
    const customer = await books.subscribe('capped');
    const holdId = await held(books, customer, '40', { ttlSeconds: 7_200 });
    await use(books, customer, 5);
    await books.at('2026-05-01T00:10:00Z');
    await use(books, customer, 50);
    await release(books, holdId);
    // 5 of April's are paid, 10 of May's stay; April's other 35 wait for late usage until the cut-off.
    expect(await balances(database, customer)).toMatchObject({ available: '35', overage: '-10' });
    await books.at('2026-05-01T00:45:00Z');
    await catchUpPools(books, { limit: 1000 });
    expect(await balances(database, customer)).toMatchObject({ expired: '35', overage: '-10' });
    await books.at('2026-04-10T09:00:00Z');
  });
});

describe('INV-15 C3 the same key twice', () => {
  test('gives a hold, a capture and a release their first answers, and moves nothing again', async () => {
    const customer = await books.subscribe('blocking');
    const first = await hold(books, customer, '40', { key: 'h1' });
    // The first try spent all there was; the retry is not refused for it.
    const again = await hold(books, customer, '40', { key: 'h1' });
    expect(again).toEqual({ ...first, replayed: true });
    const holdId = 'hold' in first ? first.hold.holdId : '';
    const captured = await capture(books, holdId, '10', { key: 'c1', final: false });
    expect(await capture(books, holdId, '10', { key: 'c1', final: false })).toEqual({ ...captured, replayed: true });
    const released = await release(books, holdId, 'r1');
    expect(await release(books, holdId, 'r1')).toEqual({ ...released, replayed: true });
    // Long over, and still the first answer.
    expect(await hold(books, customer, '40', { key: 'h1' })).toEqual({ ...first, replayed: true });
    expect(await balances(database, customer)).toEqual({ available: '30', consumed: '10', 'issued.included': '-40' });
  });

  test('with another request is refused, for each operation', async () => {
    const customer = await books.subscribe('allowing');
    const refused = { rejected: { code: 'idempotency_key_reused' } };
    const holdId = await held(books, customer, '40', { key: 'h1' });
    expect(await hold(books, customer, '41', { key: 'h1' })).toMatchObject(refused);
    await capture(books, holdId, '10', { key: 'c1', final: false });
    expect(await capture(books, holdId, '11', { key: 'c1', final: false })).toMatchObject(refused);
    const other = await held(books, customer, '5');
    await release(books, holdId, 'r1');
    expect(await release(books, other, 'r1')).toMatchObject(refused);
  });

  test('is one hold also when both arrive in the same batch', async () => {
    const customer = await books.subscribe('allowing');
    // Once its name is known, requests arrive in the order in which they are made.
    await resolveCustomers(database, [customer.name]);
    const answers = await Promise.all(['40', '40', '41'].map((amount) => hold(books, customer, amount, { key: 'h1' })));
    expect(answers).toMatchObject([
      { replayed: false },
      { replayed: true },
      { rejected: { code: 'idempotency_key_reused' } },
    ]);
    expect(await balances(database, customer)).toMatchObject({ held: '40' });
  });

  test('after a refusal is a new request, since refusals are not kept', async () => {
    const customer = await books.subscribe('blocking');
    const other = await held(books, customer, '40');
    expect(await hold(books, customer, '1', { key: 'h2' })).toMatchObject({
      rejected: { code: 'insufficient_credits' },
    });
    await release(books, other);
    expect(await hold(books, customer, '1', { key: 'h2' })).toMatchObject({ hold: { held: '1' }, replayed: false });
  });
});
