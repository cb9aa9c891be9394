// What a quantity of a price comes to, and how long a period is: arithmetic of its own, in whole numbers with one division.
import { scaled } from '../priced-lines.ts';
import type { Commit, Inputs, Price } from './inputs.ts';

type Positions = Commit['positions'];

export const ONE = scaled('1');

/** The nearest whole number; a half goes away from zero, or up where a negative half does. */
export function nearest(numerator: bigint, denominator: bigint, negativeHalf: Positions['negativeHalf'] = 'away') {
  const doubled = 2n * (numerator < 0n ? -numerator : numerator);
  const half = numerator < 0n && negativeHalf === 'up' ? denominator - 1n : denominator;
  const magnitude = (doubled + half) / (2n * denominator);
  return numerator < 0n ? -magnitude : magnitude;
}

/** A part of a quantity that is charged by itself, exactly: 10⁻²⁴ minor units. */
interface Part {
  readonly quantity: bigint;
  readonly charge: bigint;
}

function partsOf(price: Price, quantity: bigint): readonly Part[] {
  if (price.billing_scheme !== 'tiered') {
    const size = BigInt(price.transform_quantity?.divide_by ?? 1) * ONE;
    const begun = price.transform_quantity?.round === 'up' && quantity % size > 0n ? 1n : 0n;
    const units = price.transform_quantity === null ? quantity : (quantity / size + begun) * ONE;
    return [{ quantity, charge: units * scaled(price.unit_amount_decimal ?? '0') }];
  }
  const tiers = (price.tiers ?? []).map((tier) => ({
    end: tier.up_to === null ? quantity : BigInt(tier.up_to) * ONE,
    charge: (part: bigint) =>
      part * scaled(tier.unit_amount_decimal ?? '0') + scaled(tier.flat_amount_decimal ?? '0') * ONE,
  }));
  if (price.tiers_mode === 'volume') {
    const reached = tiers.find(({ end }) => quantity <= end);
    return reached === undefined ? [] : [{ quantity, charge: reached.charge(quantity) }];
  }
  return tiers.flatMap(({ end, charge }, index) => {
    const from = tiers[index - 1]?.end ?? 0n;
    const part = (end < quantity ? end : quantity) - from;
    return part > 0n ? [{ quantity: part, charge: charge(part) }] : [];
  });
}

export interface Charge {
  readonly quantity: bigint;
  /** Minor units. */
  readonly amount: bigint;
}

/** One line for all, or one for each tier that a graduated price reaches. */
export function chargesOf(price: Price, quantity: bigint, positions: Positions): readonly Charge[] {
  const parts = partsOf(price, quantity);
  const splits = price.tiers_mode === 'graduated' && positions.graduatedLines === 'per_tier' && parts.length > 1;
  const rounded = parts.map((part) => ({
    quantity: part.quantity,
    amount: nearest(part.charge, ONE * ONE, positions.negativeHalf),
  }));
  return splits ? rounded : [{ quantity, amount: wholeCharge(price, quantity, positions) }];
}

/** What a quantity of a price comes to in all. */
export function wholeCharge(price: Price, quantity: bigint, { negativeHalf, tierRounding, graduatedLines }: Positions) {
  const charges = partsOf(price, quantity).map(({ charge }) => charge);
  const pieces =
    tierRounding === 'tier' || graduatedLines === 'per_tier'
      ? charges
      : [charges.reduce((sum, charge) => sum + charge, 0n)];
  return pieces.reduce((sum, piece) => sum + nearest(piece, ONE * ONE, negativeHalf), 0n);
}

const WINDOWS: Readonly<Record<string, number>> = { hour: 3600, day: 86_400 };

/** What a meter says of a customer in `[start, end)` by its formula, as a count of 10⁻¹²; nothing below zero is billed. */
export function metered(
  { kept, events }: Inputs,
  { recurring }: Price,
  { customer, start, end, wall }: { customer: string; start: number; end: number; wall: number },
): bigint {
  const meter = kept.meters.get(recurring?.meter ?? '');
  if (meter === undefined) return 0n;
  const counted = Array.from(events.get(customer)?.values() ?? []).filter(
    (event) =>
      event.event_name === meter.event_name &&
      event.payload[meter.customer_mapping.event_payload_key] === customer &&
      event.state === 'counted' &&
      event.visible_at <= wall &&
      event.timestamp >= start &&
      event.timestamp < end,
  );
  const window = WINDOWS[meter.event_time_window ?? ''];
  const last = new Map(counted.map((event) => [Math.floor(event.timestamp / (window ?? 1)), event]));
  const standing = window === undefined ? counted : [...last.values()];
  const { formula } = meter.default_aggregation;
  if (formula === 'count') return BigInt(standing.length) * ONE;
  const values = (formula === 'last' ? standing.toSorted((a, b) => a.timestamp - b.timestamp).slice(-1) : standing).map(
    ({ payload }) => scaled((payload[meter.value_settings.event_payload_key] ?? '0').replace('+', '')),
  );
  const sum = values.reduce((total, value) => total + value, 0n);
  return sum < 0n ? 0n : sum;
}

type Recurrence = Pick<NonNullable<Price['recurring']>, 'interval' | 'interval_count'>;

const DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30.436875, year: 365.2425 };

/** So many intervals after an anchor: the same day and time, or the last day of a shorter month. */
function afterAnchor(anchor: number, { interval, interval_count: count }: Recurrence, times: number): number {
  if (interval === 'day' || interval === 'week') return anchor + times * count * (DAYS[interval] ?? 1) * 86_400;
  const date = new Date(anchor * 1000);
  const months = date.getUTCMonth() + times * count * (interval === 'year' ? 12 : 1);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate();
  return date.setUTCFullYear(date.getUTCFullYear(), months, Math.min(date.getUTCDate(), lastDay)) / 1000;
}

/** When the whole period began that ends at an instant; undefined when no period counted from the anchor ends there. */
export function wholePeriodStart(anchor: number, recurrence: Recurrence, end: number): number | undefined {
  const length = (DAYS[recurrence.interval] ?? 1) * 86_400 * recurrence.interval_count;
  const guess = Math.round((end - anchor) / length);
  const times = [guess - 1, guess, guess + 1].find((some) => afterAnchor(anchor, recurrence, some) === end);
  return times === undefined ? undefined : afterAnchor(anchor, recurrence, times - 1);
}
