// Lots as credit grants at Stripe. Compared as totals: draws happen at other times there than here, so never lot against
// grant. What is open at Stripe must be worth what is left of all lots, held and frozen parts included, and what lots
// paid in periods whose invoice is not final, since Stripe takes that only at finalization; rounded up once.
import { type Interval, nextBoundary } from './billing-period.ts';
import { type CreditPrice, worthUp } from './credit-price.ts';
import { anew, later, reshaped } from './grant-reshaping.ts';

export interface GrantState {
  readonly creditGrantId: string;
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
  readonly effectiveAt: Date;
  /** Stripe ends it then; null means never. */
  readonly backstopAt: Date | null;
  /** Minor units that invoices of final periods left. */
  readonly leftMinor: bigint;
}

export interface LotNeed {
  readonly lotId: string;
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
  readonly effectiveAt: Date;
  readonly expiresAt: Date | null;
  /** Granted − drawn − ended, so with what is held or frozen. */
  readonly leftMicro: bigint;
  /** A grant was given for it before. */
  readonly isCovered: boolean;
}

/** A period whose invoice is not final. */
export interface PeriodNeed {
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** What lots paid in it. */
  readonly paidMicro: bigint;
  /** What was used past the lots; absent means nothing. */
  readonly overageMicro?: bigint;
}

export interface ShapingInput {
  readonly price: CreditPrice;
  readonly anchor: Date;
  readonly interval: Interval;
  /** In draw order. */
  readonly lots: readonly LotNeed[];
  readonly periods: readonly PeriodNeed[];
  readonly grants: readonly GrantState[];
  readonly now: Date;
}

export interface WantedGrant {
  readonly amountMinor: bigint;
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
  readonly effectiveAt: Date;
  readonly backstopAt: Date | null;
  readonly lotIds: readonly string[];
}

export interface Shaping {
  /** Before anything is ended. */
  readonly create: readonly WantedGrant[];
  readonly end: readonly string[];
  readonly move: readonly { readonly creditGrantId: string; readonly backstopAt: Date | null }[];
  /** Too much is open, and must stay so until the invoice of an ended period is final. */
  readonly waitsForBarrier: boolean;
}

/** Stripe allows 100 unused grants a customer; from here on many small ones become one. */
const GRANTS_OPEN_MAX = 60;
const GRANTS_MERGED = 40;
const BACKSTOP_AFTER_MS = 96 * 3_600_000;

/** From a period's end until its invoice is final no grant that reaches it may be ended. */
export function isBarrierUp(periods: readonly PeriodNeed[], now: Date): boolean {
  return periods.some(({ endsAt }) => endsAt <= now);
}

/** Minor units that must be open at Stripe. */
export function wantedMinor({ price, lots, periods }: Pick<ShapingInput, 'price' | 'lots' | 'periods'>): bigint {
  const left = lots.reduce((sum, lot) => sum + lot.leftMicro, 0n);
  return worthUp(
    price,
    periods.reduce((sum, { paidMicro }) => sum + paidMicro, left),
  );
}

/** What to create, end and move so that the open grants fit. */
export function shapeGrants(input: ShapingInput): Shaping {
  const open = input.grants.reduce((sum, { leftMinor }) => sum + leftMinor, 0n);
  const delta = wantedMinor(input) - open;
  const barrier = isBarrierUp(input.periods, input.now);
  const create: WantedGrant[] = delta > 0n ? [...grantsFor(input, delta)] : [];
  const end = new Set<string>();
  if (delta < 0n && !barrier) create.push(...endExcess(input, -delta, end));
  if (!barrier) create.push(...merged(input, create.length, end));
  const shaped = barrier ? create : reshaped(input, create, end);
  const kept = input.grants.filter(({ creditGrantId }) => !end.has(creditGrantId));
  return {
    create: shaped,
    end: [...end],
    move: backstopMoves(input, kept, shaped),
    waitsForBarrier: delta < 0n && barrier,
  };
}

/** The period end after the last one whose invoice may want it: Stripe drops a grant that expires by the period end. */
function backstopOf({ anchor, interval }: ShapingInput, expiresAt: Date): Date {
  const lastPaid = nextBoundary(anchor, interval, new Date(expiresAt.getTime() - 1));
  const backstop = nextBoundary(anchor, interval, lastPaid);
  return later(backstop, new Date(lastPaid.getTime() + BACKSTOP_AFTER_MS));
}

function backstopOfLot(input: ShapingInput, { expiresAt }: LotNeed): Date | null {
  return expiresAt === null ? null : backstopOf(input, expiresAt);
}

/** Grants worth `delta` for the lots that have none yet, one for all lots of the same terms. */
function grantsFor(input: ShapingInput, delta: bigint): readonly WantedGrant[] {
  const wanting = input.lots.filter(({ leftMicro, isCovered }) => leftMicro > 0n && !isCovered);
  const lots = wanting.length > 0 ? wanting : input.lots.filter(({ leftMicro }) => leftMicro > 0n).slice(-1);
  const alike = Map.groupBy(lots, (lot) => JSON.stringify(termsOf(input, lot)));
  const wanted: WantedGrant[] = [];
  let owed = delta;
  for (const group of alike.values()) {
    const [first] = group;
    const micro = group.reduce((sum, { leftMicro }) => sum + leftMicro, 0n);
    const isLast = wanted.length === alike.size - 1;
    const worth = worthUp(input.price, micro);
    const amountMinor = isLast || worth > owed ? owed : worth;
    if (first === undefined || amountMinor === 0n) break;
    wanted.push({ ...termsOf(input, first), amountMinor, lotIds: group.map(({ lotId }) => lotId) });
    owed -= amountMinor;
  }
  // No lot is left: what is missing was paid by lots in a period whose invoice is still to come.
  if (owed > 0n) wanted.push({ ...termsOfDraws(input), amountMinor: owed, lotIds: [] });
  return wanted;
}

function termsOf(input: ShapingInput, lot: LotNeed): Omit<WantedGrant, 'amountMinor' | 'lotIds'> {
  const effectiveAt = later(lot.effectiveAt, afterPeriodStart(input, lot.effectiveAt));
  return {
    category: lot.category,
    priority: lot.priority,
    effectiveAt: later(effectiveAt, input.now),
    backstopAt: backstopOfLot(input, lot),
  };
}

function termsOfDraws(input: ShapingInput): Omit<WantedGrant, 'amountMinor' | 'lotIds'> {
  const ends = input.periods.map(({ endsAt }) => endsAt);
  const last = ends.reduce((a, b) => later(a, b), input.now);
  return { category: 'paid', priority: 50, effectiveAt: input.now, backstopAt: backstopOf(input, last) };
}

/** A grant effective in the very second of a period's end would still reach that period's invoice. */
function afterPeriodStart({ periods }: ShapingInput, at: Date): Date {
  const own = periods.find(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
  return own === undefined ? at : new Date(own.startsAt.getTime() + 1000);
}

/** Marks grants worth the excess for ending, those that end soonest first; of the last one the rest is given anew. */
function endExcess(input: ShapingInput, excess: bigint, end: Set<string>): readonly WantedGrant[] {
  let tooMuch = excess;
  for (const grant of input.grants.filter(({ leftMinor }) => leftMinor > 0n).toSorted(soonestEndFirst)) {
    if (tooMuch === 0n) break;
    end.add(grant.creditGrantId);
    if (grant.leftMinor > tooMuch) return [anew(input, grant, grant.leftMinor - tooMuch)];
    tooMuch -= grant.leftMinor;
  }
  return [];
}

/** Too many small grants become one of the same worth. */
function merged(input: ShapingInput, creating: number, end: Set<string>): readonly WantedGrant[] {
  const open = input.grants.filter(({ leftMinor, creditGrantId }) => leftMinor > 0n && !end.has(creditGrantId));
  if (open.length + creating <= GRANTS_OPEN_MAX) return [];
  const inForce = open.filter(({ effectiveAt }) => effectiveAt <= input.now);
  const small = inForce.toSorted((a, b) => Number(a.leftMinor - b.leftMinor)).slice(0, GRANTS_MERGED);
  if (small.length < 2) return [];
  for (const { creditGrantId } of small) end.add(creditGrantId);
  const worth = small.reduce((sum, { leftMinor }) => sum + leftMinor, 0n);
  return [
    anew(
      input,
      small.reduce((a, b) => (soonestEndFirst(a, b) > 0 ? a : b)),
      worth,
    ),
  ];
}

/**
 * Moves ends on where what ends late is worth less than what is needed late; not further, so that leftovers of an ended
 * lot never outlive it while we are away.
 */
function backstopMoves(
  input: ShapingInput,
  kept: readonly GrantState[],
  created: readonly WantedGrant[],
): Shaping['move'] {
  const needs = needsByEnd(input);
  const ends = new Map(kept.map(({ creditGrantId, backstopAt }) => [creditGrantId, backstopAt]));
  const moves = new Map<string, Date | null>();
  for (const endsAt of new Set(needs.map((need) => need.endsAt).toSorted(latestFirst))) {
    const needed = needs.filter((need) => !isSooner(need.endsAt, endsAt)).reduce((sum, { micro }) => sum + micro, 0n);
    let short = worthUp(input.price, needed);
    for (const { backstopAt, amountMinor } of created) if (!isSooner(backstopAt, endsAt)) short -= amountMinor;
    const tooSoon: GrantState[] = [];
    for (const grant of kept) {
      if (isSooner(ends.get(grant.creditGrantId) ?? null, endsAt)) tooSoon.push(grant);
      else short -= grant.leftMinor;
    }
    for (const grant of tooSoon.toSorted(soonestEndFirst).toReversed()) {
      if (short <= 0n) break;
      if (grant.leftMinor <= 0n) continue;
      ends.set(grant.creditGrantId, endsAt);
      moves.set(grant.creditGrantId, endsAt);
      short -= grant.leftMinor;
    }
  }
  return Array.from(moves, ([creditGrantId, backstopAt]) => ({ creditGrantId, backstopAt }));
}

function needsByEnd(input: ShapingInput): readonly { readonly micro: bigint; readonly endsAt: Date | null }[] {
  const ofLots = input.lots.map((lot) => ({ micro: lot.leftMicro, endsAt: backstopOfLot(input, lot) }));
  const soonest = new Date(input.now.getTime() + BACKSTOP_AFTER_MS);
  const ofPeriods = input.periods.map(({ paidMicro, endsAt }) => {
    const backstop = backstopOf(input, endsAt);
    // Rounded to a day, so that a draft that stays open moves it once a day and not at each look.
    const kept = new Date(Math.ceil(soonest.getTime() / 86_400_000) * 86_400_000);
    return { micro: paidMicro, endsAt: backstop < soonest ? kept : backstop };
  });
  return [...ofLots, ...ofPeriods].filter(({ micro }) => micro > 0n);
}

function soonestEndFirst(a: GrantState, b: GrantState): number {
  return -latestFirst(a.backstopAt, b.backstopAt) || Number(a.leftMinor - b.leftMinor);
}

function latestFirst(a: Date | null, b: Date | null): number {
  return (b?.getTime() ?? Infinity) - (a?.getTime() ?? Infinity) || 0;
}

function isSooner(a: Date | null, b: Date | null): boolean {
  return a !== null && (b === null || a < b);
}
