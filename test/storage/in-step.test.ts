import { expect, test } from 'vitest';

import type { Transaction } from '../../src/storage/database.ts';
import { inStep, walkTogether } from '../../src/storage/in-step.ts';

const trx = {} as Transaction;

/** Two questions, and how each of them was asked. */
function asking() {
  const sent: string[] = [];
  const question = (name: string) =>
    inStep(async (_on: Transaction, asks: readonly (readonly [of: string])[]) => {
      const of = asks.map(([customer]) => customer);
      sent.push(`${name} of ${of.join(' and ')}`);
      await new Promise(setImmediate);
      if (of.includes('broken')) throw new Error('the database said no');
      return of.map((customer) => `${customer}'s ${name}`);
    });
  return { sent, balance: question('balance'), invoices: question('invoices') };
}

test('asked of one customer alone, a question goes out at once', async () => {
  const { sent, balance } = asking();
  expect(await balance(trx, 'Acme')).toBe("Acme's balance");
  expect(sent).toEqual(['balance of Acme']);
});

test('what customers ask at the same time goes out as one, and each gets his own answer', async () => {
  const { sent, balance, invoices } = asking();
  const answers: string[] = [];
  await walkTogether(trx, ['Acme', 'Bolt', 'Coil'], async (own, customer) => {
    // Bolt has nothing to look up first: he waits, so that all balances are one question.
    if (customer !== 'Bolt') answers.push(await invoices(own, customer));
    answers.push(await balance(own, customer));
  });
  expect(sent).toEqual(['invoices of Acme and Coil', 'balance of Bolt', 'balance of Acme and Coil']);
  expect(answers.toSorted()).toEqual([
    "Acme's balance",
    "Acme's invoices",
    "Bolt's balance",
    "Coil's balance",
    "Coil's invoices",
  ]);
});

test("a customer's own questions keep their order, and two of a kind are never one", async () => {
  const { sent, balance, invoices } = asking();
  await walkTogether(trx, ['Acme', 'Bolt'], async (own, customer) => {
    if (customer === 'Bolt') await balance(own, customer);
    else await Promise.all([invoices(own, customer), balance(own, customer), invoices(own, customer)]);
  });
  expect(sent).toEqual(['invoices of Acme', 'balance of Acme and Bolt', 'invoices of Acme']);
});

test('what fails for one fails for all who asked with him, and whoever asked nothing more has ended', async () => {
  const { sent, balance } = asking();
  const ended: string[] = [];
  const walk = walkTogether(trx, ['Acme', 'broken', 'Coil'], async (own, customer) => {
    if (customer !== 'Coil') await balance(own, customer);
    ended.push(customer);
  });
  await expect(walk).rejects.toThrow('the database said no');
  expect(ended).toEqual(['Coil']);
  expect(sent).toEqual(['balance of Acme and broken']);
});
