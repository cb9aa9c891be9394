import { describe, expect, test } from 'vitest';

import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { balances, metered, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits } from '../support/deps.ts';
import { packInvoice, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [planWith('small', { overageCap: '15', debtLimit: '10' }, { includedCredits: '40' })],
});

async function spend(customer: Subscriber, count: number): Promise<string> {
  const answer = await use(books, customer, count);
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer.usageEventId;
}

function reverse(customer: Subscriber, ...usageEventIds: readonly string[]) {
  return reverseUsage(books.deps, {
    customer,
    usageEventIds,
    reason: 'reported twice',
    ticket: 'T-1',
    actor: 'support',
  });
}

describe('usage undone before the cut-off', () => {
  test('never happened for Stripe: the meter goes down and the credits are back', async () => {
    const customer = await books.subscribe('small');
    const [kept, undone] = [await spend(customer, 10), await spend(customer, 20)];
    expect(kept).not.toBe(undone);
    await reverse(customer, undone);
    expect(await balances(database, customer)).toMatchObject({ available: '30', consumed: '10' });
    expect(await metered(database, customer)).toEqual(['10']);
  });

  test('takes the overage off first, whoever caused it', async () => {
    const customer = await books.subscribe('small');
    const first = await spend(customer, 40);
    await spend(customer, 5);
    expect(await reverse(customer, first)).toMatchObject({
      reversed: [{ overage: 5_000_000n, restored: 35_000_000n }],
    });
    expect(await balances(database, customer)).toEqual({ available: '35', consumed: '5', 'issued.included': '-40' });
    expect(await metered(database, customer)).toEqual(['5']);
  });

  test('is not given twice when a pack has paid its overage and debt meanwhile', async () => {
    const customer = await books.subscribe('small');
    const all = await spend(customer, 65);
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-10T09:00:00Z'));
    expect(await metered(database, customer)).toEqual(['65']);
    await reverse(customer, all);
    // 40 of the allowance are back on it; the 25 that the pack paid come back as credits too.
    expect(await balances(database, customer)).toMatchObject({ available: '10040' });
    expect(await metered(database, customer)).toEqual(['0']);
  });

  test('INV-13 is undone once, all or none of it', async () => {
    const customer = await books.subscribe('small');
    const [one, two] = [await spend(customer, 1), await spend(customer, 2)];
    await reverse(customer, one);
    expect(await reverse(customer, one)).toMatchObject({ rejected: { code: 'already_reversed' } });
    expect(await reverse(customer, two, one)).toMatchObject({ rejected: { code: 'already_reversed' } });
    expect(await balances(database, customer)).toMatchObject({ available: '38' });
  });

  test('of another customer is refused; what nobody paid is simply taken off', async () => {
    const [owner, stranger] = [await books.subscribe('small'), await books.subscribe('small')];
    const usage = await spend(owner, 1);
    expect(await reverse(stranger, usage)).toMatchObject({ rejected: { code: 'unknown_usage_event' } });
    const unfunded = await spend(owner, 1_000);
    expect(await reverse(owner, unfunded)).toMatchObject({
      reversed: [{ entryId: null, unfunded: credits('1000'), restored: 0n, byMoney: 0n }],
    });
  });
});

test('usage undone after the cut-off leaves the meter alone and comes back as a lot of its own', async () => {
  await books.at('2026-04-30T23:00:00Z');
  const customer = await books.subscribe('small');
  const usage = await spend(customer, 10);
  await books.at('2026-05-01T00:45:00Z');
  await reverse(customer, usage);
  expect(await balances(database, customer)).toMatchObject({
    available: '50',
    expired: '30',
    'issued.restored': '-10',
  });
  expect(await metered(database, customer)).toEqual(['10', '0']);
  await books.at('2026-04-10T09:00:00Z');
});
