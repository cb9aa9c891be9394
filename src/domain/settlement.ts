// One cycle of one metered price: what Stripe would charge for usage, what the ledger says is owed, and the difference.
// Stripe charges max(0, metered × price, half up − discounts − eligible grants). Owed is the overage. A difference that
// makes the customer pay more is applied by itself only when its cause is lots against grants; usage that is billed otherwise
// than was agreed waits for a person in any case.
import { dividedDown } from './amount.ts';
import { type CreditPrice, worthHalfUp } from './credit-price.ts';
import type { IrregularUsage } from './draft-usage.ts';

export interface CycleNumbers {
  readonly price: CreditPrice;
  readonly meterUnitMicro: bigint;
  /** Meter units that Stripe counts in the period. */
  readonly countedUnits: bigint;
  /** Meter units that we reported: the floor of what lots and overage consumed. */
  readonly emittedUnits: bigint;
  /** What lots paid in the period, micro-credits. */
  readonly paidMicro: bigint;
  /** Discounts on the usage line, minor units. */
  readonly discountsMinor: bigint;
  /** What is left of grants that reach this invoice, minor units. */
  readonly eligibleMinor: bigint;
  /** What the draft has in place of one line for what is metered; null: that line. */
  readonly irregular: IrregularUsage | null;
}

/** Why a draft waits for a person, by name; a sentence says the rest. */
export const HOLD_REASONS = [
  /** Lines bill our meter at another price, by an item, or none does. */
  'usage_billed_otherwise',
  'meter_counts_otherwise',
  'discount_on_usage',
  /** What Stripe shows cannot be compared with what is owed. */
  'not_comparable',
  /** Our items do not stand on the draft as they should: in amount, in tax, or so that the total can be charged. */
  'items_differ',
  /** Stripe refused a step of ours. */
  'refused',
  /** Another hand keeps it a draft. */
  'kept_a_draft',
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

export interface CycleDecision {
  readonly owedMinor: bigint;
  /** What Stripe would charge for usage as things stand. */
  readonly chargeMinor: bigint;
  /** owed − charge: what an item on the draft must add. */
  readonly differenceMinor: bigint;
  readonly action: 'finalize' | 'correct' | 'hold';
  readonly reason: string | null;
  /** Of a hold. */
  readonly holdReason: HoldReason | null;
}

/** A single minor unit in the customer's favour is rounding: grants are rounded up. */
const ROUNDING_MINOR = 1n;

export function decideCycle(numbers: CycleNumbers): CycleDecision {
  const owed = owedMinor(numbers);
  const chargeMinor = charge(numbers);
  const differenceMinor = owed - chargeMinor;
  const decided = { owedMinor: owed, chargeMinor, differenceMinor, holdReason: null };
  const hold = (holdReason: HoldReason, reason: string): CycleDecision => ({
    ...decided,
    action: 'hold',
    reason,
    holdReason,
  });
  if (numbers.irregular !== null) return hold('usage_billed_otherwise', numbers.irregular.because);
  if (numbers.countedUnits !== numbers.emittedUnits) {
    const reason = `Stripe counts ${numbers.countedUnits} meter units, ${numbers.emittedUnits} were reported`;
    return hold('meter_counts_otherwise', reason);
  }
  if (differenceMinor === 0n || differenceMinor === ROUNDING_MINOR)
    return { ...decided, action: 'finalize', reason: null };
  if (differenceMinor < 0n)
    return { ...decided, action: 'correct', reason: 'lots paid more than the grants that reach this invoice' };
  if (numbers.discountsMinor !== 0n) {
    return hold('discount_on_usage', `a discount of ${numbers.discountsMinor} reaches the usage line`);
  }
  return { ...decided, action: 'correct', reason: 'grants that reach this invoice are worth more than lots paid' };
}

/** What the items on the draft must come to for a decision: nothing where a minor unit is left to the customer. */
export function itemsWanted({ action, differenceMinor }: CycleDecision): bigint {
  return action === 'correct' ? differenceMinor : 0n;
}

/** At the deadline nobody is overcharged: only an item in the customer's favour is left to add. */
export function decideAtDeadline(numbers: CycleNumbers): bigint {
  const differenceMinor = owedMinor(numbers) - charge(numbers);
  return differenceMinor < 0n ? differenceMinor : 0n;
}

/** What usage costs: overage in whole meter units, so that parts that no event carried yet stay with the lots. */
export function owedMinor({
  price,
  meterUnitMicro,
  emittedUnits,
  paidMicro,
}: Pick<CycleNumbers, 'price' | 'meterUnitMicro' | 'emittedUnits' | 'paidMicro'>): bigint {
  const overageUnits = emittedUnits - dividedDown(paidMicro, meterUnitMicro);
  return overageUnits <= 0n ? 0n : worthHalfUp(price, overageUnits * meterUnitMicro);
}

/** Stripe bills no quantity below zero; grants reach the agreed line and no other. */
function charge({ discountsMinor, eligibleMinor, irregular, ...metered }: CycleNumbers): bigint {
  const charged = (irregular?.agreedMinor ?? meteredWorth(metered)) - discountsMinor - eligibleMinor;
  return (charged < 0n ? 0n : charged) + (irregular?.othersMinor ?? 0n);
}

function meteredWorth({
  price,
  meterUnitMicro,
  countedUnits,
}: Pick<CycleNumbers, 'price' | 'meterUnitMicro' | 'countedUnits'>): bigint {
  return countedUnits <= 0n ? 0n : worthHalfUp(price, countedUnits * meterUnitMicro);
}

/** A cycle as people see and decide it. */
export interface SettlementFacts {
  readonly billingPeriodId: string;
  readonly customerId: string;
  readonly externalId: string | null;
  readonly customerName: string | null;
  readonly plan: string;
  readonly invoiceId: string;
  readonly state: string;
  readonly holdReason: HoldReason | null;
  readonly heldBecause: string | null;
  readonly currency: string | null;
  readonly lotsPaidMicro: bigint;
  readonly overageMicro: bigint;
  readonly owedMinor: bigint;
  readonly eligibleMinor: bigint;
  readonly expectedMinor: bigint;
  readonly correctionMinor: bigint;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly decidedAt: Date | null;
  readonly decision: string | null;
  readonly decidedBy: string | null;
  readonly decisionReason: string | null;
}

/** The draft's own deadline is 48 hours after its period's end; an hour before, what is too much is taken off. */
export const DRAFT_GUARD_MS = 48 * 3_600_000;
export const DEADLINE_MS = 3_600_000;

/** Until when a person can decide. */
export function decidableUntil({ endsAt }: Pick<SettlementFacts, 'endsAt'>): Date {
  return new Date(endsAt.getTime() + DRAFT_GUARD_MS - DEADLINE_MS);
}
