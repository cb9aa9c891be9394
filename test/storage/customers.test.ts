import { describe, expect, test } from 'vitest';

import type { CustomerFacts } from '../../src/domain/stripe-customer.ts';
import {
  customerByStripeId,
  lockCustomer,
  markCustomerDeleted,
  readCustomer,
  resolveCustomers,
} from '../../src/storage/customers.ts';
import { transaction } from '../../src/storage/database.ts';
import { saveCustomer } from '../../src/storage/fetched-customers.ts';
import { cloneDatabase } from '../support/database.ts';

const { database } = await cloneDatabase();

const ID_A = '01932e50-0000-7000-8000-00000000000a';
const ID_B = '01932e50-0000-7000-8000-00000000000b';

function facts(more: Partial<CustomerFacts> & { stripeCustomerId: string }): CustomerFacts {
  return {
    externalId: null,
    name: 'Acme',
    email: null,
    currency: 'usd',
    testClock: null,
    balanceMinor: 0n,
    createdAt: new Date('2026-04-01T00:00:00Z'),
    ...more,
  };
}

function save(what: CustomerFacts, newId: string, fetchedAt: string) {
  return transaction(database, (trx) => saveCustomer(trx, what, { newId, fetchedAt: new Date(fetchedAt) }));
}

describe('customers', () => {
  test('a customer keeps its id, and answers to its Stripe id, its external id and its own', async () => {
    const key = await save(facts({ stripeCustomerId: 'cus_a', externalId: 'acme' }), ID_A, '2026-04-01T00:00:01Z');
    const again = await save(facts({ stripeCustomerId: 'cus_a', externalId: 'acme' }), ID_B, '2026-04-01T00:00:02Z');
    expect([key.customerId, again.customerId]).toEqual([ID_A, ID_A]);
    const names = await resolveCustomers(database, ['cus_a', 'ext:acme', ID_A, 'cus_nobody', ID_B]);
    expect([...names.keys()].toSorted()).toEqual([ID_A, 'cus_a', 'ext:acme'].toSorted());
    expect(new Set([...names.values()].map(({ customerId }) => customerId))).toEqual(new Set([ID_A]));
  });

  test('a state that was fetched earlier never wins', async () => {
    await save(facts({ stripeCustomerId: 'cus_b', balanceMinor: -500n }), ID_B, '2026-04-02T00:00:00Z');
    const key = await save(facts({ stripeCustomerId: 'cus_b', balanceMinor: 0n }), ID_A, '2026-04-01T00:00:00Z');
    expect((await readCustomer(database, key))?.stripeBalanceMinor).toBe(-500n);
  });

  test('an external id that somebody has already stays with him', async () => {
    const id = '01932e50-0000-7000-8000-00000000000c';
    await save(facts({ stripeCustomerId: 'cus_c', externalId: 'acme' }), id, '2026-04-01T00:00:00Z');
    expect((await resolveCustomers(database, ['ext:acme'])).get('ext:acme')?.customerId).toBe(ID_A);
    expect((await customerByStripeId(database, 'cus_c'))?.customerId).toBe(id);
  });

  test('a deleted customer stays, and later states of it change nothing', async () => {
    const id = '01932e50-0000-7000-8000-00000000000d';
    const key = await save(facts({ stripeCustomerId: 'cus_d', name: 'Before' }), id, '2026-04-01T00:00:00Z');
    await transaction(database, (trx) => markCustomerDeleted(trx, key, new Date('2026-04-03T00:00:00Z')));
    await save(facts({ stripeCustomerId: 'cus_d', name: 'After' }), id, '2026-04-04T00:00:00Z');
    expect((await readCustomer(database, key))?.name).toBe('Before');
  });

  test('a name seen inside a transaction that is rolled back is not remembered', async () => {
    const id = '01932e50-0000-7000-8000-00000000000e';
    const undone = transaction(database, async (trx) => {
      await saveCustomer(trx, facts({ stripeCustomerId: 'cus_e' }), { newId: id, fetchedAt: new Date() });
      expect((await customerByStripeId(trx, 'cus_e'))?.customerId).toBe(id);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await customerByStripeId(database, 'cus_e')).toBeUndefined();
  });

  test('eight mirrors of one new customer at once make one customer', async () => {
    const keys = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        save(
          facts({ stripeCustomerId: 'cus_f' }),
          `01932e50-0000-7000-8000-0000000000f${index}`,
          '2026-04-01T00:00:00Z',
        ),
      ),
    );
    expect(new Set(keys.map(({ customerId }) => customerId)).size).toBe(1);
  });

  test('locking a customer that does not exist is a bug', async () => {
    const nobody = { lane: 1, customerId: '01932e50-0000-7000-8000-0000000000ff' };
    await expect(transaction(database, (trx) => lockCustomer(trx, nobody))).rejects.toThrow('does not exist');
  });
});
