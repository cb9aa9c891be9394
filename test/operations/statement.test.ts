import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { NO_SUMS, addSums, type LedgerLine } from '../../src/domain/ledger-line.ts';
import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { explainBalance } from '../../src/operations/explain-balance.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { readBalanceAt } from '../../src/operations/read-balance-at.ts';
import { type Balance, readBalance } from '../../src/operations/read-balance.ts';
import { readStatement } from '../../src/operations/read-statement.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { now as clock } from '../../src/storage/clock.ts';
import { query } from '../../src/storage/query.ts';
import { openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits } from '../support/deps.ts';
import { calls, capture, hold, packInvoice, release } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [planWith('capped', { overageCap: '30', debtLimit: '20' }, { includedCredits: '100' })],
});

const START = Date.parse('2026-04-10T09:00:00Z');
const HOUR = 3_600_000;

async function balanceAt(customer: Subscriber, at: Date) {
  const balance = await readBalanceAt(books, { customer: customer.name, at, member: null });
  if ('rejected' in balance) throw new Error(balance.rejected.message);
  return balance;
}

async function statement(customer: Subscriber, from: Date, to: Date) {
  const lines: LedgerLine[] = [];
  for (;;) {
    const last = lines.at(-1);
    const page = await readStatement(books, {
      customer: customer.name,
      member: null,
      from,
      to,
      limit: 7,
      after: last === undefined ? null : { entryId: last.entryId, seq: last.seq },
    });
    if ('rejected' in page) throw new Error(page.rejected.message);
    lines.push(...page.lines);
    if (!page.hasMore) return { ...page, lines };
  }
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      hoursAgo: fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
      n: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hold' as const), n: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('capture' as const, 'release' as const),
      n: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reverse' as const, 'pack' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 7, 30, 200, 470) }) },
);

async function play(customer: Subscriber, steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  let at = START;
  const holds: string[] = [];
  for (const one of steps) {
    if (one.do === 'wait') {
      at += one.hours * HOUR;
      await books.at(new Date(at).toISOString());
    } else if (one.do === 'use') {
      const events = one.hoursAgo.map((hours) => calls(customer, one.n, { occurredAt: new Date(at - hours * HOUR) }));
      await trackUsage(books, { events });
    } else if (one.do === 'hold') {
      const placed = await hold(books, customer, String(one.n), { ttlSeconds: 20_000 });
      if ('hold' in placed) holds.push(placed.hold.holdId);
    } else if (one.do === 'pack') {
      await grantPaidInvoice(books.deps, packInvoice(customer, new Date(at).toISOString()));
    } else if (one.do === 'reverse') {
      const [event] = await query<{ id: string }>(
        database,
        `select usage_event_id as id from usage_events where lane = $1 and customer_id = $2 order by recorded_at limit 1`,
        [customer.lane, customer.customerId],
      );
      if (event !== undefined) {
        await reverseUsage(books.deps, {
          customer,
          usageEventIds: [event.id],
          reason: 'wrong',
          ticket: 'T-1',
          actor: 'me',
        });
      }
    } else {
      const holdId = holds.shift();
      if (holdId !== undefined && one.do === 'capture') await capture(books, holdId, String(one.n));
      if (holdId !== undefined && one.do === 'release') await release(books, holdId);
    }
  }
}

/** What is explained is the balance, to the micro-credit: lot by lot, hold by hold, and what no lot paid. */
async function expectWholeStory(customer: Subscriber, balance: Balance): Promise<void> {
  const story = await explainBalance(books, { customer: customer.name, spentToo: true });
  if ('rejected' in story) throw new Error(story.rejected.message);
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, amount) => all + amount, 0n);
  for (const { lot, drawn, heldBy, ended, remaining } of story.lots) {
    expect({
      drawn: sum(drawn.map(({ credits: amount }) => amount)),
      held: sum(heldBy.map(({ amount }) => amount)),
      ended: sum(ended.map(({ credits: amount }) => amount)),
    }).toEqual({ drawn: lot.drawn, held: lot.held, ended: lot.ended });
    expect(remaining).toBe(lot.granted - lot.drawn - lot.held - lot.frozen - lot.ended);
  }
  const owed = (as: string): bigint => sum(story.owed.filter((one) => one.as === as).map((one) => one.credits));
  expect({
    available: sum(story.lots.map(({ spendable }) => spendable)),
    held: sum(story.lots.map(({ lot }) => lot.held)),
    overage: owed('overage'),
    debt: owed('debt'),
  }).toEqual({
    available: balance.available,
    held: balance.held,
    overage: story.sums.overage,
    debt: balance.debt,
  });
}

describe('INV-10 the balance of an instant', () => {
  test('is the balance now, and the running sum of the statement at every line', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        await books.at(new Date(START).toISOString());
        const customer = await books.subscribe('capped');
        await play(customer, steps);
        const now = await clock(database);
        const present = await readBalance(books.deps, customer.name);
        if ('rejected' in present) throw new Error(present.rejected.message);
        const asOf = await balanceAt(customer, now);
        expect({ ...asOf.sums, available: asOf.available, overage: asOf.overage }).toMatchObject({
          available: present.available,
          held: present.held,
          overage: present.overage,
          debt: present.debt,
        });

        await expectWholeStory(customer, present);
        const from = new Date('2026-04-08T00:00:00Z');
        const { opening, closing, lines } = await statement(customer, from, new Date(now.getTime() + 1));
        expect(closing).toEqual(asOf.sums);
        expect(opening).toEqual((await balanceAt(customer, new Date(from.getTime() - 1))).sums);
        let running = opening;
        for (const [index, line] of lines.entries()) {
          running = addSums(running, line.changes);
          expect(line.balance).toEqual(running);
          const next = lines[index + 1];
          const isLastOfItsInstant = next === undefined || next.at > line.at;
          const then = isLastOfItsInstant ? (await balanceAt(customer, line.at)).sums : running;
          expect(then).toEqual(running);
        }
        expect(running).toEqual(closing);
      }),
      { numRuns: 12 },
    );
    await books.at(new Date(START).toISOString());
  });

  test('splits the entry of a batch at the times of its events', async () => {
    const customer = await books.subscribe('capped');
    const at = (time: string): Date => new Date(`2026-04-10T${time}Z`);
    await trackUsage(books, {
      events: [
        calls(customer, 1, { occurredAt: at('08:00:00') }),
        calls(customer, 2, { occurredAt: at('06:00:00') }),
        calls(customer, 4, { occurredAt: at('07:00:00') }),
      ],
    });
    const available = [];
    for (const time of ['05:59:59', '06:00:00', '07:30:00', '08:00:00']) {
      available.push((await balanceAt(customer, at(time))).available);
    }
    expect(available).toEqual(['100', '98', '94', '93'].map((text) => credits(text)));
    const { lines } = await statement(customer, at('05:00:00'), at('09:00:00'));
    expect(lines.map(({ at: when, changes }) => [when, changes.available])).toEqual([
      [at('06:00:00'), -credits('2')],
      [at('07:00:00'), -credits('4')],
      [at('08:00:00'), -credits('1')],
    ]);
  });

  test('is nothing before the customer had a pool, and refused for the future', async () => {
    const customer = await books.subscribe('capped');
    expect((await balanceAt(customer, new Date('2026-03-01T00:00:00Z'))).sums).toEqual(NO_SUMS);
    expect(
      await readBalanceAt(books, { customer: customer.name, at: new Date('2027-01-01T00:00:00Z'), member: null }),
    ).toMatchObject({ rejected: { code: 'invalid_request', param: 'at' } });
    await catchUpPools(books, { limit: 1000 });
  });
});
