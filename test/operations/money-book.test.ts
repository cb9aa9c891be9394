import { describe, expect, test } from 'vitest';

import { pollDrafts } from '../../src/operations/poll-drafts.ts';
import { recogniseRevenue } from '../../src/operations/recognise-revenue.ts';
import { rollUpUsage } from '../../src/operations/roll-up-usage.ts';
import { settleDrafts } from '../../src/operations/settle-draft.ts';
import { query } from '../../src/storage/query.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox, type SignedUp } from '../support/inbox.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const stage = await openInbox(database);
const { deps } = stage;

async function endApril(customer: SignedUp): Promise<void> {
  const key = await stage.keyOf(customer);
  await stage.advance(customer, '2026-05-01T00:00:10Z');
  await stage.apply();
  await stage.touch(key);
  await pollDrafts(deps, { limit: 10 });
  await stage.advance(customer, '2026-05-01T00:46:00Z');
  await stage.touch(key);
  await rollUpUsage(deps, { limit: 100 });
  await stage.drain();
  await stage.apply();
  await settleDrafts(deps, { limit: 100 });
  await stage.drain();
  await stage.apply();
}

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

    await stage.advance(customer, '2026-04-20T12:00:00Z');
    await stage.use(customer, 12_500, '2026-04-20T12:00:00Z');
    await endApril(customer);

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
});
