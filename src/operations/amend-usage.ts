import { catchUp } from '../domain/catch-up.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { withLane } from '../domain/lane-id.ts';
import { poolFor } from '../domain/member-pool.ts';
import { poolWithId, type Moment, type PoolBook } from '../domain/pool-book.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { reverseUsage, type ReversedUsage } from '../domain/usage-reversal.ts';
import { recordUsage, type UsageAnswer } from '../domain/usage.ts';
import { transaction } from '../storage/database.ts';
import { ratesFor, type BurnRateRow } from '../storage/plans.ts';
import { loadPoolBooks, lockPools } from '../storage/pool-books.ts';
import { eventHash } from '../storage/usage-events.ts';
import { findUsage, type FoundUsage } from '../storage/usage-reversals.ts';
import type { Deps } from './deps.ts';
import { rateAction, textOf } from './rate-action.ts';
import { forget } from './reverse-usage.ts';
import { saveWatched, watch } from './watch-pools.ts';

export interface UsageAmendment {
  readonly customer: CustomerKey;
  readonly usageEventId: string;
  /** What it should have said; null: as it was. */
  readonly action: string | null;
  readonly quantities: Quantities | null;
  readonly dimensions: Dimensions | null;
  readonly occurredAt: Date | null;
  readonly member: string | null;
  readonly reason: string;
  readonly ticket: string;
  readonly actor: string;
}

export interface AmendedUsage {
  /** null where the wrong event had cost nothing, so nothing was to be undone */
  readonly reversed: ReversedUsage | null;
  readonly recorded: UsageAnswer;
}

/** The source of events that stand for an amended one; their id is that of the usage they amend. */
const AMENDMENT = 'amendment';

/**
 * Undoes a usage event and records what it should have been, linked, in one transaction: rated by the row in force when
 * it happened. An event is amended once; its amendment may be amended again.
 */
export async function amendUsage(deps: Deps, asked: UsageAmendment): Promise<AmendedUsage | Refused> {
  return transaction(deps.db, async (trx) => {
    await lockPools(trx, [asked.customer]);
    const [found] = await findUsage(trx, asked.customer, [asked.usageEventId]);
    const refusal = refusedAmendment(found);
    if (refusal !== null || found === undefined) return refusal ?? unknownUsage();
    const { reversible } = found;
    const { now, books } = await loadPoolBooks(trx, [asked.customer], deps.settings, {
      lotIds: reversible?.draws.map(({ lotId }) => lotId) ?? [],
      periodIds: reversible === null ? [] : [reversible.billingPeriodId],
      spenders: [asked.member, found.member].map((member) => ({ ...asked.customer, member, agent: found.agent })),
    });
    const book = books.get(asked.customer.customerId);
    if (book === undefined) throw new Error(`customer ${asked.customer.customerId} has usage and no pool`);
    const moment = { now, newId: deps.newId };
    const before = watch([book], now);
    const forgotten = found.waiting ? forget(poolWithId(book, found.poolId), found, moment) : null;
    catchUp(book, moment);
    const reversed =
      reversible === null ? forgotten : reverseUsage(poolWithId(book, found.poolId), reversible, asked, moment);
    const payer = poolFor(book, asked.member ?? found.member, asked.occurredAt ?? found.occurredAt, moment);
    const recorded = record(payer, found, asked, await ratesFor(trx, book.unit), moment);
    if ('rejected' in recorded) return recorded;
    await saveWatched(trx, book, before, moment);
    return { reversed, recorded };
  });
}

function record(
  book: PoolBook,
  found: FoundUsage,
  asked: UsageAmendment,
  rates: readonly BurnRateRow[],
  moment: Moment,
): UsageAnswer | Refused {
  const action = asked.action ?? found.action;
  const occurredAt = asked.occurredAt ?? found.occurredAt;
  const quantities = asked.quantities ?? countsOf(found.quantities);
  const dimensions = asked.dimensions ?? found.dimensions;
  const rated = rateAction(rates, action, quantities, dimensions, occurredAt);
  if ('rejected' in rated) return rated;
  return recordUsage(
    book,
    {
      usageEventId: withLane(moment.newId(), book.customer.lane),
      source: AMENDMENT,
      eventId: found.usageEventId,
      eventHash: eventHash(found.usageEventId),
      occurredAt,
      action,
      feature: rated.row.feature,
      member: asked.member ?? found.member,
      agent: found.agent,
      quantities: textOf(quantities),
      dimensions,
      credits: rated.credits,
      burnRateId: rated.row.burnRateId,
      amends: found.usageEventId,
      cause: { actor: asked.actor, reason: `${asked.reason} (${asked.ticket})` },
    },
    moment,
  );
}

function refusedAmendment(found: FoundUsage | undefined): Refused | null {
  if (found === undefined) return unknownUsage();
  if (found.reversed || found.amended) {
    return refuse('already_reversed', 'This usage was reversed or amended before; amend what stands for it now.');
  }
  return null;
}

function unknownUsage(): Refused {
  return refuse('unknown_usage_event', 'The customer has no usage event with this id.', { param: 'id' });
}

function countsOf(quantities: Readonly<Record<string, string>>): Quantities {
  return Object.fromEntries(Object.entries(quantities).map(([name, count]) => [name, BigInt(count)]));
}
