import { waitsForFee } from './fee-due.ts';
// A renewal's included credits come before its fee is paid. What happens while it is not is the plan's rule: nothing, the
// credits wait for the payment, or they freeze some days after the period's start and thaw when the fee is paid.
import { payWhatIsOwed } from './lot-opening.ts';
import { remaining } from './lot.ts';
import { openIncludedLot } from './period-opening.ts';
import {
  beginEntry,
  familyOf,
  type LotState,
  type Moment,
  moveStock,
  type PeriodState,
  type PoolBook,
} from './pool-book.ts';

/** Freezes what is left of the included credits of periods whose fee is overdue; also what holds have given back since. */
export function freezeUnpaid(book: PoolBook, moment: Moment): void {
  for (const period of book.periods) {
    const overdue = period.freezeAt !== null && period.freezeAt <= moment.now && period.feePaidAt === null;
    if (!overdue || period.state !== 'open' || period.endsAt <= moment.now) continue;
    for (const pool of familyOf(book)) for (const lot of includedOf(pool, period)) freeze(pool, lot, moment);
    if (period.frozenAt !== null) continue;
    period.frozenAt = moment.now;
    book.changes.changedPeriods.add(period);
  }
}

/** Notes that the fee of these periods was paid: frozen credits thaw, credits that waited open by the time of payment. */
export function noteFeePaid(
  book: PoolBook,
  {
    periods,
    paidAt,
    opened,
  }: { readonly periods: readonly PeriodState[]; readonly paidAt: Date; readonly opened: ReadonlySet<string> },
  moment: Moment,
): void {
  for (const period of periods) {
    if (period.feePaidAt !== null) continue;
    period.feePaidAt = paidAt;
    book.changes.changedPeriods.add(period);
    for (const pool of familyOf(book)) for (const lot of includedOf(pool, period)) thaw(pool, lot, moment);
    const { subscription, terms } = book;
    const waited = terms !== null && waitsForFee(terms) && !opened.has(period.billingPeriodId);
    if (!waited || subscription === null || period.state !== 'open' || period.endsAt <= moment.now) continue;
    openIncludedLot(book, { ...subscription, quantity: period.seats ?? subscription.quantity }, period, paidAt, moment);
  }
}

function includedOf(book: PoolBook, { billingPeriodId }: PeriodState): readonly LotState[] {
  return [...book.lots.values()].filter((lot) => lot.source === 'included' && lot.billingPeriodId === billingPeriodId);
}

function freeze(book: PoolBook, lot: LotState, moment: Moment): void {
  const amount = remaining(lot);
  if (amount === 0n) return;
  const entry = lotEntry(book, lot, 'lot.frozen', moment);
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount,
    from: { account: 'available', counter: null },
    to: { account: 'frozen', counter: 'frozen' },
  });
}

function thaw(book: PoolBook, lot: LotState, moment: Moment): void {
  if (lot.frozen === 0n) return;
  const entry = lotEntry(book, lot, 'lot.thawed', moment);
  moveStock(book, entry, {
    lotId: lot.lotId,
    amount: lot.frozen,
    from: { account: 'frozen', counter: 'frozen' },
    to: { account: 'available', counter: null },
  });
  payWhatIsOwed(book, lot, entry, moment);
}

function lotEntry(book: PoolBook, lot: LotState, kind: string, { now, newId }: Moment) {
  const entryId = newId();
  return beginEntry(book, {
    entryId,
    kind,
    effectiveAt: now,
    actor: 'plan',
    reason: kind === 'lot.frozen' ? 'the fee is not paid' : 'the fee is paid',
    sourceType: 'lot',
    sourceId: `${lot.lotId}/${entryId}`,
    ...(lot.billingPeriodId !== null && { billingPeriodId: lot.billingPeriodId }),
  });
}
