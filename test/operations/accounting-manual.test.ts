import { expect, test } from 'vitest';

import type { CreditNote } from '../../src/domain/credit-note.ts';
import { overageBilled, overageWrittenOff } from '../../src/domain/entries-revenue.ts';
import { takeOverUsage } from '../../src/domain/usage-taken-over.ts';
import { catchUpPools } from '../../src/operations/catch-up-pools.ts';
import { clawBackCredits } from '../../src/operations/claw-back-credits.ts';
import { followChange } from '../../src/operations/follow-subscription.ts';
import { grantCredits } from '../../src/operations/grant-credits.ts';
import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { openBalance } from '../../src/operations/import/open-balances.ts';
import { notePaidFee } from '../../src/operations/note-paid-fee.ts';
import { reverseUsage } from '../../src/operations/reverse-usage.ts';
import { transferCredits } from '../../src/operations/transfer-credits.ts';
import { saveCreditNote } from '../../src/storage/credit-notes.ts';
import { transaction } from '../../src/storage/database.ts';
import { saveDispute } from '../../src/storage/disputes.ts';
import { saveInvoice } from '../../src/storage/fetched-invoices.ts';
import { appendEntries } from '../../src/storage/journal.ts';
import { markNeverBilled } from '../../src/storage/never-billed.ts';
import { listPlanVersions } from '../../src/storage/plans.ts';
import { saveBook } from '../../src/storage/pool-book-changes.ts';
import { loadBook } from '../../src/storage/pool-books.ts';
import { execute, query } from '../../src/storage/query.ts';
import { readSubscription } from '../../src/storage/subscriptions.ts';
import { documentedMovements, postedMovements } from '../support/accounting-manual.ts';
import { balances, openBooks, planWith, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { newId } from '../support/deps.ts';
import { invoice, line as lineOf } from '../support/documents.ts';
import { capture, held, packInvoice, release, use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database, {
  plans: [
    planWith(
      'everything',
      {
        zeroBalance: 'overage',
        overageCap: '15',
        debtLimit: '10',
        rollover: { capPercent: 50, capCredits: null, periods: 1, priority: null },
      },
      { includedCredits: '40' },
    ),
    planWith('each', { pooling: 'member', transfers: 'within_customer' }, { includedCredits: '40' }),
    planWith('fee-first', { unpaid: { freezeAfterDays: 3 } }, { includedCredits: '40' }),
    planWith(
      'owing',
      { reversals: { creditedFee: 'keep', lostDispute: 'debt', voidedInvoice: 'keep_consumed' } },
      { includedCredits: '40' },
    ),
    planWith('graced', { zeroBalance: 'grace', debtLimit: '10' }, { includedCredits: '40' }),
  ],
});

const MAY = { startsAt: new Date('2026-05-01T00:00:00Z'), endsAt: new Date('2026-06-01T00:00:00Z') };
const JUNE = { from: MAY.endsAt, to: new Date('2026-07-01T00:00:00Z') };

/** The customer's own move to another plan, as the mirror follows it. */
async function moveTo(plan: string, customer: Subscriber): Promise<void> {
  const to = (await listPlanVersions(database)).find((version) => version.plan === plan);
  if (to === undefined) throw new Error(`no plan ${plan}`);
  const { lane, customerId, subscriptionId } = customer;
  await transaction(database, async (trx) => {
    const before = await readSubscription(trx, customer, subscriptionId);
    if (before === null) throw new Error('it is subscribed');
    await execute(
      trx,
      `update subscriptions set plan_version_id = $4 where lane = $1 and customer_id = $2 and subscription_id = $3`,
      [lane, customerId, subscriptionId, to.planVersionId],
    );
    await execute(trx, `update pools set plan_version_id = $3 where lane = $1 and customer_id = $2`, [
      lane,
      customerId,
      to.planVersionId,
    ]);
    await followChange(books.deps, trx, customer, {
      before,
      facts: { meteredFrom: null, meteredUntil: null },
      changedAt: null,
    });
  });
}

async function spend(customer: Subscriber, count: number): Promise<string> {
  const answer = await use(books, customer, count);
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer.usageEventId;
}

function reverse(customer: Subscriber, usageEventId: string) {
  return reverseUsage(books.deps, {
    customer,
    usageEventIds: [usageEventId],
    reason: 'reported twice',
    ticket: 'T-1',
    actor: 'support',
  });
}

/** What becomes of the overage of the first period: it is billed, or nobody will; then it may be billed after all. */
async function endOverage(
  customer: Subscriber,
  overageMicro: bigint,
  become: 'billed' | 'written off' | 'billed after all' = 'billed',
): Promise<void> {
  const [period] = await query<{ id: string }>(
    database,
    `select billing_period_id as id from billing_periods where lane = $1 and customer_id = $2 order by starts_at limit 1`,
    [customer.lane, customer.customerId],
  );
  const at = new Date('2026-05-01T01:00:00Z');
  const billingPeriodId = period?.id ?? '';
  const overage = { billingPeriodId, unit: 'credit', pools: [{ poolId: customer.poolId, overageMicro }] };
  const standing = become === 'billed' ? 'overage' : 'written_off';
  const moved =
    become === 'written off'
      ? overageWrittenOff({ ...overage, at })
      : overageBilled({ ...overage, invoiceId: 'in_1', finalizedAt: at, standing });
  if (moved === null) throw new Error('there is overage');
  const { lane, customerId } = customer;
  await transaction(database, async (trx) => {
    if (become === 'written off') await markNeverBilled(trx, { lane, customerId, billingPeriodId }, at);
    await appendEntries(trx, at, [{ lane, customerId, entryId: newId(), ...moved }]);
  });
}

/** A credit note on the pack's line, as it is mirrored; the same one again changes nothing. */
async function payBack(customer: Subscriber, invoiceId: string, amountMinor: bigint): Promise<void> {
  const createdAt = new Date('2026-04-10T09:15:00Z');
  const line = { lineId: 'cnli_1', invoiceLineId: 'il_1', description: null, amountMinor };
  const none = { discountMinor: 0n, creditsMinor: 0n, taxMinor: 0n, inclusiveTaxMinor: 0n };
  const note: CreditNote = {
    creditNoteId: `cn_${customer.customerId}`,
    invoiceId,
    stripeCustomerId: '',
    number: null,
    status: 'issued',
    reason: null,
    currency: 'usd',
    totalMinor: amountMinor,
    prePaymentMinor: 0n,
    postPaymentMinor: amountMinor,
    refundMinor: amountMinor,
    customerBalanceMinor: 0n,
    outOfBandMinor: 0n,
    createdAt,
    voidedAt: null,
    metadata: {},
    lines: [{ ...line, ...none }],
    object: '{}',
  };
  await transaction(database, async (trx) => {
    await saveCreditNote(trx, customer, { note, fetchedAt: createdAt });
    await clawBackCredits(books.deps, trx, customer, invoiceId);
  });
}

/** The bank takes the payment of a pack back, or decides so or so, as it is mirrored. */
async function dispute(customer: Subscriber, invoiceId: string, status: string): Promise<void> {
  const at = new Date('2026-04-10T09:15:00Z');
  await transaction(database, async (trx) => {
    const sold = invoice([lineOf('pack', 8000n, { lineId: 'il_1' })], { invoiceId, subscriptionId: null });
    await saveInvoice(trx, customer, { invoice: sold, fetchedAt: at });
    const about = { disputeId: `dp_${customer.customerId}`, stripeCustomerId: '', invoiceId, chargeId: 'ch_1' };
    const money = { amountMinor: 8000n, currency: 'usd', movements: [], paymentIntentId: null };
    const stand = { status, reason: 'fraudulent', createdAt: at, evidenceDueBy: null, object: '{}' };
    const saved = { dispute: { ...about, ...money, ...stand }, fetchedAt: at, closedAt: null };
    expect(await saveDispute(trx, customer, saved)).not.toBeNull();
    await clawBackCredits(books.deps, trx, customer, invoiceId);
  });
}

test('the accounting manual lists what the credits book posts, no less and no more', async () => {
  await books.at('2026-04-10T09:00:00Z');
  const { stripeCustomerId } = await books.subscribe('everything');
  const left = { reference: 'o-1', micro: 5_000_000n, expiresAt: null, category: 'paid', priority: 50 } as const;
  expect(await openBalance(books.deps, { ...left, customer: stripeCustomerId }, { dryRun: false })).toBe('opened');
  const subscribe = (includedLot: 'now' | 'on_payment' = 'now') => books.subscribe('everything', { includedLot });

  // Holds in all their ends, then use past lots, overage and debt; a pack pays what is owed.
  const busy = await subscribe();
  await spend(busy, 20);
  await capture(books, await held(books, busy, '10'), '4');
  await capture(books, await held(books, busy, '5'), '8');
  await release(books, await held(books, busy, '13'));
  await held(books, busy, '13');
  await books.at('2026-04-10T09:15:00Z');
  await capture(books, await held(books, busy, '13'), '10');
  await capture(books, await held(books, busy, '13'), '20');
  await spend(busy, 3);
  expect(await balances(database, busy)).toMatchObject({ overage: '-15', debt: '-10' });
  await grantPaidInvoice(books.deps, packInvoice(busy, '2026-04-10T09:15:00Z'));
  expect(await balances(database, busy)).toMatchObject({ available: '9975' });

  // Grace reserves debt for what it lets run; what nobody can pay waits for a pack, or for the next period's overage.
  const graced = await books.subscribe('graced');
  await capture(books, await held(books, graced, '45'), '44');
  await release(books, await held(books, graced, '2'));
  await held(books, graced, '3');
  expect(await use(books, graced, 30)).toMatchObject({ status: 'unfunded' });
  expect(await balances(database, graced)).toMatchObject({ debt: '-4', debt_reserved: '3' });
  await grantPaidInvoice(books.deps, packInvoice(graced, '2026-04-10T09:15:00Z'));
  expect(await balances(database, graced)).toMatchObject({ available: '9966', consumed: '74' });
  const overrun = await subscribe();
  await spend(overrun, 55);
  expect(await use(books, overrun, 52)).toMatchObject({ status: 'unfunded' });

  // What Stripe had counted when the customer was taken over: 40 of the lot, 5 past it.
  const takenOver = await subscribe();
  await transaction(database, async (trx) => {
    const { now, book } = await loadBook(trx, takenOver, books.deps.settings);
    const [period] = book?.periods ?? [];
    if (book === undefined || period === undefined) throw new Error('a subscriber has a period');
    takeOverUsage(book, period, 45_000_000n, { now, newId });
    await saveBook(trx, now, book);
  });
  expect(await balances(database, takenOver)).toEqual({ consumed: '45', overage: '-5', 'issued.included': '-40' });

  // A pack half of which is paid back.
  const refunded = await subscribe();
  const sold = packInvoice(refunded, '2026-04-10T09:15:00Z');
  await grantPaidInvoice(books.deps, sold);
  await payBack(refunded, sold.invoiceId, 4_000n);
  await payBack(refunded, sold.invoiceId, 4_000n);
  expect(await balances(database, refunded)).toMatchObject({ available: '5040', clawed_back: '5000' });

  // A pack whose payment is disputed and lost, what was spent of it is owed; won after all.
  const owing = await books.subscribe('owing');
  const soldToOwing = packInvoice(owing, '2026-04-10T09:15:00Z');
  await grantPaidInvoice(books.deps, soldToOwing);
  await spend(owing, 140);
  for (const status of ['needs_response', 'needs_response']) await dispute(owing, soldToOwing.invoiceId, status);
  expect(await balances(database, owing)).toMatchObject({ frozen: '9900' });
  for (const status of ['lost', 'lost']) await dispute(owing, soldToOwing.invoiceId, status);
  expect(await balances(database, owing)).toMatchObject({ clawed_back: '10000', debt: '-100' });
  for (const status of ['won', 'won']) await dispute(owing, soldToOwing.invoiceId, status);
  expect(await balances(database, owing)).toEqual({
    available: '9900',
    consumed: '140',
    'issued.included': '-40',
    'issued.purchased': '-10000',
  });

  // Usage undone before the cut-off: off the debt, off the overage, back to the lot.
  const undone = await subscribe();
  await reverse(undone, await spend(undone, 60));
  expect(await balances(database, undone)).toEqual({ available: '40', 'issued.included': '-40' });

  // Usage undone when its lot has ended meanwhile.
  const gone = await subscribe('on_payment');
  await grantPaidInvoice(books.deps, packInvoice(gone, '2025-04-15T00:00:00Z'));
  const paidByGone = await spend(gone, 5);
  await books.at('2026-04-20T00:00:00Z');
  await reverse(gone, paidByGone);
  expect(await balances(database, gone)).toMatchObject({ available: '5', expired: '9995', 'issued.restored': '-5' });

  // Gifts.
  const gift = { amount: 1_000_000n, features: null, expiresAt: null, priority: 50, reason: 'T-1', actor: 'finance' };
  for (const source of ['promotional', 'goodwill'] as const) {
    const keyed = { key: source, fingerprint: source };
    expect(await grantCredits(books.deps, { ...gift, ...keyed, source, customer: busy.name })).toHaveProperty('grant');
  }

  // The boundary: a hold is carried, credits roll over, the rest expires, overage is billed.
  await books.at('2026-04-30T23:59:00Z');
  const billed = await subscribe();
  const past = await spend(billed, 45);
  const unbilled = await subscribe();
  const neverBilled = await spend(unbilled, 45);
  await held(books, await subscribe(), '10', { ttlSeconds: 86_400 });
  await books.at('2026-05-01T01:00:00Z');
  await catchUpPools(books, { limit: 1000 });
  await endOverage(billed, 5_000_000n);
  // What was billed comes back as money, the rest as credits: never both.
  expect(await reverse(billed, past)).toMatchObject({ reversed: [{ byMoney: 5_000_000n, restored: 40_000_000n }] });
  // What nobody billed is owed by nobody, and no money comes back for it, though an invoice may come after all.
  await endOverage(unbilled, 5_000_000n, 'written off');
  const undoneForNothing = { byMoney: 0n, overage: 5_000_000n, restored: 40_000_000n };
  expect(await reverse(unbilled, neverBilled)).toMatchObject({ reversed: [undoneForNothing] });
  await endOverage(unbilled, 5_000_000n, 'billed after all');

  // What one member gives another.
  const shared = await books.subscribe('each', MAY);
  await use(books, shared, 0, { member: 'ann' });
  const ends = (member: string) => ({ customer: shared.name, member });
  const given = { amount: 1_000_000n, reason: 'T-1', actor: 'support', key: 'k', fingerprint: 'k' };
  expect(await transferCredits(books, { from: ends('ann'), to: ends('bob'), ...given })).toHaveProperty('transfer');

  // Credits whose fee is not paid freeze; paid after all they thaw, else they end with their period or with the plan.
  const [paid, moved, lost] = await Promise.all([1, 2, 3].map(() => books.subscribe('fee-first', MAY)));
  if (paid === undefined || moved === undefined || lost === undefined) throw new Error('three subscribe');
  await books.at('2026-06-04T00:00:00Z');
  await catchUpPools(books, { limit: 1000 });
  expect(await balances(database, paid)).toMatchObject({ frozen: '40' });
  const fee = { subscriptionId: paid.subscriptionId, paidAt: new Date('2026-06-04T00:00:00Z'), spans: [JUNE] };
  await transaction(database, (trx) => notePaidFee(books.deps, trx, { customer: paid, ...fee }));
  expect(await balances(database, paid)).toMatchObject({ available: '40' });
  await moveTo('everything', moved);
  await moveTo('everything', paid);
  expect(await balances(database, moved)).toMatchObject({ available: '40', expired: '80' });
  await books.at('2026-07-01T01:00:00Z');
  await catchUpPools(books, { limit: 1000 });
  expect(await balances(database, lost)).toMatchObject({ available: '40', expired: '80' });

  expect(await postedMovements(database, 'credit')).toEqual(documentedMovements('Credits book'));
});

test('a movement that the manual does not list would be seen', async () => {
  expect(documentedMovements('Credits book')).toContain('grant: issued.rollover → available');
  expect(documentedMovements('Credits book')).not.toContain('grant: issued.invented → available');
  expect(documentedMovements('No such book')).toEqual([]);
});
