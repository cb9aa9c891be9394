import { describe, expect, test } from 'vitest';

import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { openBillingPeriod } from '../../src/operations/open-billing-period.ts';
import { trackUsage } from '../../src/operations/track-usage.ts';
import { transaction } from '../../src/storage/database.ts';
import { query } from '../../src/storage/query.ts';
import { balances, metered, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { calls, capture, held, hold, packInvoice, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [
    planWith('hybrid', { zeroBalance: 'overage' }),
    planWith('no-paydown', { zeroBalance: 'overage', paydown: false }),
    planWith('rolling', { rollover: { capPercent: 50, capCredits: null, periods: 1, priority: null } }),
    planWith('rolling-twice', { rollover: { capPercent: 50, capCredits: null, periods: 2, priority: null } }),
    planWith('blocking', { zeroBalance: 'block', debtLimit: '10' }, { includedCredits: '40' }),
  ],
});

async function catchUp(): Promise<void> {
  await catchUpPools(books, { limit: 1000 });
  expect(await catchUpPools(books, { limit: 1000 })).toEqual({ pools: 0 });
}

interface LotRow {
  readonly source: string;
  readonly granted: string;
  readonly left: string;
  readonly from: string;
  readonly to: string | null;
}

/** Lots in order of their start, amounts in credits and days as MM-DD. */
async function lots({ lane, customerId }: Subscriber): Promise<readonly string[]> {
  const rows = await query<LotRow>(
    database,
    `select source, (granted / 1000000)::text as granted, ((granted - drawn - held - frozen - ended) / 1000000)::text as left,
       to_char(effective_at, 'MM-DD') as from, to_char(expires_at, 'MM-DD') as to
     from lots where lane = $1 and customer_id = $2 order by effective_at, created_at, source`,
    [lane, customerId],
  );
  return rows.map(({ source, granted, left, from, to }) => `${source} ${left}/${granted} ${from}..${to ?? ''}`);
}

async function entries({ lane, customerId }: Subscriber, kind: string) {
  return query<{ effectiveAt: Date; belongsTo: string | null }>(
    database,
    `select effective_at as "effectiveAt", belongs_to as "belongsTo" from journal_entries
     where lane = $1 and customer_id = $2 and kind = $3 order by recorded_at, effective_at`,
    [lane, customerId, kind],
  );
}

describe('a new billing period', () => {
  test('opens with its credits at the first request after midnight', async () => {
    await books.at('2026-04-30T23:59:59Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 9_000);
    await books.at('2026-05-01T00:00:00Z');
    expect(await use(books, customer, 1_000)).toMatchObject({ status: 'applied', available: 9_000_000_000n });
    expect(await metered(database, customer)).toEqual(['9000', '1000']);
  });

  test('is that of the last subscription, where a customer has two, and the job comes to rest', async () => {
    await books.at('2026-04-30T23:59:59Z');
    const customer = await books.subscribe('hybrid');
    await query(
      database,
      `insert into subscriptions (lane, customer_id, subscription_id, status, plan_version_id, billing_anchor, object, fetched_at)
       select lane, customer_id, 'sub_second' , status, plan_version_id, '2026-04-20T00:00:00Z', object, fetched_at
       from subscriptions where lane = $1 and customer_id = $2`,
      [customer.lane, customer.customerId],
    );
    await books.at('2026-05-01T00:00:00Z');
    await catchUp();
    await query(database, `update subscriptions set status = 'canceled' where subscription_id = 'sub_second'`);
    await catchUp();
    expect(await lots(customer)).toContain('included 10000/10000 05-01..06-01');
  });

  test('opens by the job when nobody asks, once', async () => {
    await books.at('2026-04-30T23:59:59Z');
    const customer = await books.subscribe('hybrid');
    await books.at('2026-05-01T00:00:00Z');
    await catchUp();
    expect(await lots(customer)).toEqual(['included 10000/10000 04-01..05-01', 'included 10000/10000 05-01..06-01']);
  });

  test('opens not at all once the subscription is about to end', async () => {
    await books.at('2026-04-30T23:59:59Z');
    const customer = await books.subscribe('hybrid', { cancelAtPeriodEnd: true });
    await books.at('2026-05-01T00:45:00Z');
    expect(await use(books, customer, 1)).toMatchObject({ rejected: { code: 'no_subscription' } });
    expect(await balances(database, customer)).toEqual({ expired: '10000', 'issued.included': '-10000' });
  });

  test('opens for every month that a service missed, and each lot of those months ended in its time', async () => {
    await books.at('2026-04-30T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    await books.at('2026-07-04T00:00:00Z');
    await catchUp();
    expect(await lots(customer)).toEqual([
      'included 0/10000 04-01..05-01',
      'included 0/10000 05-01..06-01',
      'included 0/10000 06-01..07-01',
      'included 10000/10000 07-01..08-01',
    ]);
    expect(
      (await entries(customer, 'lot.expired')).map(({ effectiveAt }) => effectiveAt.toISOString().slice(0, 10)),
    ).toEqual(['2026-05-01', '2026-06-01', '2026-07-01']);
  });

  test('opens with its credits for one that was unpaid for two months, and not for the months between', async () => {
    await books.at('2026-04-30T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    const become = async (status: string) =>
      query(database, `update subscriptions set status = $3 where lane = $1 and customer_id = $2`, [
        customer.lane,
        customer.customerId,
        status,
      ]);
    await become('unpaid');
    await books.at('2026-07-04T00:00:00Z');
    await catchUp();
    await query(database, `update billing_periods set state = 'final' where customer_id = $1`, [customer.customerId]);
    await become('active');
    const { subscriptionId } = customer;
    const july = { startsAt: new Date('2026-07-01T00:00:00Z'), endsAt: new Date('2026-08-01T00:00:00Z') };
    const first = { subscriptionId, ...july, includedLot: 'on_payment' } as const;
    await transaction(database, async (trx) => openBillingPeriod(books.deps, trx, customer, first));
    expect(await lots(customer)).toEqual(['included 0/10000 04-01..05-01', 'included 10000/10000 07-01..08-01']);
  });

  test('of a seat plan grants the credits of every seat', async () => {
    await books.at('2026-04-10T09:00:00Z');
    expect(await lots(await books.subscribe('blocking', { quantity: 5 }))).toEqual(['included 200/200 04-01..05-01']);
  });
});

describe('INV-20 late usage', () => {
  test('of April before the cut-off draws what was left of April', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 7_000);
    await books.at('2026-05-01T00:30:00Z');
    await use(books, customer, 11_000);
    expect(await use(books, customer, 50, { occurredAt: new Date('2026-04-30T23:00:00Z') })).toMatchObject({
      status: 'applied',
    });
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    // B3: May's overage is not paid by April's leftover.
    expect(await balances(database, customer)).toEqual({
      consumed: '18050',
      expired: '2950',
      'issued.included': '-20000',
      overage: '-1000',
    });
    expect(await metered(database, customer)).toEqual(['7050', '11000']);
  });

  test("of April after the cut-off is May's, and the entry says where it belongs", async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    await books.at('2026-05-01T00:45:00Z');
    await use(books, customer, 50, { occurredAt: new Date('2026-04-30T23:00:00Z') });
    expect(await entries(customer, 'usage.burn')).toEqual([
      { effectiveAt: new Date('2026-05-01T00:45:00Z'), belongsTo: '2026-04-01' },
    ]);
    expect(await metered(database, customer)).toEqual(['0', '50']);
    expect(await balances(database, customer)).toMatchObject({ expired: '10000', available: '9950' });
  });

  test("from a sender whose clock is a little ahead of the boundary is April's still, and belongs nowhere else", async () => {
    await books.at('2026-04-30T23:58:00Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 5, { occurredAt: new Date('2026-05-01T00:01:00Z') });
    expect(await entries(customer, 'usage.burn')).toEqual([
      { effectiveAt: new Date('2026-04-30T23:58:00Z'), belongsTo: null },
    ]);
    expect(await metered(database, customer)).toEqual(['5']);
  });

  test('on both sides of midnight in one batch is divided between the months', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    await books.at('2026-05-01T00:10:00Z');
    await trackUsage(books, {
      events: [
        calls(customer, 1, { occurredAt: new Date('2026-04-30T23:59:59.999Z') }),
        calls(customer, 2, { occurredAt: new Date('2026-05-01T00:00:00Z') }),
        calls(customer, 4, { occurredAt: new Date('2026-04-20T00:00:00Z') }),
      ],
    });
    expect(await metered(database, customer)).toEqual(['5', '2']);
  });
});

describe('B3 use it or lose it', () => {
  test('INV-12 what April leaves becomes breakage once, dated at its end, not before the cut-off', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 7_000);
    await books.at('2026-05-01T00:44:59Z');
    await catchUp();
    expect(await balances(database, customer)).not.toHaveProperty('expired');
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    await catchUp();
    expect(await balances(database, customer)).toMatchObject({ expired: '3000', available: '10000' });
    expect(await entries(customer, 'lot.expired')).toEqual([
      { effectiveAt: new Date('2026-05-01T00:00:00Z'), belongsTo: null },
    ]);
  });
});

describe('B1 rollover', () => {
  test('2 000 left of 10 000 roll over and are drawn first in May', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('rolling');
    await use(books, customer, 8_000);
    await books.at('2026-05-01T00:45:00Z');
    await use(books, customer, 500);
    expect(await lots(customer)).toEqual([
      'included 0/10000 04-01..05-01',
      'rollover 1500/2000 04-01..06-01',
      'included 10000/10000 05-01..06-01',
    ]);
    expect(await balances(database, customer)).not.toHaveProperty('expired');
  });

  test('of 7 000 left 5 000 roll and 2 000 become breakage; a late event of 50 comes out first', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('rolling');
    await use(books, customer, 3_000);
    await books.at('2026-05-01T00:30:00Z');
    await use(books, customer, 50, { occurredAt: new Date('2026-04-30T12:00:00Z') });
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    expect(await balances(database, customer)).toMatchObject({ rolled: '5000', expired: '1950' });
    expect(await metered(database, customer)).toEqual(['3050', '0']);
  });

  test('for two periods lasts to the end of the second', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('rolling-twice');
    await use(books, customer, 8_000);
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    expect(await lots(customer)).toContain('rollover 2000/2000 04-01..07-01');
  });

  test('of what rolled once nothing rolls again', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('rolling');
    await use(books, customer, 8_000);
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    await books.at('2026-06-01T00:45:00Z');
    await catchUp();
    expect(await lots(customer)).toEqual([
      'included 0/10000 04-01..05-01',
      'rollover 0/2000 04-01..06-01',
      'included 0/10000 05-01..06-01',
      'rollover 5000/5000 05-01..07-01',
      'included 10000/10000 06-01..07-01',
    ]);
  });

  test('ends with the subscription: without a next period nothing rolls', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('rolling', { cancelAtPeriodEnd: true });
    await use(books, customer, 8_000);
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    expect(await lots(customer)).toEqual(['included 0/10000 04-01..05-01']);
    expect(await balances(database, customer)).toMatchObject({ expired: '2000' });
  });
});

describe('B13 a hold over midnight', () => {
  test("captured before the cut-off is April's use", async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    const holdId = await held(books, customer, '1000', { ttlSeconds: 86_400 });
    await books.at('2026-05-01T00:10:00Z');
    expect(await capture(books, holdId, '600')).toMatchObject({ hold: { captured: '600', released: '400' } });
    await books.at('2026-05-01T00:45:00Z');
    await catchUp();
    expect(await metered(database, customer)).toEqual(['600', '0']);
    expect(await balances(database, customer)).toMatchObject({ expired: '9400', available: '10000' });
  });

  test("captured after the cut-off is May's use, out of a carried lot that costs May nothing", async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    const holdId = await held(books, customer, '1000', { ttlSeconds: 86_400 });
    await books.at('2026-05-01T02:00:00Z');
    expect(await hold(books, customer, '10000')).toMatchObject({ hold: { available: '0' } });
    expect(await capture(books, holdId, '600')).toMatchObject({
      hold: { captured: '600', released: '400', available: '0' },
    });
    expect(await metered(database, customer)).toEqual(['0', '600']);
    // What the hold left ends with it, and is nobody else's.
    await books.at('2026-05-01T23:59:00Z');
    await catchUp();
    expect(await balances(database, customer)).toMatchObject({
      carried_out: '1000',
      expired: '9400',
      'issued.carried': '-1000',
    });
    expect(await lots(customer)).toContain('carried 0/1000 05-01..05-01');
  });

  test('that lapses unused after the cut-off gives nothing to May', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    await held(books, customer, '1000', { ttlSeconds: 7_200 });
    await books.at('2026-05-01T01:00:00Z');
    await catchUp();
    await books.at('2026-05-01T01:59:00Z');
    await catchUp();
    expect(await balances(database, customer)).toMatchObject({ expired: '10000', available: '10000' });
    expect(await metered(database, customer)).toEqual(['0', '0']);
  });

  test('that was overdue before a service came back lapses into April', async () => {
    await books.at('2026-04-30T23:59:00Z');
    const customer = await books.subscribe('hybrid');
    await held(books, customer, '1000', { ttlSeconds: 600 });
    await books.at('2026-05-03T00:00:00Z');
    await catchUp();
    expect(await balances(database, customer)).toMatchObject({ expired: '10000', available: '10000' });
    expect(await balances(database, customer)).not.toHaveProperty('carried_out');
  });
});

describe('B5 paydown', () => {
  test('a pack bought after 300 of overage pays them first', async () => {
    await books.at('2026-04-20T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 10_300);
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-20T12:00:00Z'));
    expect(await balances(database, customer)).toMatchObject({ available: '9700', consumed: '10300' });
    expect(await balances(database, customer)).not.toHaveProperty('overage');
    expect(await metered(database, customer)).toEqual(['10300']);
  });

  test('is switched off by the plan: the 300 stay billed', async () => {
    await books.at('2026-04-20T12:00:00Z');
    const customer = await books.subscribe('no-paydown');
    await use(books, customer, 10_300);
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-20T12:00:00Z'));
    expect(await balances(database, customer)).toMatchObject({ available: '10000', overage: '-300' });
  });

  test('B4 does not reach back: a pack bought in the draft window pays from May on', async () => {
    await books.at('2026-04-30T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 10_300);
    await books.at('2026-05-01T00:20:00Z');
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-05-01T00:20:00Z'));
    expect(await balances(database, customer)).toMatchObject({ available: '20000', overage: '-300' });
  });

  test('happens also when the payment of April is heard of only on 1 May at 00:20', async () => {
    await books.at('2026-04-30T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    await use(books, customer, 10_300);
    await books.at('2026-05-01T00:20:00Z');
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-30T23:50:00Z'));
    expect(await balances(database, customer)).toMatchObject({ available: '19700' });
    expect(await balances(database, customer)).not.toHaveProperty('overage');
  });
});

describe('a paid invoice', () => {
  test('grants its pack once, however often it is reported', async () => {
    await books.at('2026-04-20T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    const invoice = packInvoice(customer, '2026-04-20T12:00:00Z');
    expect((await grantPaidInvoice(books.deps, invoice)).lotIds).toHaveLength(1);
    expect((await grantPaidInvoice(books.deps, invoice)).lotIds).toHaveLength(0);
    expect(await lots(customer)).toEqual(['included 10000/10000 04-01..05-01', 'purchased 10000/10000 04-20..04-20']);
  });

  test('grants its pack once also when the pack is spent by then', async () => {
    await books.at('2026-04-20T12:00:00Z');
    const customer = await books.subscribe('hybrid');
    const invoice = packInvoice(customer, '2026-04-20T12:00:00Z');
    await grantPaidInvoice(books.deps, invoice);
    await use(books, customer, 20_000);
    expect((await grantPaidInvoice(books.deps, invoice)).lotIds).toHaveLength(0);
  });

  test('of the sign-up opens the first allowance when it was paid, once', async () => {
    await books.at('2026-04-02T12:00:00Z');
    const customer = await books.subscribe('hybrid', { includedLot: 'on_payment' });
    expect(await lots(customer)).toEqual([]);
    const signUp = packInvoice(customer, '2026-04-02T10:00:00Z', {
      subscriptionId: customer.subscriptionId,
      billingReason: 'subscription_create',
      lines: [],
    });
    await grantPaidInvoice(books.deps, signUp);
    await grantPaidInvoice(books.deps, signUp);
    await grantPaidInvoice(books.deps, { ...signUp, invoiceId: 'in_other' });
    expect(await lots(customer)).toEqual(['included 10000/10000 04-02..05-01']);
  });

  test('C7 settles debt first, and what it settles is metered then', async () => {
    await books.at('2026-04-20T12:00:00Z');
    const customer = await books.subscribe('blocking');
    await use(books, customer, 45);
    expect(await metered(database, customer)).toEqual(['40']);
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-04-20T12:00:00Z'));
    expect(await balances(database, customer)).toEqual({
      available: '9995',
      consumed: '45',
      'issued.included': '-40',
      'issued.purchased': '-10000',
    });
    expect(await metered(database, customer)).toEqual(['45']);
  });

  test('C7 settles debt of April in May when it is paid on 1 May before anybody touched the pool', async () => {
    await books.at('2026-04-20T12:00:00Z');
    const customer = await books.subscribe('blocking', { cancelAtPeriodEnd: false });
    await use(books, customer, 45);
    await books.at('2026-05-01T00:20:00Z');
    await grantPaidInvoice(books.deps, packInvoice(customer, '2026-05-01T00:20:00Z'));
    // May's own 40 open first and settle the 5.
    expect(await balances(database, customer)).toMatchObject({ available: '10035', consumed: '45' });
    expect(await metered(database, customer)).toEqual(['40', '5']);
  });
});

test('B2 a lot that expires in mid-cycle ends with what was left of it', async () => {
  await books.at('2026-04-10T09:00:00Z');
  const customer = await books.subscribe('hybrid', { includedLot: 'on_payment' });
  await grantPaidInvoice(books.deps, packInvoice(customer, '2025-04-15T00:00:00Z'));
  await use(books, customer, 6_000);
  await books.at('2026-04-15T00:00:00Z');
  await use(books, customer, 900);
  expect(await balances(database, customer)).toEqual({
    consumed: '6900',
    expired: '4000',
    'issued.purchased': '-10000',
    overage: '-900',
  });
  expect(await metered(database, customer)).toEqual(['6900']);
});
