// Usage: what was consumed and metered here, what was handed to the meter, what Stripe counts.
import { dividedDown } from '../amount.ts';
import { amountDiffers, type Comparison, type Difference, METER_LAG_MS } from '../reconciliation.ts';

export interface MeterMessage {
  readonly key: string;
  readonly value: bigint;
  readonly isDone: boolean;
  /** Since it was sent, or since it was written if it was not. */
  readonly ageMs: number;
}

export interface PeriodUsage {
  readonly billingPeriodId: string;
  readonly unit: string;
  readonly meterUnitMicro: bigint;
  /** Its invoice is final: nothing is on its way any more. */
  readonly isFinal: boolean;
  readonly rolledMicro: bigint;
  /** Metered in windows that have not ended for longer than the meter lag, and not rolled up yet. */
  readonly waitingMicro: bigint;
  readonly emittedUnits: bigint;
  /** Of these, what Stripe had counted before its customer was taken over. */
  readonly takenOverUnits: bigint;
  readonly messages: readonly MeterMessage[];
}

/** One billing period of one customer; `counted` is Stripe's sum in meter units, null when it is no whole number. */
export function compareUsage(period: PeriodUsage, counted: bigint | null): Comparison {
  const differences: Difference[] = [];
  const object = period.billingPeriodId;
  const sum = (messages: readonly MeterMessage[]): bigint => messages.reduce((total, { value }) => total + value, 0n);
  if (period.waitingMicro !== 0n) differences.push(notRolledUp(period));
  const all = period.takenOverUnits + sum(period.messages);
  const rolledUnits = dividedDown(period.rolledMicro, period.meterUnitMicro);
  if (all !== rolledUnits || period.emittedUnits !== rolledUnits) {
    differences.push(amountDiffers('meter_total', object, { ours: rolledUnits, theirs: all, unit: METER_UNITS }));
  }
  const waiting = period.messages.filter(({ isDone }) => !isDone);
  const stuck = waiting.filter(({ ageMs }) => ageMs > METER_LAG_MS);
  if (stuck.length > 0) {
    const sent = all - sum(stuck);
    differences.push(amountDiffers('meter_events_never_sent', object, { ours: all, theirs: sent, unit: METER_UNITS }));
  }
  const uncounted = counted === null ? foreign(period) : countedDiffers(period, counted + sum(stuck));
  if (uncounted !== null) differences.push(uncounted);
  return { compared: 1 + period.messages.length, differences };
}

const METER_UNITS = 'meter units';

function notRolledUp({ billingPeriodId, waitingMicro, unit }: PeriodUsage): Difference {
  const reason = 'The window runs, or ended less than the meter lag ago.';
  return amountDiffers(
    'usage_not_rolled_up',
    billingPeriodId,
    { ours: waitingMicro, theirs: 0n, unit: `micro-${unit}` },
    reason,
  );
}

/** What is left once messages that wait too long are set aside: under way, swallowed, counted twice, or not ours. */
function countedDiffers(period: PeriodUsage, counted: bigint): Difference | null {
  const ours = period.messages.reduce((total, { value }) => total + value, period.takenOverUnits);
  const amounts = { ours, theirs: counted, unit: METER_UNITS };
  if (counted === ours) return null;
  const young = period.isFinal ? [] : period.messages.filter(({ ageMs }) => ageMs <= METER_LAG_MS);
  const gain = young.reduce((total, { value }) => (value > 0n ? total + value : total), 0n);
  const loss = young.reduce((total, { value }) => (value < 0n ? total + value : total), 0n);
  if (ours - counted >= loss && ours - counted <= gain) {
    const explanation = `${young.length} meter events were sent, or written, less than the meter lag ago.`;
    return amountDiffers('usage_in_flight', period.billingPeriodId, amounts, explanation);
  }
  if (counted < ours) return amountDiffers('meter_events_swallowed', period.billingPeriodId, amounts);
  const isOneOfOurs = period.messages.some(({ value }) => value === counted - ours);
  return amountDiffers(isOneOfOurs ? 'meter_event_twice' : 'meter_events_foreign', period.billingPeriodId, amounts);
}

function foreign({ billingPeriodId, emittedUnits }: PeriodUsage): Difference {
  return {
    kind: 'meter_events_foreign',
    object: billingPeriodId,
    ours: emittedUnits.toString(),
    theirs: 'no whole number',
    unit: METER_UNITS,
    amount: null,
    explanation: null,
  };
}
