// What follows from a batch's decisions in the same transaction: alerts, and packs that are to be bought.
import { isRunaway, raise, raiseAlerts, type Standing, standingOf } from '../domain/alert.ts';
import { formatCredits } from '../domain/amount.ts';
import { familyOf, type Moment, type PoolBook } from '../domain/pool-book.ts';
import { availableAt } from '../domain/pool-stock.ts';
import { isBelow, monthStart, topUpDue } from '../domain/top-up.ts';
import { hourlyUse } from '../storage/alerts.ts';
import type { Transaction } from '../storage/database.ts';
import { enqueue } from '../storage/outbox.ts';
import { listPackVersions } from '../storage/plans.ts';
import { saveBook } from '../storage/pool-book-changes.ts';
import { insertTopUp, topUpFacts } from '../storage/top-ups.ts';

export type Watched = ReadonlyMap<PoolBook, Standing | null>;

/**
 * How pools stand before a batch is decided; only of plans that ask for it. Null where time alone has just changed the
 * pool: what an expiry or a lapse reached is told like any other, and the alerts' keys keep it from being told twice.
 */
export function watch(books: Iterable<PoolBook>, now: Date): Watched {
  const asked = [...books]
    .flatMap(familyOf)
    .filter(({ terms }) => (terms?.policy.alerts.thresholdsPercent.length ?? 0) > 0);
  return new Map(asked.map((book) => [book, book.changes.entries.length > 0 ? null : standingOf(book, now)]));
}

/** Raises what the batch made worth telling, and wants the packs that are due. */
export async function concludeBatch(
  trx: Transaction,
  books: Iterable<PoolBook>,
  before: Watched,
  moment: Moment,
): Promise<void> {
  const pools = [...books].flatMap(familyOf);
  await tell(trx, pools, before, moment);
  for (const book of pools) await wantTopUp(trx, book, moment);
}

/** Writes what was decided about one customer's pools outside of the executor, with what follows from it. */
export async function saveWatched(trx: Transaction, book: PoolBook, before: Watched, moment: Moment): Promise<void> {
  await tell(trx, familyOf(book), before, moment);
  await saveBook(trx, moment.now, book);
  // Not before the lots of a paid pack stand: until then that pack is still under way.
  for (const pool of familyOf(book)) await wantTopUp(trx, pool, moment);
}

async function tell(trx: Transaction, pools: readonly PoolBook[], before: Watched, moment: Moment): Promise<void> {
  for (const book of pools) raiseAlerts(book, before.get(book) ?? null, moment);
  await raiseRunaways(trx, pools, moment);
}

async function raiseRunaways(trx: Transaction, books: readonly PoolBook[], moment: Moment): Promise<void> {
  const watched = books.filter(
    ({ terms, changes }) => terms?.policy.alerts.runawayFactor != null && changes.buckets.size > 0,
  );
  if (watched.length === 0) return;
  const used = await hourlyUse(
    trx,
    watched.map(({ customer }) => customer),
    moment.now,
  );
  const hour = Math.floor(moment.now.getTime() / 3_600_000) * 3_600_000;
  for (const book of watched) {
    const factor = book.terms?.policy.alerts.runawayFactor ?? 0;
    const past = used.find(({ poolId }) => poolId === book.poolId);
    if (past === undefined) continue;
    let thisHour = past.thisHour;
    for (const { windowStart, delta } of book.changes.buckets.values()) {
      if (windowStart.getTime() >= hour) thisHour += delta;
    }
    if (!isRunaway({ ...past, thisHour }, factor)) continue;
    const usual = past.before / BigInt(Math.max(1, Math.round(past.hoursBefore)));
    raise(book, moment, 'usage.runaway', moment.now.toISOString().slice(0, 10), {
      this_hour: formatCredits(thisHour),
      usual_hour: formatCredits(usual),
      factor,
    });
  }
}

/** Writes the wanted pack and its message to Stripe with the debit that made it due. */
async function wantTopUp(trx: Transaction, book: PoolBook, { now, newId }: Moment): Promise<void> {
  const rule = book.terms?.policy.topUp ?? 'none';
  const available = availableAt(book, now);
  if (book.terms === null || book.member !== null || rule === 'none' || book.state !== 'active') return;
  if (!isBelow(rule, available)) return;
  const { customer, poolId, terms } = book;
  const pack = (await listPackVersions(trx)).find(
    (version) => version.pack === rule.pack && version.currency === terms.currency && version.stripePriceId !== null,
  );
  if (pack === undefined) return;
  const amountMinor = BigInt(pack.content.amountMinor);
  const facts = await topUpFacts(trx, customer, { poolId, monthStart: monthStart(now) });
  if (facts.consent === null || topUpDue(rule, facts, { available, amountMinor, now }) !== 'due') return;
  const topUpId = newId();
  await insertTopUp(trx, customer, {
    topUpId,
    poolId,
    consentId: facts.consent.consentId,
    packVersionId: pack.packVersionId,
    amountMinor,
    currency: pack.currency,
    wantedAt: now,
  });
  await enqueue(trx, customer, {
    queue: 'documents',
    call: 'top_up',
    subjectId: topUpId,
    request: {},
    key: `top_up/${topUpId}`,
  });
}
