import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { customerKey } from '../../src/domain/customer.ts';
import { verifyLedger } from '../../src/operations/verify-ledger.ts';
import { inSnapshot } from '../../src/storage/row-stream.ts';
import { takeFingerprints } from '../../src/storage/verification/fingerprints.ts';
import { lookAtWhole, LEDGER_CHECKS } from '../../src/storage/verify.ts';
import { storeSampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { asOwner, seedBooks, type SeededBooks } from '../support/seeded-books.ts';

const { database, ownerConnectionString } = await cloneDatabase();
const deps = { db: database };

let books: SeededBooks;

beforeAll(() => storeSampleCatalogue(database));
beforeEach(async () => {
  books = await seedBooks(database);
});

test('INV-04 clean books are verified, with what was counted', async () => {
  expect(await verifyLedger(deps, { customer: books })).toEqual({
    verified: true,
    entries: 3,
    postings: 3,
    breaches: [],
  });
});

test('clean books agree by their fingerprints alone', async () => {
  const look = await inSnapshot(database, async (snapshot) => takeFingerprints(snapshot));
  expect(look).toEqual({ agrees: true, inDoubt: false, isWaiting: true });
});

test('a customer without books is verified too', async () => {
  const nobody = customerKey(crypto.randomUUID());
  expect(await verifyLedger(deps, { customer: nobody })).toMatchObject({ verified: true, entries: 0, postings: 0 });
});

/** What a hand in the database does, and the breaches that must name it. */
const DAMAGE: readonly {
  readonly done: string;
  readonly sql: (books: SeededBooks) => string;
  readonly found: readonly { invariant: string; expected?: string; found?: string }[];
}[] = [
  {
    done: 'a balance is raised',
    sql: (b) =>
      `update accounts set balance = balance + 5 where customer_id = '${b.customerId}' and kind = 'available'`,
    found: [
      { invariant: 'INV-09', expected: '9250000000', found: '9250000005' },
      { invariant: 'INV-04', expected: '0', found: '5' },
      { invariant: 'INV-06', found: '9250000005' },
    ],
  },
  {
    done: 'an account disappears',
    sql: (b) => `delete from accounts where customer_id = '${b.customerId}' and kind = 'held'`,
    found: [
      { invariant: 'INV-01', found: 'no account held' },
      { invariant: 'INV-09', expected: '50000000', found: 'no account' },
    ],
  },
  {
    done: 'a lot counter is changed',
    sql: (b) => `update lots set drawn = drawn - 1 where lot_id = '${b.lotId}'`,
    found: [
      { invariant: 'INV-09', found: 'granted 10000000000 drawn 699999999 held 50000000 frozen 0 ended 0' },
      { invariant: 'INV-06' },
    ],
  },
  {
    done: 'a lot is drawn beyond its grant',
    sql: (b) => `alter table lots drop constraint lots_not_overdrawn;
      update lots set ended = 9999999999 where lot_id = '${b.lotId}'`,
    found: [{ invariant: 'INV-05', expected: 'at most 10000000000' }],
  },
  {
    done: 'a lot disappears',
    sql: (b) => `delete from lots where lot_id = '${b.lotId}'`,
    found: [{ invariant: 'INV-09', found: 'no lot' }],
  },
  {
    done: 'a posting disappears',
    sql: (b) => `delete from postings where entry_id = '${b.burnEntryId}'`,
    found: [
      { invariant: 'INV-01', expected: 'at least one posting' },
      { invariant: 'INV-16', found: 'credits 0 overage 0 debt 0' },
      { invariant: 'INV-14', expected: '0', found: '700000000' },
    ],
  },
  {
    done: 'a posting is made larger',
    sql: (b) => `update postings set amount = amount + 1 where entry_id = '${b.burnEntryId}'`,
    found: [{ invariant: 'INV-16', expected: 'credits 700000000 overage 0 debt 0' }, { invariant: 'INV-09' }],
  },
  {
    done: 'an entry disappears',
    sql: (b) => `delete from journal_entries where entry_id = '${b.burnEntryId}'`,
    found: [
      { invariant: 'INV-01', found: 'no entry' },
      { invariant: 'INV-17', found: 'no entry' },
    ],
  },
  {
    done: 'an entry is written twice',
    sql: (b) => `drop index journal_entries_once;
      insert into journal_entries select lane, customer_id, gen_random_uuid(), kind, effective_at, recorded_at, actor, reason,
        source_type, source_id from journal_entries where customer_id = '${b.customerId}' and kind = 'grant.included'`,
    found: [{ invariant: 'INV-16', expected: 'one entry grant.included', found: '2 entries' }],
  },
  {
    done: 'a usage event is said to amend one that still counts',
    sql: (b) => `update usage_events set amends = usage_event_id where usage_event_id = '${b.usageEventId}'`,
    found: [{ invariant: 'INV-13', found: 'amends usage that still counts' }],
  },
  {
    done: 'a usage event is said to amend one that never was',
    sql: (b) => `update usage_events set amends = gen_random_uuid() where usage_event_id = '${b.usageEventId}'`,
    found: [{ invariant: 'INV-13', found: 'amends no event' }],
  },
  {
    done: 'a usage event is enlarged',
    sql: (b) => `update usage_events set credits = credits + 1 where usage_event_id = '${b.usageEventId}'`,
    found: [{ invariant: 'INV-16', expected: 'credits 700000001 overage 0 debt 0' }],
  },
  {
    done: 'a usage event claims overage that nobody posted',
    sql: (b) => `update usage_events set overage = 3 where usage_event_id = '${b.usageEventId}'`,
    found: [{ invariant: 'INV-16', expected: 'credits 700000000 overage 3 debt 0' }],
  },
  {
    done: 'a dedupe key disappears',
    sql: (b) => `delete from usage_event_keys where usage_event_id = '${b.usageEventId}'`,
    found: [{ invariant: 'INV-17', found: 'no dedupe key' }],
  },
  {
    done: 'usage is undone more than once over',
    sql: (
      b,
    ) => `insert into usage_reversals values (${b.lane}, '${b.customerId}', '${b.usageEventId}', gen_random_uuid(),
      700000001)`,
    found: [{ invariant: 'INV-13', found: '700000001, by no entry' }],
  },
  {
    done: 'metered use is lowered',
    sql: (b) => `update meter_buckets set metered = 1 where billing_period_id = '${b.billingPeriodId}'`,
    found: [{ invariant: 'INV-14', expected: '700000000', found: '1' }],
  },
  {
    done: 'a period forgets what it rolled up',
    sql: (b) => `update meter_buckets set rolled = 9 where billing_period_id = '${b.billingPeriodId}'`,
    found: [{ invariant: 'INV-14', expected: '9', found: '0' }],
  },
  {
    done: 'a hold loses its draws',
    sql: (b) => `delete from hold_draws where hold_id = '${b.holdId}'`,
    found: [
      { invariant: 'INV-06', expected: '0', found: '50000000' },
      { invariant: 'INV-08', expected: '50000000', found: '0' },
    ],
  },
  {
    done: 'a hold ends without giving back',
    sql: (b) => `update holds set state = 'lapsed' where hold_id = '${b.holdId}'`,
    found: [
      { invariant: 'INV-06', expected: '0', found: '50000000' },
      { invariant: 'INV-19', expected: '0 held once lapsed', found: '50000000' },
    ],
  },
  {
    done: 'a hold claims a capture that never was',
    sql: (b) => `update holds set captured = 7 where hold_id = '${b.holdId}'`,
    found: [{ invariant: 'INV-19', expected: '0', found: '7' }],
  },
  {
    done: 'a capture has no posting',
    sql: (b) =>
      `insert into hold_captures values (${b.lane}, '${b.customerId}', '${b.holdId}', 'k', gen_random_uuid(), 7, now())`,
    found: [
      { invariant: 'INV-16', expected: '7', found: '0' },
      { invariant: 'INV-19', expected: '7', found: '0' },
    ],
  },
  {
    done: 'a burn is dated after its lot ended',
    sql: (b) => `update journal_entries set effective_at = '2026-05-02' where entry_id = '${b.burnEntryId}'`,
    found: [{ invariant: 'INV-12' }],
  },
  {
    done: 'an entry slips into a closed month',
    sql: () => `insert into accounting_periods values ('2026-04-01', '2026-04-05', 'test')`,
    found: [{ invariant: 'INV-10' }],
  },
  {
    done: 'a seal is slipped in',
    sql: (b) =>
      `insert into seals values (${b.lane}, '${b.customerId}', '2026-04-09', 1, sha256('x'), sha256('y'), now())`,
    found: [{ invariant: 'INV-37', found: 'no record' }],
  },
  {
    done: 'a message for Stripe names an entry that never was',
    sql: (
      b,
    ) => `insert into outbox (lane, customer_id, queue, call, subject_id, request, key, entry_id, state, next_at, created_at)
      values (${b.lane}, '${b.customerId}', 'grants', 'true_up', 'x', '{}', 'k', gen_random_uuid(), 'pending', now(), now())`,
    found: [{ invariant: 'INV-24', found: 'none' }],
  },
];

describe('INV-09 a hand in the database is found out', () => {
  test.for(DAMAGE)('when $done', async ({ sql, found }) => {
    await asOwner(ownerConnectionString, async (owner) => {
      await owner.query(sql(books));
      try {
        const { verified, breaches } = await verifyLedger(deps, { customer: books });
        expect(verified).toBe(false);
        for (const breach of found) expect(breaches).toContainEqual(expect.objectContaining(breach));
        // The quick look over all books does not pass over it either.
        expect(await inSnapshot(database, async (snapshot) => lookAtWhole(snapshot, books.lane))).toMatchObject({
          isSound: false,
        });
      } finally {
        await owner.query(`delete from accounting_periods`);
      }
    });
  });

  test('and every invariant that is checked has damage that shows it', () => {
    const shown = new Set(DAMAGE.flatMap(({ found }) => found.map(({ invariant }) => invariant)));
    expect([...shown].toSorted()).toEqual([...new Set(LEDGER_CHECKS.map(({ invariant }) => invariant))].toSorted());
  });

  test('the whole ledger is read when no customer is named', async () => {
    const { verified, entries } = await verifyLedger(deps);
    expect(verified).toBe(false);
    expect(entries).toBeGreaterThan(3);
  });
});
