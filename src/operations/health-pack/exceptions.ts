import type { Exceptions } from '../../domain/health-pack/facts.ts';
import { endOf, type Month, monthAfter, monthsUntil, type Section, startOf } from '../../domain/health-pack/section.ts';
import {
  adjustmentsByKind,
  casesOverLimit,
  goodwillByMonth,
  notesByReason,
} from '../../storage/health-pack/exceptions.ts';
import type { Deps } from '../deps.ts';

const MONTHS = 6;

/** What people put right by hand in a month; none of it is an answer, too. */
export async function readExceptions({ db }: Pick<Deps, 'db'>, month: Month): Promise<Section<Exceptions>> {
  const span = [startOf(month), endOf(month)] as const;
  const [given, creditNotes, adjustments, overLimit] = await Promise.all([
    goodwillByMonth(db, startOf(monthAfter(month, 1 - MONTHS)), endOf(month)),
    notesByReason(db, ...span),
    adjustmentsByKind(db, ...span),
    casesOverLimit(db, ...span),
  ]);
  const inMonth = (which: Month) => given.find((one) => one.month === which) ?? { month: which, cases: 0, credits: 0n };
  const { cases, credits } = inMonth(month);
  const previous = inMonth(monthAfter(month, -1)).credits;
  const months = monthsUntil(month, MONTHS).map(inMonth);
  return {
    kind: 'data',
    data: { goodwill: { cases, credits, previous }, goodwillByMonth: months, creditNotes, adjustments, overLimit },
  };
}
