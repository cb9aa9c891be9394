// What of an invoice's money went back, and which of its lines that concerns. A credit note names its lines. A refund
// without a note and a dispute name none: the whole of an invoice is the whole of each line; a part of it is a part of
// what was bought only where nothing but credits was bought. Else a person names the line, by a note.
import { dividedHalfUp, greater, lesser } from './amount.ts';
import type { LineKind } from './invoice.ts';
import { sum } from './money-postings.ts';

export interface GivenBack {
  readonly sourceType: 'stripe_credit_note' | 'stripe_refund' | 'stripe_dispute';
  readonly sourceId: string;
  readonly at: Date;
  /** Minor units with tax. */
  readonly amountMinor: bigint;
  /** Minor units without tax by invoice line; null names no line. */
  readonly byLine: ReadonlyMap<string, bigint> | null;
}

export interface SoldLine {
  readonly lineId: string;
  readonly kind: LineKind;
  /** After discounts, credits and inclusive tax, minor units. */
  readonly netMinor: bigint;
  /** With both kinds of tax. */
  readonly totalMinor: bigint;
}

/** Minor units without tax that are back of each line, after all of these. */
export function backByLine(lines: readonly SoldLine[], given: readonly GivenBack[]): ReadonlyMap<string, bigint> {
  const back = new Map<string, bigint>();
  for (const [lineId, net] of given.flatMap(({ byLine }) => [...(byLine ?? [])])) {
    back.set(lineId, (back.get(lineId) ?? 0n) + net);
  }
  let unnamed = sum(given.filter(({ byLine }) => byLine === null).map(({ amountMinor }) => amountMinor));
  if (unnamed === 0n) return back;
  const totals = sum(lines.map(({ totalMinor }) => totalMinor));
  if (sum(given.map(({ amountMinor }) => amountMinor)) >= totals) {
    return new Map(lines.map(({ lineId, netMinor }) => [lineId, greater(netMinor, back.get(lineId) ?? 0n)]));
  }
  if (!lines.every(({ kind, totalMinor }) => kind === 'pack' || totalMinor === 0n)) return back;
  for (const { lineId, netMinor, totalMinor } of lines) {
    if (netMinor <= 0n) continue;
    const named = back.get(lineId) ?? 0n;
    const taken = lesser(unnamed, totalMinor - dividedHalfUp(named * totalMinor, netMinor));
    if (taken <= 0n) continue;
    back.set(lineId, named + dividedHalfUp(taken * netMinor, totalMinor));
    unnamed -= taken;
  }
  return back;
}
