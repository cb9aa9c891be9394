// A pool in memory: decisions without a database.
import { accountName } from '../../src/domain/account.ts';
import { noCaps } from '../../src/domain/cap-book.ts';
import type { Policy } from '../../src/domain/catalogue.ts';
import { customerKey } from '../../src/domain/customer.ts';
import type { NewLot } from '../../src/domain/lot-opening.ts';
import type { Lot } from '../../src/domain/lot.ts';
import { openIncludedLot, openPeriod } from '../../src/domain/period-opening.ts';
import type { LotState, Moment, PoolBook } from '../../src/domain/pool-book.ts';
import { noChanges } from '../../src/domain/pool-changes.ts';
import { noShortfall } from '../../src/domain/shortfall.ts';
import { planTerms } from '../../src/domain/terms.ts';
import type { RatedUsage } from '../../src/domain/usage.ts';
import { hybrid, samplePolicy } from './catalogue.ts';

export const CREDIT = 1_000_000n;

const POOL = '00000000-0000-7000-8000-000000000001';

/** Ids in order, so that the same story has the same ids. */
export function countingIds(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `00000000-0000-7000-9000-${last.toString(16).padStart(12, '0')}`;
  };
}

export function instant(text: string): Date {
  return new Date(text.length === 10 ? `${text}T00:00:00Z` : text);
}

/** An empty pool of a plan in April 2026, its first period open, with its allowance unless it has none. */
export function bookOf(
  policy: Partial<Policy> = {},
  { included = '0', newId = countingIds() }: { included?: string; newId?: () => string } = {},
): { readonly book: PoolBook; readonly at: (text: string) => Moment } {
  const plan = { ...hybrid, includedCredits: included, policy: { ...samplePolicy, ...policy } };
  const subscription = {
    subscriptionId: 'sub_1',
    planVersionId: 'version-1',
    renews: true,
    anchor: instant('2026-04-01'),
    quantity: 1,
  };
  const book: PoolBook = {
    customer: customerKey('00000000-0000-7000-8000-000000000002'),
    poolId: POOL,
    unit: 'credit',
    member: null,
    root: null,
    hasMembers: false,
    members: new Map(),
    allowancesUntil: null,
    caps: noCaps(),
    state: 'active',
    terms: planTerms('version-1', 'credit', 1000n, plan),
    subscription,
    cutOffMinutes: 45,
    meterWindowMinutes: 60,
    periods: [],
    lots: new Map(),
    holds: new Map(),
    overage: new Map(),
    overageReserved: new Map(),
    billed: new Map(),
    debt: 0n,
    shortfall: noShortfall(),
    changes: noChanges(),
  };
  const at = (text: string): Moment => ({ now: instant(text), newId });
  const period = openPeriod(
    book,
    subscription,
    { startsAt: instant('2026-04-01'), endsAt: instant('2026-05-01') },
    at('2026-04-01'),
  );
  openIncludedLot(book, subscription, period, period.startsAt, at('2026-04-01'));
  return { book, at };
}

/** A purchased lot of so many credits, never ending, from 1 April on. */
export function newLot(sourceId: string, granted: bigint, fields: Partial<NewLot> = {}): NewLot {
  return {
    source: 'purchased',
    category: 'paid',
    priority: 50,
    effectiveAt: instant('2026-04-01'),
    expiresAt: null,
    features: null,
    billingPeriodId: null,
    granted,
    paidMinor: 0n,
    paidCurrency: null,
    grantCurrency: 'usd',
    originLotId: null,
    sourceType: 'invoice_line',
    sourceId,
    ...fields,
  };
}

/** A lot by itself, for the draw order. */
export function lot(lotId: string, granted: bigint, fields: Partial<Lot> = {}): Lot {
  return {
    ...newLot(lotId, granted),
    lotId,
    poolId: POOL,
    unit: 'credit',
    createdAt: instant('2026-04-01'),
    onlyHoldId: null,
    drawn: 0n,
    held: 0n,
    frozen: 0n,
    ended: 0n,
    ...fields,
  };
}

let events = 0;

/** One rated event of the feature `api`. */
export function usage(credits: bigint, occurredAt: Date, event: Partial<RatedUsage> = {}): RatedUsage {
  events += 1;
  const id = `event-${events}`;
  return {
    usageEventId: id,
    source: 'api',
    eventId: id,
    eventHash: id,
    occurredAt,
    action: 'api.call',
    feature: 'api',
    member: null,
    agent: null,
    quantities: {},
    dimensions: {},
    amends: null,
    cause: null,
    credits,
    burnRateId: 'rate-1',
    ...event,
  };
}

/** Balances of every account that the book's entries touched, from their postings alone. */
export function postedBalances(book: PoolBook): ReadonlyMap<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const { postings } of book.changes.entries) {
    for (const { from, to, amount } of postings) {
      balances.set(accountName(from), (balances.get(accountName(from)) ?? 0n) - amount);
      balances.set(accountName(to), (balances.get(accountName(to)) ?? 0n) + amount);
    }
  }
  return balances;
}

/** All periods of one kind of account added up, in micro-credits. */
export function postedTo(book: PoolBook, kind: string): bigint {
  let sum = 0n;
  for (const [name, balance] of postedBalances(book)) if (name.split('/')[2] === kind) sum += balance;
  return sum;
}

export function sumOf(lots: Iterable<LotState>, part: (lot: LotState) => bigint): bigint {
  let sum = 0n;
  for (const each of lots) sum += part(each);
  return sum;
}
