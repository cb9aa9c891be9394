// Undoing usage by new entries. Before its period's cut-off the usage never happened for Stripe either: overage goes
// first, then the lots it came from, newest draw first, and the meter goes down. After the cut-off the meter stays:
// what was billed as overage is undone by money (a credit note), the rest comes back as a restored lot, never both.
import { lesser } from './amount.ts';
import { meter } from './burn.ts';
import { costOfMoved } from './cost-basis.ts';
import type { Draw } from './drawdown.ts';
import { openLot } from './lot-opening.ts';
import { isOpenAt, stoodAtEnd } from './lot.ts';
import {
  beginEntry,
  type LotState,
  type Moment,
  moveBetween,
  moveStock,
  overageIn,
  type PeriodState,
  type PoolBook,
} from './pool-book.ts';
import type { EntryDraft } from './pool-changes.ts';
import { countUse } from './usage-cap.ts';

export interface ReversibleUsage {
  readonly usageEventId: string;
  readonly entryId: string;
  readonly occurredAt: Date;
  readonly member: string | null;
  readonly agent: string | null;
  readonly billingPeriodId: string;
  readonly credits: bigint;
  readonly debt: bigint;
  /** What each lot paid of it, in the order it was drawn. */
  readonly draws: readonly Draw[];
}

export interface ReversalCause {
  readonly actor: string;
  readonly reason: string;
  readonly ticket: string;
}

export interface ReversedUsage {
  readonly usageEventId: string;
  /** null where nothing had been posted */
  readonly entryId: string | null;
  /** Had waited for somebody to pay it. */
  readonly unfunded: bigint;
  /** Back on lots (the restored one included), off the open overage, off the debt, left to a credit note. */
  readonly restored: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly byMoney: bigint;
}

/** Undoes one usage event whole. The period must be in the book. */
export function reverseUsage(
  book: PoolBook,
  usage: ReversibleUsage,
  cause: ReversalCause,
  moment: Moment,
): ReversedUsage {
  const period = book.periods.find(({ billingPeriodId }) => billingPeriodId === usage.billingPeriodId);
  if (period === undefined)
    throw new Error(`period ${usage.billingPeriodId} of usage ${usage.usageEventId} is not loaded`);
  countUse(book, usage, -usage.credits, { period, at: usage.occurredAt });
  const open = period.state === 'open' && moment.now < period.cutOffAt;
  const entry = beginEntry(book, {
    entryId: moment.newId(),
    kind: 'usage.reversed',
    effectiveAt: moment.now,
    actor: cause.actor,
    reason: `${cause.reason} (${cause.ticket})`,
    sourceType: 'usage_event',
    sourceId: usage.usageEventId,
    billingPeriodId: period.billingPeriodId,
    reversalOf: usage.entryId,
  });
  const debt = lesser(usage.debt, book.debt - book.shortfall.clawedDebt);
  if (debt > 0n) {
    moveBetween(book, entry, { account: 'consumed_unpaid' }, { account: 'debt' }, debt);
    book.debt -= debt;
  }
  const rest = usage.credits - debt;
  const split = open
    ? undoMetered(book, entry, period, usage, rest, cause, moment)
    : undoBilled(book, entry, period, usage, rest, cause, moment);
  const { usageEventId } = usage;
  const grant = book.changes.entries.findLast(({ kind, sourceId }) => kind === 'grant' && sourceId === usageEventId);
  const entryId = entry.postings.length > 0 || grant === undefined ? entry.entryId : grant.entryId;
  book.changes.reversals.push({ usageEventId, entryId, credits: usage.credits });
  book.changes.trueUpCause = entryId;
  return { usageEventId, entryId, unfunded: 0n, debt, ...split };
}

type Split = Pick<ReversedUsage, 'restored' | 'overage' | 'byMoney'>;

function undoMetered(
  book: PoolBook,
  entry: EntryDraft,
  period: PeriodState,
  usage: ReversibleUsage,
  amount: bigint,
  cause: ReversalCause,
  moment: Moment,
): Split {
  const periodId = period.billingPeriodId;
  const overage = lesser(amount, overageIn(book, periodId));
  if (overage > 0n) {
    moveBetween(book, entry, { account: 'consumed', periodId }, { account: 'overage', periodId }, overage);
    book.overage.set(periodId, overageIn(book, periodId) - overage);
  }
  const restored = amount - overage;
  const gone: Draw[] = [];
  let owed = restored;
  for (const draw of usage.draws.toReversed()) {
    const back = lesser(draw.amount, owed);
    if (back === 0n) continue;
    if (!canTakeBack(book, draw.lotId, period, moment.now)) {
      gone.push(draw);
      continue;
    }
    moveStock(book, entry, {
      lotId: draw.lotId,
      amount: back,
      from: { account: 'consumed', counter: 'drawn', periodId },
      to: { account: 'available', counter: null },
    });
    owed -= back;
  }
  if (owed > 0n) {
    // The lots are gone: what they paid is undone against the contra account, and comes back as new lots.
    moveBetween(book, entry, { account: 'consumed', periodId }, { account: 'consumed_reversed', periodId }, owed);
    restore(book, { period, usage, gone, amount: owed }, cause, moment);
  }
  meter(book, period, -amount, usage.occurredAt);
  return { restored, overage, byMoney: 0n };
}

function undoBilled(
  book: PoolBook,
  entry: EntryDraft,
  period: PeriodState,
  usage: ReversibleUsage,
  amount: bigint,
  cause: ReversalCause,
  moment: Moment,
): Split {
  const periodId = period.billingPeriodId;
  const standing = (book.billed.get(periodId) ?? 0n) + overageIn(book, periodId);
  const byMoney = lesser(amount, standing);
  if (byMoney > 0n) {
    moveBetween(book, entry, { account: 'consumed_reversed', periodId }, { account: 'billed', periodId }, byMoney);
    book.billed.set(periodId, (book.billed.get(periodId) ?? 0n) - byMoney);
  }
  const restored = amount - byMoney;
  const gone = usage.draws.toReversed();
  if (restored > 0n) restore(book, { period, usage, gone, amount: restored }, cause, moment);
  // What nobody will bill is owed no longer, and no money comes back for it.
  return period.isNeverBilled ? { restored, overage: byMoney, byMoney: 0n } : { restored, overage: 0n, byMoney };
}

/** A lot takes credits back while it may still be drawn: now, or by late usage of the period that drew it. */
function canTakeBack(book: PoolBook, lotId: string, period: PeriodState, now: Date): boolean {
  const lot = book.lots.get(lotId);
  return lot !== undefined && (isOpenAt(lot, now) || (period.endsAt <= now && stoodAtEnd(lot, period.endsAt)));
}

interface Restored {
  readonly period: PeriodState;
  readonly usage: ReversibleUsage;
  /** What lots that cannot take it back had paid, newest draw first. */
  readonly gone: readonly Draw[];
  readonly amount: bigint;
}

/** A new lot for what each lost lot had paid: it inherits the price of those credits, so their revenue is undone. */
function restore(
  book: PoolBook,
  { period, usage, gone, amount }: Restored,
  cause: ReversalCause,
  moment: Moment,
): void {
  let owed = amount;
  let opened = 0;
  const open = (origin: LotState | undefined, granted: bigint): void => {
    const sourceId = opened === 0 ? usage.usageEventId : `${usage.usageEventId}/${opened}`;
    openRestored(book, { period, sourceId, origin, granted }, cause, moment);
    owed -= granted;
    opened += 1;
  };
  for (const { lotId, amount: drawn } of gone) {
    const origin = book.lots.get(lotId);
    if (owed > 0n && origin !== undefined) open(origin, lesser(drawn, owed));
  }
  // Overage that other lots have paid down since: no draw of this usage says which.
  if (owed > 0n) open(undefined, owed);
}

interface RestoredLot {
  readonly period: PeriodState;
  readonly sourceId: string;
  readonly origin: LotState | undefined;
  readonly granted: bigint;
}

function openRestored(
  book: PoolBook,
  { period, sourceId, origin, granted }: RestoredLot,
  { actor, reason }: ReversalCause,
  moment: Moment,
): void {
  const paidMinor = origin === undefined ? 0n : costOfMoved(origin, granted);
  if (origin !== undefined) {
    origin.moved += granted;
    book.changes.lots.add(origin.lotId);
  }
  openLot(
    book,
    {
      source: 'restored',
      category: 'promotional',
      priority: origin?.priority ?? 50,
      effectiveAt: moment.now,
      expiresAt: null,
      features: origin?.features ?? null,
      billingPeriodId: null,
      granted,
      paidMinor,
      paidCurrency: origin?.paidCurrency ?? null,
      grantCurrency: book.terms?.currency ?? origin?.grantCurrency ?? '',
      originLotId: origin?.lotId ?? null,
      sourceType: 'usage_event',
      sourceId,
    },
    { actor, reason: `${reason} (usage of ${period.startsAt.toISOString().slice(0, 10)})` },
    moment,
  );
}
