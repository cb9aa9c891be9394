// What a billing period costs under a model: the fee that is due at its start, what Stripe prorates of seats that came in
// it, its use at the list price less what credits pay. Before tax and without discounts, both stated with the bill.
import { dividedDown, dividedHalfUp, dividedUp } from '../amount.ts';
import { boundary, type Interval, nextBoundary } from '../billing-period.ts';
import { creditPrice, type CreditPrice, worthHalfUp, worthUp } from '../credit-price.ts';
import { chargeStepMinor } from '../currency.ts';
import { owedMinor } from '../settlement.ts';
import type { PlanTerms } from '../terms.ts';
import { seatsAt } from './replay-book.ts';
import type { ReplayFacts } from './replay-facts.ts';
import type { ReplayedPeriod } from './replay.ts';

export interface PeriodBill {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly seats: number;
  /** Minor units. A yearly fee is due in one of its periods; its share is spread over all of them. */
  readonly feeMinor: bigint;
  readonly feeShareMinor: bigint;
  readonly prorationMinor: bigint;
  readonly usedMicro: bigint;
  readonly overageMicro: bigint;
  readonly usageMinor: bigint;
  readonly creditsAppliedMinor: bigint;
  readonly packsMinor: bigint;
  /** Three-decimal currencies are charged in tens. */
  readonly roundingMinor: bigint;
  /** What Stripe would charge for this period. */
  readonly totalMinor: bigint;
}

/** The bill of one replayed period. */
export function periodBill(terms: PlanTerms, facts: ReplayFacts, period: ReplayedPeriod): PeriodBill {
  const { startsAt, endsAt } = period;
  const price = creditPrice(terms.currency, terms.pricePerCredit);
  const usage = usageOf(price, terms, period);
  const feeMinor = isFeeDue(terms, facts.anchor, startsAt)
    ? terms.baseAmountMinor * BigInt(seatsAt(facts, startsAt))
    : 0n;
  const prorationMinor = prorationOf(terms, facts, period);
  const packsMinor = facts.inputs.reduce(
    (sum, input) =>
      input.kind === 'grant' &&
      input.source === 'purchased' &&
      startsAt <= input.lot.effectiveAt &&
      input.lot.effectiveAt < endsAt
        ? sum + input.paidMinor
        : sum,
    0n,
  );
  const roundingMinor = roundingOf(terms, facts, { endsAt, billed: usage.netMinor + prorationMinor });
  return {
    startsAt,
    endsAt,
    seats: seatsAt(facts, startsAt),
    feeMinor,
    feeShareMinor: feeShare(terms, facts, startsAt),
    prorationMinor,
    usedMicro: period.meteredMicro,
    overageMicro: period.overageMicro,
    usageMinor: usage.usageMinor,
    creditsAppliedMinor: usage.usageMinor - usage.netMinor,
    packsMinor,
    roundingMinor,
    totalMinor: feeMinor + prorationMinor + usage.netMinor + packsMinor + roundingMinor,
  };
}

/** Whole meter units at the list price; lots pay for what they drew, rounded up as their grants are. */
function usageOf(
  price: CreditPrice,
  { meterUnitMicro }: PlanTerms,
  { meteredMicro, overageMicro }: ReplayedPeriod,
): { readonly usageMinor: bigint; readonly netMinor: bigint } {
  const emittedUnits = dividedDown(meteredMicro, meterUnitMicro);
  const paidMicro = meteredMicro - overageMicro;
  const usageMinor = emittedUnits <= 0n ? 0n : worthHalfUp(price, emittedUnits * meterUnitMicro);
  const owed = owedMinor({ price, meterUnitMicro, emittedUnits, paidMicro });
  const granted = worthUp(price, paidMicro);
  const charged = usageMinor > granted ? usageMinor - granted : 0n;
  // A minor unit in the customer's favour is left to him; more is corrected on the draft.
  return { usageMinor, netMinor: charged === owed - 1n ? charged : owed };
}

function isFeeDue({ feeInterval }: PlanTerms, anchor: Date, at: Date): boolean {
  return feeBoundary(feeInterval, anchor, at).getTime() === at.getTime();
}

/** The latest instant, not after the given one, at which a fee is due. */
function feeBoundary(interval: Interval, anchor: Date, at: Date): Date {
  let latest = anchor;
  for (let n = 0; boundary(anchor, interval, n) <= at; n += 1) latest = boundary(anchor, interval, n);
  return latest;
}

const MONTHS_A_YEAR = 12n;

/** Of a yearly fee a twelfth a month, so that the twelve come to the fee. */
function feeShare({ feeInterval, interval, baseAmountMinor }: PlanTerms, facts: ReplayFacts, startsAt: Date): bigint {
  const fee = baseAmountMinor * BigInt(seatsAt(facts, startsAt));
  if (feeInterval === interval) return fee;
  const from = feeBoundary(feeInterval, facts.anchor, startsAt);
  let passed = 0n;
  for (let at = from; at < startsAt; at = nextBoundary(facts.anchor, interval, at)) passed += 1n;
  return dividedUp(fee * (passed + 1n), MONTHS_A_YEAR) - dividedUp(fee * passed, MONTHS_A_YEAR);
}

/** Seats that came in the middle: the rest of the fee's span for so many, less the rest for as many as there were. */
function prorationOf(terms: PlanTerms, facts: ReplayFacts, { startsAt, endsAt }: ReplayedPeriod): bigint {
  let sum = 0n;
  for (const [index, { at, quantity }] of facts.seats.entries()) {
    const before = facts.seats[index - 1]?.quantity ?? quantity;
    if (index === 0 || at <= startsAt || at >= endsAt || quantity <= before) continue;
    const from = feeBoundary(terms.feeInterval, facts.anchor, at);
    const until = nextBoundary(facts.anchor, terms.feeInterval, at);
    const [left, whole] = [seconds(until) - seconds(at), seconds(until) - seconds(from)];
    const rest = (seats: number): bigint => dividedHalfUp(terms.baseAmountMinor * BigInt(seats) * left, whole);
    sum += rest(quantity) - rest(before);
  }
  return sum;
}

function seconds(at: Date): bigint {
  return BigInt(Math.floor(at.getTime() / 1000));
}

/** The invoice at the period's end carries the next fee too, and is rounded down as a whole. */
function roundingOf(
  terms: PlanTerms,
  facts: ReplayFacts,
  { endsAt, billed }: { readonly endsAt: Date; readonly billed: bigint },
): bigint {
  const step = BigInt(chargeStepMinor(terms.currency));
  const isEnded = facts.endedAt !== null && facts.endedAt <= endsAt;
  const nextFee =
    !isEnded && isFeeDue(terms, facts.anchor, endsAt) ? terms.baseAmountMinor * BigInt(seatsAt(facts, endsAt)) : 0n;
  const total = billed + nextFee;
  return step === 1n || total <= 0n ? 0n : -(total % step);
}
