import { expect, test } from 'vitest';

import { type CreditGift, grantCredits } from '../../src/operations/grant-credits.ts';
import { balances, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits, newId } from '../support/deps.ts';
import { use } from '../support/requests.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, { plans: [planWith('hybrid', {}, { includedCredits: '100' })] });

function give(customer: Pick<Subscriber, 'name'>, gift: Partial<CreditGift> = {}) {
  return grantCredits(books.deps, {
    customer: customer.name,
    source: 'goodwill',
    amount: credits('50'),
    features: null,
    expiresAt: null,
    priority: 50,
    reason: 'a slow day',
    actor: 'key:finance',
    key: newId(),
    fingerprint: 'one',
    ...gift,
  });
}

async function refusedBecause(answer: ReturnType<typeof give>): Promise<string> {
  const given = await answer;
  return 'rejected' in given ? given.rejected.code : 'given';
}

test('a gift opens a lot that nobody paid for, and pays the overage that stands', async () => {
  await books.at('2026-04-10T09:00:00Z');
  const customer = await books.subscribe('hybrid');
  await use(books, customer, 120);
  expect(await give(customer)).toMatchObject({ replayed: false, grant: { granted: '50', remaining: '30' } });
  expect(await balances(database, customer)).toMatchObject({ available: '30', 'issued.goodwill': '-50' });
  await expectSoundBooks(database);
});

test('credits for one feature do not pay for another, nor pay overage of every feature down', async () => {
  const customer = await books.subscribe('hybrid');
  await use(books, customer, 120);
  await give(customer, { source: 'promotional', features: ['reports'] });
  await use(books, customer, 5);
  expect(await balances(database, customer)).toMatchObject({ available: '50', overage: '-25' });
});

test('one key gives once, also to many at a time; another body under it is refused', async () => {
  const customer = await books.subscribe('hybrid');
  const answers = await Promise.all(Array.from({ length: 8 }, () => give(customer, { key: 'k' })));
  expect(answers.filter((answer) => 'grant' in answer && !answer.replayed)).toHaveLength(1);
  expect(new Set(answers.map((answer) => ('grant' in answer ? answer.grant.lotId : 'refused'))).size).toBe(1);
  expect(await refusedBecause(give(customer, { key: 'k', fingerprint: 'another' }))).toBe('idempotency_key_reused');
  expect(await balances(database, customer)).toMatchObject({ available: '150' });
});

test('what cannot be given is refused, and nothing changes', async () => {
  await books.at('2026-04-10T09:00:00Z');
  const customer = await books.subscribe('hybrid');
  const past = new Date('2026-04-10T09:00:00Z');
  expect(await refusedBecause(give(customer, { expiresAt: past }))).toBe('invalid_request');
  expect(await refusedBecause(give(customer, { features: ['reports', 'teleport'] }))).toBe('invalid_request');
  expect(await refusedBecause(give({ name: 'ext:nobody' }))).toBe('unknown_customer');
  expect(await balances(database, customer)).toMatchObject({ available: '100' });
});
