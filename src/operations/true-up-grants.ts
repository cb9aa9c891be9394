import { creditPrice } from '../domain/credit-price.ts';
import { type Shaping, shapeGrants } from '../domain/grant-shaping.ts';
import { now } from '../storage/clock.ts';
import {
  endLapsedGrants,
  insertGrant,
  type OpenGrant,
  openGrants,
  setBackstop,
  setGrantState,
} from '../storage/credit-grants.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import {
  lockPool,
  lotNeeds,
  type OpenPeriod,
  periodNeeds,
  projectedPool,
  type ProjectedPool,
} from '../storage/grant-needs.ts';
import { finishMessage, holdsLease, type LeasedMessage } from '../storage/outbox-lease.ts';
import { enqueue, supersedeTrueUps } from '../storage/outbox.ts';
import { termsOf } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { mirrorCreditMovements } from './mirror-credit-movements.ts';

/**
 * Computes what grants a pool wants at Stripe and puts them into the queue behind this message, which it finishes.
 * Answers 'again' when an invoice became final in between: then the sum was taken of two different moments.
 */
export async function trueUpGrants(deps: Deps, message: LeasedMessage): Promise<'done' | 'again' | 'lease lost'> {
  const pool = await projectedPool(deps.db, message, message.subjectId);
  const before = await periodNeeds(deps.db, message, message.subjectId);
  const known = await openGrants(deps.db, message, message.subjectId);
  if (pool !== null && known.some(({ stripeGrantId }) => stripeGrantId !== null)) {
    await mirrorCreditMovements(deps, message, pool.stripeCustomerId);
  }
  return transaction(deps.db, async (trx) => {
    await lockPool(trx, message, message.subjectId);
    if (!(await holdsLease(trx, message))) return 'lease lost';
    // Before anything is read: a request that comes later may have a cause that the sums below have not seen.
    await supersedeTrueUps(trx, message, message.subjectId, message.outboxId);
    const periods = await periodNeeds(trx, message, message.subjectId);
    if (pool !== null) {
      if (idsOf(before) !== idsOf(periods)) return 'again';
      await writeShaping(deps, trx, message, pool, periods);
    }
    await finishMessage(trx, message, { state: 'done', outcome: pool === null ? 'not projected' : null });
    return 'done';
  });
}

function idsOf(periods: readonly OpenPeriod[]): string {
  return periods.map(({ billingPeriodId }) => billingPeriodId).join();
}

async function writeShaping(
  deps: Deps,
  trx: Transaction,
  message: LeasedMessage,
  pool: ProjectedPool,
  periods: readonly OpenPeriod[],
): Promise<void> {
  const terms = await termsOf(trx, pool.planVersionId);
  const at = await now(trx);
  await endLapsedGrants(trx, message, pool.poolId, at);
  const grants = await openGrants(trx, message, pool.poolId);
  const shaping = shapeGrants({
    price: creditPrice(terms.currency, terms.pricePerCredit),
    anchor: pool.anchor,
    interval: terms.interval,
    lots: await lotNeeds(trx, message, pool.poolId),
    periods: periods.filter(({ meteredPriceId }) => meteredPriceId === pool.meteredPriceId),
    grants: grants.filter((grant) => servesPrice(grant, pool, terms.currency)),
    now: at,
  });
  // Of another price: nothing new is paid with them, and what they may still pay is an invoice that is not final.
  const left = grants.filter(
    (grant) =>
      !servesPrice(grant, pool, terms.currency) &&
      periods.every(({ meteredPriceId }) => meteredPriceId !== grant.meteredPriceId),
  );
  await create(deps, trx, message, { pool, currency: terms.currency, shaping, at });
  await end(trx, message, { end: [...shaping.end, ...left.map(({ creditGrantId }) => creditGrantId)] });
  await move(trx, message, shaping);
}

function servesPrice(grant: OpenGrant, pool: ProjectedPool, currency: string): boolean {
  return grant.meteredPriceId === pool.meteredPriceId && grant.currency === currency;
}

async function create(
  deps: Deps,
  trx: Transaction,
  message: LeasedMessage,
  {
    pool,
    currency,
    shaping,
    at,
  }: {
    readonly pool: ProjectedPool;
    readonly currency: string;
    readonly shaping: Shaping;
    readonly at: Date;
  },
): Promise<void> {
  for (const wanted of shaping.create) {
    const creditGrantId = deps.newId();
    const { poolId, meteredPriceId } = pool;
    await insertGrant(trx, message, { ...wanted, creditGrantId, poolId, currency, meteredPriceId }, at);
    await enqueue(trx, message, {
      queue: 'grants',
      call: 'credit_grant.create',
      subjectId: creditGrantId,
      request: {},
      key: `credit_grant/${creditGrantId}`,
    });
  }
}

async function end(trx: Transaction, message: LeasedMessage, { end: ids }: Pick<Shaping, 'end'>): Promise<void> {
  for (const creditGrantId of ids) {
    await setGrantState(trx, message, creditGrantId, 'ending');
    await enqueue(trx, message, {
      queue: 'grants',
      call: 'credit_grant.expire',
      subjectId: creditGrantId,
      request: {},
      // The same grant may be ended again after a barrier took the first end back.
      key: `credit_grant/${creditGrantId}/expire/${message.outboxId}`,
    });
  }
}

async function move(trx: Transaction, message: LeasedMessage, { move: moves }: Shaping): Promise<void> {
  for (const { creditGrantId, backstopAt } of moves) {
    await setBackstop(trx, message, creditGrantId, backstopAt);
    await enqueue(trx, message, {
      queue: 'grants',
      call: 'credit_grant.update',
      subjectId: creditGrantId,
      request: { expires_at: backstopAt === null ? null : Math.floor(backstopAt.getTime() / 1000) },
      key: `credit_grant/${creditGrantId}/update/${message.outboxId}`,
    });
  }
}
