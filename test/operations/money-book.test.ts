import { describe, expect, test } from 'vitest';

import { settleBilledPeriods } from '../../src/operations/mirror-invoice.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { query } from '../../src/storage/query.ts';
import { endApril } from '../support/april.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox } from '../support/inbox.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const stage = await openInbox(database);
const { deps } = stage;

describe('the money book of A1', () => {
  test('sign-up, usage, cycle invoice: receivable and clearing at zero, revenue is what was earned', async () => {
    const customer = await stage.signUp();
    await stage.apply();
    const key = await stage.keyOf(customer);
    expect(await stage.money(key)).toEqual({ cash: 9900n, 'deferred.subscription': -9900n });
    const lots = await query(database, `select granted from lots where lane = $1 and customer_id = $2`, [
      key.lane,
      key.customerId,
    ]);
    expect(lots).toEqual([{ granted: 10_000_000_000n }]);

    await stage.drain();
    await stage.advance(customer, '2026-04-20T12:00:00Z');
    await stage.use(customer, 12_500, '2026-04-20T12:00:00Z');
    await endApril(stage, customer);

    expect(await stage.money(key)).toEqual({
      cash: 22_300n,
      'deferred.subscription': -19_800n,
      'revenue.usage': -2500n,
    });
    await recogniseRevenue(deps);
    expect(await stage.money(key)).toEqual({
      cash: 22_300n,
      'deferred.subscription': -9900n,
      'revenue.subscription': -9900n,
      'revenue.usage': -2500n,
    });
    await recogniseRevenue(deps);
    await expectSoundBooks(database);
  });

  test('finalized by another hand before the cut-off: the period is billed as soon as it is cut off', async () => {
    await stage.restart();
    const customer = await stage.signUp();
    await stage.apply();
    await stage.drain();
    await stage.advance(customer, '2026-04-20T12:00:00Z');
    await stage.use(customer, 12_500, '2026-04-20T12:00:00Z');
    const key = await stage.keyOf(customer);
    await stage.advance(customer, '2026-04-21T00:00:00Z');
    await rollUpUsage(deps, { limit: 100 });
    await stage.drain();
    await stage.advance(customer, '2026-05-01T00:00:10Z');
    await stage.apply();
    await stage.touch(key);
    const { data } = await deps.stripe.invoices.list({ subscription: customer.subscriptionId, status: 'draft' });
    await deps.stripe.invoices.finalizeInvoice(data[0]?.id ?? '', { auto_advance: true });
    await stage.apply();
    expect(await settleBilledPeriods(deps, { limit: 10 })).toBe(0);
    await stage.advance(customer, '2026-05-01T00:46:00Z');
    await stage.touch(key);
    expect(await settleBilledPeriods(deps, { limit: 10 })).toBe(1);
    expect(await settleBilledPeriods(deps, { limit: 10 })).toBe(0);
    expect(await stage.money(key)).toMatchObject({ 'revenue.usage': -2500n });
    expect(await stage.money(key)).not.toHaveProperty('unbilled_receivable');
    await expectSoundBooks(database);
  });
});
