import { formatCredits } from '../domain/amount.ts';
import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { openLot } from '../domain/lot-opening.ts';
import { remaining } from '../domain/lot.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { earlierAnswers } from '../storage/idempotency-keys.ts';
import { loadPoolBooks, lockPools } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import type { Keyed } from './pool-request.ts';
import { findCustomer } from './read-customer.ts';
import { saveWatched, watch } from './watch-pools.ts';

export interface CreditGift extends Keyed {
  readonly customer: string;
  readonly source: 'promotional' | 'goodwill';
  /** Micro-credits. */
  readonly amount: bigint;
  /** Features the credits may pay for; null: every feature of the plan. */
  readonly features: readonly string[] | null;
  readonly expiresAt: Date | null;
  /** 0 is drawn first. */
  readonly priority: number;
  readonly reason: string;
  /** Who gives them. */
  readonly actor: string;
}

/** A granted lot as its answer shows it; stored as it was given, so amounts are decimal credits. */
export interface GrantedCredits {
  readonly lotId: string;
  readonly customerId: string;
  readonly source: CreditGift['source'];
  readonly granted: string;
  /** What debt and overage left of it at once. */
  readonly remaining: string;
  readonly features: readonly string[] | null;
  readonly priority: number;
  readonly effectiveAt: string;
  readonly expiresAt: string | null;
  readonly available: string;
}

const OPERATION = 'grant';

/** Gives credits that nobody paid for; once per key. They pay what is owed first, like any others. */
export async function grantCredits(
  deps: Deps,
  gift: CreditGift,
): Promise<{ readonly grant: GrantedCredits; readonly replayed: boolean } | Refused> {
  const customer = await findCustomer(deps, gift.customer);
  if ('rejected' in customer) return customer;
  return transaction(deps.db, async (trx) => {
    await lockPools(trx, [customer]);
    const [known] = await earlierAnswers(trx, [{ ...customer, operation: OPERATION, key: gift.key }]);
    if (known !== undefined) {
      if (known.fingerprint === gift.fingerprint) return { grant: known.effect as GrantedCredits, replayed: true };
      const sentence = `the idempotency key ${gift.key} was used for another grant; use a new key for a new one`;
      return refuse('idempotency_key_reused', sentence);
    }
    const { key, fingerprint } = gift;
    const source = { sourceType: 'gift', sourceId: deps.newId() };
    const grant = await giveIn(deps, trx, customer, { ...gift, ...source }, { key, fingerprint });
    return 'rejected' in grant ? grant : { grant, replayed: false };
  });
}

export type Gift = Omit<CreditGift, 'customer' | keyof Keyed> & {
  /** What caused it; one cause opens one lot. */
  readonly sourceType: string;
  readonly sourceId: string;
};

/** Opens the lot in the caller's transaction, and keeps the answer under its key where there is one. */
export async function giveIn(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  customer: CustomerKey,
  gift: Gift,
  named: Keyed | null,
): Promise<GrantedCredits | Refused> {
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings);
  const book = books.get(customer.customerId);
  if (book === undefined) return refuse('no_subscription', 'this customer has no pool yet: it needs a subscription');
  const moment = { now, newId: deps.newId };
  catchUp(book, moment);
  const before = watch([book], now);
  const refusal = refusedGift(book, gift, now);
  if (refusal !== null) return refusal;
  const grant = open(book, gift, moment);
  if (named !== null) book.changes.answers.push({ operation: OPERATION, ...named, effect: grant });
  await saveWatched(trx, book, before, moment);
  return grant;
}

/** Why a gift cannot be given as things stand; null when it can. Nothing is changed. */
export async function refusedGrant(
  deps: Pick<Deps, 'db' | 'settings'>,
  customer: CustomerKey,
  gift: Pick<Gift, 'features' | 'expiresAt'>,
): Promise<Refused | null> {
  const { now, books } = await loadPoolBooks(deps.db, [customer], deps.settings, { readOnly: true });
  const book = books.get(customer.customerId);
  if (book === undefined) return refuse('no_subscription', 'this customer has no pool yet: it needs a subscription');
  return refusedGift(book, gift, now);
}

function refusedGift(
  { terms }: PoolBook,
  { features, expiresAt }: Pick<Gift, 'features' | 'expiresAt'>,
  now: Date,
): Refused | null {
  if (expiresAt !== null && expiresAt <= now) {
    return refuse('invalid_request', 'the credits would expire before they are granted', { param: 'expires_at' });
  }
  const unknown = (features ?? []).filter((feature) => terms?.features.has(feature) !== true);
  if (unknown.length === 0) return null;
  return refuse('invalid_request', `the plan has no feature ${unknown.join(', ')}`, { param: 'features' });
}

function open(book: PoolBook, gift: Gift, moment: Parameters<typeof openLot>[3]): GrantedCredits {
  const { source, amount, features, expiresAt, priority, reason, actor, sourceType, sourceId } = gift;
  const lot = openLot(
    book,
    {
      source,
      category: 'promotional',
      priority,
      effectiveAt: moment.now,
      expiresAt,
      features,
      billingPeriodId: null,
      granted: amount,
      paidMinor: 0n,
      paidCurrency: null,
      grantCurrency: book.terms?.currency ?? '',
      originLotId: null,
      sourceType,
      sourceId,
    },
    { actor, reason },
    moment,
  );
  return {
    lotId: lot.lotId,
    customerId: book.customer.customerId,
    source,
    granted: formatCredits(lot.granted),
    remaining: formatCredits(remaining(lot)),
    features,
    priority,
    effectiveAt: moment.now.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    available: formatCredits(availableAt(book, moment.now)),
  };
}
