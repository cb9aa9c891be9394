// Stripe lets any grant pay for any use; lots have limits. In a period's last hour the grants that reach its invoice are
// made worth what its lots paid.
import { lesser } from './amount.ts';
import { worthUp } from './credit-price.ts';
import type { GrantState, PeriodNeed, ShapingInput, WantedGrant } from './grant-shaping.ts';

/** Only in the last hour: what is held back early and then not raised again would cost the customer money. */
export const RESHAPE_FROM_MS = 3_600_000;
/** Later than that a message may reach Stripe after the period's end: the draft is corrected instead. */
export const RESHAPE_UNTIL_MS = 60_000;

/** The period whose grants must be worth exactly what its lots paid, since some of its use no lot may pay for. */
export function periodToReshape<Period extends PeriodNeed>(periods: readonly Period[], now: Date): Period | null {
  const isDue = ({ startsAt, endsAt, overageMicro = 0n }: PeriodNeed): boolean => {
    const left = endsAt.getTime() - now.getTime();
    return startsAt <= now && overageMicro > 0n && left <= RESHAPE_FROM_MS && left >= RESHAPE_UNTIL_MS;
  };
  return periods.find(isDue) ?? null;
}

/** Whether a grant pays on the invoice of a period that ends then. */
export function reaches(
  { effectiveAt, backstopAt }: Pick<GrantState, 'effectiveAt' | 'backstopAt'>,
  endsAt: Date,
): boolean {
  return effectiveAt <= endsAt && (backstopAt === null || backstopAt > endsAt);
}

/**
 * Stripe pays any use with any grant; lots may not (features, members, paydown). Before the period ends, grants worth
 * more than what lots paid are put off until just after it, and what was put off too much is brought back.
 */
export function reshaped(
  input: ShapingInput,
  create: readonly WantedGrant[],
  end: Set<string>,
): readonly WantedGrant[] {
  const period = periodToReshape(input.periods, input.now);
  if (period === null) return create;
  const { endsAt } = period;
  const kept = input.grants.filter(({ creditGrantId, leftMinor }) => leftMinor > 0n && !end.has(creditGrantId));
  const eligible =
    kept.reduce((sum, grant) => sum + (reaches(grant, endsAt) ? grant.leftMinor : 0n), 0n) +
    create.reduce((sum, grant) => sum + (reaches(grant, endsAt) ? grant.amountMinor : 0n), 0n);
  const tooMuch = eligible - worthUp(input.price, period.paidMicro);
  const after = new Date(endsAt.getTime() + 1000);
  const from = (isNow: boolean) => (grant: GrantState | WantedGrant) => reaches(grant, endsAt) === isNow;
  return tooMuch > 0n
    ? moved(input, create, kept, { amount: tooMuch, wrong: from(true), effectiveAt: after }, end)
    : moved(input, create, kept, { amount: -tooMuch, wrong: from(false), effectiveAt: input.now }, end);
}

interface Shift {
  readonly amount: bigint;
  readonly wrong: (grant: GrantState | WantedGrant) => boolean;
  readonly effectiveAt: Date;
}

/** Gives grants worth an amount anew from another instant on, the largest first; the rest of the last one stays. */
function moved(
  input: ShapingInput,
  create: readonly WantedGrant[],
  kept: readonly GrantState[],
  { amount, wrong, effectiveAt }: Shift,
  end: Set<string>,
): readonly WantedGrant[] {
  const made: WantedGrant[] = [];
  let left = amount;
  for (const wanted of create) {
    const part = wrong(wanted) ? lesser(left, wanted.amountMinor) : 0n;
    left -= part;
    if (part < wanted.amountMinor) made.push({ ...wanted, amountMinor: wanted.amountMinor - part });
    if (part > 0n) made.push({ ...wanted, amountMinor: part, effectiveAt });
  }
  const largestFirst = kept.filter(wrong).toSorted((a, b) => Number(b.leftMinor - a.leftMinor));
  for (const grant of largestFirst) {
    if (left === 0n) break;
    const part = lesser(left, grant.leftMinor);
    left -= part;
    end.add(grant.creditGrantId);
    made.push({ ...anew(input, grant, part), effectiveAt });
    if (part < grant.leftMinor) made.push(anew(input, grant, grant.leftMinor - part));
  }
  return made;
}

/** A grant of the same terms, worth something else. */
export function anew(
  { now }: ShapingInput,
  { category, priority, effectiveAt, backstopAt }: GrantState,
  amountMinor: bigint,
): WantedGrant {
  return { amountMinor, category, priority, effectiveAt: later(effectiveAt, now), backstopAt, lotIds: [] };
}

/** The later of two instants. */
export function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}
