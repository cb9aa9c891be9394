import { describe, expect, test } from 'vitest';

import { checkUsage } from '../../src/operations/check-usage.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { query } from '../../src/storage/query.ts';
import { balances, metered, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits } from '../support/deps.ts';
import { calls, hold, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [
    planWith('hybrid', { zeroBalance: 'overage' }),
    planWith('capped', { zeroBalance: 'overage', overageCap: '50', debtLimit: '20' }, { includedCredits: '100' }),
    planWith('blocking', { zeroBalance: 'block', debtLimit: '0' }, { includedCredits: '100' }),
    planWith('grace', { zeroBalance: 'grace', debtLimit: '25' }, { includedCredits: '100' }),
    planWith('chat', {}, { features: ['ai'] }),
  ],
});

function check(customer: Subscriber, count: number) {
  return checkUsage(books, { customer: customer.name, action: 'api.call', quantities: { calls: BigInt(count) } });
}

describe('past the lots', () => {
  test('without a cap everything is overage, which Stripe will bill', async () => {
    const customer = await books.subscribe('hybrid');
    expect(await use(books, customer, 12_500)).toMatchObject({ status: 'applied', available: 0n });
    expect(await balances(database, customer)).toEqual({
      consumed: '12500',
      'issued.included': '-10000',
      overage: '-2500',
    });
    expect(await metered(database, customer)).toEqual(['12500']);
  });

  test('overage ends at its cap, then debt up to its limit, then usage is stored without anybody paying', async () => {
    const customer = await books.subscribe('capped');
    expect(await use(books, customer, 150)).toMatchObject({ status: 'applied' });
    expect(await use(books, customer, 20)).toMatchObject({ status: 'applied' });
    expect(await use(books, customer, 1)).toMatchObject({ status: 'unfunded', credits: 1_000_000n });
    expect(await balances(database, customer)).toEqual({
      consumed: '150',
      consumed_unpaid: '20',
      debt: '-20',
      'issued.included': '-100',
      overage: '-50',
    });
    expect(await metered(database, customer)).toEqual(['150']);
  });

  test('a blocking plan without credit bills nothing beyond its lots', async () => {
    const customer = await books.subscribe('blocking');
    expect(await use(books, customer, 101)).toMatchObject({ status: 'unfunded', available: 100_000_000n });
    expect(await use(books, customer, 100)).toMatchObject({ status: 'applied', available: 0n });
    expect(await hold(books, customer, '1')).toMatchObject({
      rejected: { code: 'pool_unfunded', details: { unfunded: '101', limit: 'unfunded' } },
    });
    expect(await check(customer, 1)).toMatchObject({
      allowed: false,
      refusal: { rejected: { code: 'pool_unfunded' } },
    });
    expect(await metered(database, customer)).toEqual(['100']);
  });

  test('a plan with grace owes up to its limit and is refused new holds', async () => {
    const customer = await books.subscribe('grace');
    expect(await use(books, customer, 125)).toMatchObject({ status: 'applied' });
    expect(await hold(books, customer, '1')).toMatchObject({ rejected: { code: 'insufficient_credits' } });
    expect(await use(books, customer, 1)).toMatchObject({ status: 'unfunded' });
    expect(await metered(database, customer)).toEqual(['100']);
  });
});

describe('a check', () => {
  test('says the cost, the lots that would pay and the overage, and changes nothing', async () => {
    const customer = await books.subscribe('capped');
    expect(await check(customer, 110)).toMatchObject({
      allowed: true,
      cost: 110_000_000n,
      available: 100_000_000n,
      refusal: null,
      lots: [{ amount: 100_000_000n }],
      overage: 10_000_000n,
    });
    expect(await balances(database, customer)).toEqual({ available: '100', 'issued.included': '-100' });
  });

  test('names the limit that says no and who can lift it', async () => {
    const customer = await books.subscribe('capped');
    expect(await check(customer, 151)).toMatchObject({
      allowed: false,
      refusal: {
        rejected: {
          code: 'insufficient_credits',
          details: {
            limit: 'overage_cap',
            lifted_by: 'the account owner, by raising the overage cap or buying credits',
          },
        },
      },
    });
  });
});

describe('C3 the same event twice', () => {
  test('burns once and is told the first cost, also when the first spent the last credit', async () => {
    const customer = await books.subscribe('blocking');
    const first = await use(books, customer, 100, { eventId: 'e1' });
    expect(await use(books, customer, 100, { eventId: 'e1' })).toEqual({
      ...first,
      status: 'duplicate',
      billingPeriodId: null,
    });
    expect(await balances(database, customer)).toEqual({ consumed: '100', 'issued.included': '-100' });
  });

  test('burns once when both are in one batch', async () => {
    const customer = await books.subscribe('hybrid');
    const event = calls(customer, 3);
    const answers = await trackUsage(books, { events: [event, event, calls(customer, 4), event] });
    expect(answers).toMatchObject([
      { status: 'applied' },
      { status: 'duplicate' },
      { status: 'applied' },
      { status: 'duplicate' },
    ]);
    expect(await metered(database, customer)).toEqual(['7']);
  });

  test('with other content is refused, while another source or customer may use the same id', async () => {
    const [one, two] = [await books.subscribe('hybrid'), await books.subscribe('hybrid')];
    await use(books, one, 3, { eventId: 'e1' });
    const conflict = { rejected: { code: 'usage_event_conflict' } };
    expect(await use(books, one, 4, { eventId: 'e1' })).toMatchObject(conflict);
    expect(await use(books, one, 3, { eventId: 'e1', action: 'report.generate', quantities: {} })).toMatchObject(
      conflict,
    );
    expect(await use(books, one, 3, { eventId: 'e1', occurredAt: new Date('2026-04-02T00:00:00Z') })).toMatchObject(
      conflict,
    );
    expect(await use(books, one, 3, { eventId: 'e1', source: 'gateway' })).toMatchObject({ status: 'applied' });
    expect(await use(books, two, 3, { eventId: 'e1' })).toMatchObject({ status: 'applied' });
  });

  test('that nobody could pay stays unpaid: a retry does not burn it later', async () => {
    const customer = await books.subscribe('blocking');
    expect(await use(books, customer, 101, { eventId: 'e1' })).toMatchObject({ status: 'unfunded' });
    expect(await use(books, customer, 101, { eventId: 'e1' })).toMatchObject({ status: 'duplicate' });
    expect(await metered(database, customer)).toEqual(['0']);
  });
});

describe('INV-18 what is refused leaves nothing behind', () => {
  test.for([
    ['an unknown action', { action: 'api.cal' }, 'unknown_action'],
    [
      'an action of a feature that the plan does not cover',
      { action: 'api.call', quantities: { calls: 1n } },
      'action_not_in_plan',
    ],
    [
      'a quantity that the rate does not know',
      { action: 'llm.complete', quantities: { tokens: 1n } },
      'invalid_request',
    ],
    ['a negative quantity', { action: 'llm.complete', quantities: { input_tokens: -1n } }, 'invalid_request'],
    [
      'more credits than an amount holds',
      { action: 'llm.complete', quantities: { input_tokens: 10n ** 19n } },
      'amount_out_of_range',
    ],
    [
      'usage from more than five minutes ahead',
      { occurredAt: new Date('2026-04-10T09:05:00.001Z') },
      'occurred_in_future',
    ],
    ['usage from more than 35 days ago', { occurredAt: new Date('2026-03-06T08:59:59.999Z') }, 'occurred_too_long_ago'],
    ['usage of a stranger', { customer: 'ext:nobody' }, 'unknown_customer'],
  ] as const)('%s', async ([, event, code]) => {
    const customer = await books.subscribe('chat');
    const asked = { action: 'llm.complete', quantities: { input_tokens: 1000n }, ...event };
    expect(await use(books, customer, 1, asked)).toMatchObject({ rejected: { code } });
    expect(await balances(database, customer)).toEqual({ available: '10000', 'issued.included': '-10000' });
    expect(
      await query(database, `select event_id from usage_events where lane = $1 and customer_id = $2`, [
        customer.lane,
        customer.customerId,
      ]),
    ).toEqual([]);
  });

  test('also in the middle of a batch, whose other events are kept, each answered in its place', async () => {
    const customer = await books.subscribe('hybrid');
    const answers = await trackUsage(books, {
      events: [
        calls(customer, 1),
        calls({ name: 'ext:nobody' }, 1),
        calls(customer, 1, { action: 'no' }),
        calls(customer, 2),
      ],
    });
    expect(answers).toMatchObject([
      { status: 'applied', available: 9_999_000_000n },
      { rejected: { code: 'unknown_customer' } },
      { rejected: { code: 'unknown_action' } },
      { status: 'applied', available: 9_997_000_000n },
    ]);
  });
});

describe('a batch', () => {
  test('of 1 000 events over several customers and days is right to the micro-credit', async () => {
    const customers = await Promise.all(Array.from({ length: 7 }, () => books.subscribe('hybrid')));
    const events = Array.from({ length: 1000 }, (_, index) => {
      const customer = customers[index % customers.length];
      if (customer === undefined) throw new Error('seven customers');
      return calls(customer, 0, {
        action: 'llm.complete',
        quantities: { input_tokens: BigInt(index), output_tokens: 1n },
        occurredAt: new Date(Date.parse('2026-04-02T00:00:00Z') + index * 600_000),
      });
    });
    const answers = await trackUsage(books, { events });
    expect(answers.filter((answer) => 'status' in answer && answer.status === 'applied')).toHaveLength(1000);
    const consumed = await Promise.all(customers.map((customer) => metered(database, customer)));
    // Σ index ÷ 1000 + 1000 × 0.003 credits
    expect(consumed.flat().reduce((sum, text) => sum + credits(text), 0n)).toBe(502_500_000n);
    const [entries] = await query<{ count: bigint; recorded: bigint }>(
      database,
      `select count(distinct entry_id) as count, count(*) as recorded from usage_events
       where lane = any ($1::smallint[]) and customer_id = any ($2::uuid[])`,
      [customers.map(({ lane }) => lane), customers.map(({ customerId }) => customerId)],
    );
    expect(entries?.recorded).toBe(1000n);
    // One entry per customer and UTC day, not per event.
    expect(entries?.count).toBe(49n);
  });

  test('of free events is recorded without an entry', async () => {
    const customer = await books.subscribe('hybrid');
    expect(await use(books, customer, 0)).toMatchObject({ status: 'applied', credits: 0n });
    expect(await metered(database, customer)).toEqual(['0']);
  });
});
