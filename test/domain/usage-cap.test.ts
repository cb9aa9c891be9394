import { describe, expect, test } from 'vitest';

import { captureHold } from '../../src/domain/hold-capture.ts';
import { placeHold, releaseHold } from '../../src/domain/hold.ts';
import type { PoolBook } from '../../src/domain/pool-book.ts';
import { refusedByCap } from '../../src/domain/usage-cap.ts';
import { recordUsage } from '../../src/domain/usage.ts';
import { bookOf, CREDIT, instant, usage } from '../support/pool-book.ts';

const caps = {
  member: { credits: '1000', window: 'month' as const },
  agent: { credits: '50', window: 'day' as const },
};

function ask(book: PoolBook, amount: bigint, day: string, who: { member?: string; agent?: string }) {
  const period = book.periods[0];
  if (period === undefined) throw new Error('April is open');
  const spender = { member: who.member ?? null, agent: who.agent ?? null };
  const refused = refusedByCap(book, spender, amount * CREDIT, { period, action: 'api.call', now: instant(day) });
  return refused === null ? 'may' : (refused.rejected.details as object);
}

function wanted(amount: bigint, who: { member?: string; agent?: string } = {}) {
  return {
    holdId: `hold-${Math.random()}`,
    action: 'api.call',
    feature: 'api',
    member: who.member ?? null,
    agent: who.agent ?? null,
    quantities: {},
    dimensions: {},
    burnRateId: null,
    amount: amount * CREDIT,
    ttlSeconds: null,
  };
}

describe('a cap', () => {
  test('A2 refuses a member its 1 001st credit of the month though the pool has plenty, and names itself', () => {
    const { book, at } = bookOf({ caps }, { included: '10000' });
    recordUsage(book, usage(999n * CREDIT, instant('2026-04-10'), { member: 'ann' }), at('2026-04-10'));
    expect(placeHold(book, wanted(1n, { member: 'ann' }), at('2026-04-11'))).toMatchObject({ state: 'open' });
    expect(placeHold(book, wanted(1n, { member: 'ann' }), at('2026-04-11'))).toEqual({
      rejected: {
        code: 'insufficient_credits',
        message: expect.stringContaining('member ann (1000 credits a month)') as unknown,
        details: {
          needed: '1',
          available: '0',
          limit: 'member_cap',
          lifted_by: "whoever administers the account, by raising the member's cap",
        },
      },
    });
    expect(placeHold(book, wanted(1n, { member: 'bob' }), at('2026-04-11'))).toMatchObject({ state: 'open' });
  });

  test('counts what is held, and counts it no more when it comes back', () => {
    const { book, at } = bookOf({ caps }, { included: '10000' });
    const hold = placeHold(book, wanted(1000n, { member: 'ann' }), at('2026-04-11'));
    if ('rejected' in hold) throw new Error(hold.rejected.message);
    expect(ask(book, 1n, '2026-04-11', { member: 'ann' })).toMatchObject({ limit: 'member_cap' });
    captureHold(book, { holdId: hold.holdId, captureKey: 'k', amount: 400n * CREDIT, final: true }, at('2026-04-11'));
    expect(ask(book, 600n, '2026-04-11', { member: 'ann' })).toBe('may');
    expect(ask(book, 601n, '2026-04-11', { member: 'ann' })).toMatchObject({ needed: '601', available: '600' });
    const other = placeHold(book, wanted(600n, { member: 'ann' }), at('2026-04-11'));
    if ('rejected' in other) throw new Error(other.rejected.message);
    releaseHold(book, other.holdId, at('2026-04-11'));
    expect(ask(book, 600n, '2026-04-11', { member: 'ann' })).toBe('may');
  });

  test('begins anew with each window, the agent by the day and the member by the month', () => {
    const { book, at } = bookOf({ caps }, { included: '10000' });
    const who = { member: 'ann', agent: 'summariser' };
    recordUsage(book, usage(50n * CREDIT, instant('2026-04-10'), who), at('2026-04-10'));
    expect(ask(book, 1n, '2026-04-10', who)).toMatchObject({ limit: 'agent_cap' });
    expect(ask(book, 50n, '2026-04-11', who)).toBe('may');
    expect(ask(book, 51n, '2026-04-11', who)).toMatchObject({ limit: 'agent_cap', available: '50' });
  });

  test('of one member goes before the plan, in either direction, and below what is used it refuses only what comes', () => {
    const { book, at } = bookOf({ caps }, { included: '10000' });
    book.caps.overrides.set('ann', { credits: 100n * CREDIT, window: 'month' });
    recordUsage(book, usage(300n * CREDIT, instant('2026-04-10'), { member: 'ann' }), at('2026-04-10'));
    expect(ask(book, 1n, '2026-04-10', { member: 'ann' })).toMatchObject({ available: '0' });
    book.caps.overrides.set('ann', { credits: 5000n * CREDIT, window: 'month' });
    expect(ask(book, 4700n, '2026-04-10', { member: 'ann' })).toBe('may');
    book.caps.overrides.set('ann', { credits: null, window: 'month' });
    expect(ask(book, 1_000_000n, '2026-04-10', { member: 'ann' })).toBe('may');
  });
});
