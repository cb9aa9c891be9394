// Which lines an invoice must have: from what a subscription was before and is after, and from the items that wait.
import { scaled } from '../priced-lines.ts';
import { chargesOf, metered, nearest, ONE, wholeCharge, wholePeriodStart } from './amounts.ts';
import type { Commit, Inputs, Invoice, Item, Rate, Subscription } from './inputs.ts';

/** What a line of a draft is for; how much it comes to is only known when the draft is finalized. */
export type Planned = {
  /** Its tax rates; an item's own come before them. */
  readonly rates: readonly Rate[];
} & (
  | { readonly kind: 'item'; readonly id: string }
  | {
      readonly kind: 'fee' | 'usage';
      readonly item: Item;
      readonly start: number;
      readonly end: number;
      /** Seconds of the whole period that `[start, end)` is a part of. */
      readonly of: number;
    }
);

export const isMetered = ({ price }: Item): boolean => price.recurring?.usage_type === 'metered';

/** A change of a subscription, or its beginning. */
export interface Turn {
  readonly before: Subscription | undefined;
  readonly after: Subscription;
  /** Its instant. */
  readonly at: number;
  readonly commit: Commit;
}

const ratesOf = (item: Item, { default_tax_rates: otherwise }: Subscription): readonly Rate[] =>
  (item.tax_rates ?? []).length > 0 ? (item.tax_rates ?? []) : (otherwise ?? []);

function fee(item: Item, of: Subscription): Planned {
  const { current_period_start: start, current_period_end: end, price } = item;
  const whole = price.recurring === null ? undefined : wholePeriodStart(of.billing_cycle_anchor, price.recurring, end);
  // NaN for an end that no period has, so that it fits no line.
  return { kind: 'fee', item, start, end, of: whole === undefined ? NaN : end - whole, rates: ratesOf(item, of) };
}

function usage(item: Item, of: Subscription, end: number): Planned {
  const start = item.current_period_start;
  return { kind: 'usage', item, start, end, of: end - start, rates: ratesOf(item, of) };
}

/** Fees for the time that comes, usage of the time that is over: newest item first. */
export function subscriptionLines(reason: Invoice['billing_reason'], turn: Turn): readonly Planned[] {
  const { before, after, at, commit } = turn;
  const fees = after.items.data.filter((item) => !isMetered(item)).toReversed();
  if (before === undefined) {
    const first = after.status === 'trialing' ? [] : fees.map((item) => fee(item, after));
    // A period cut short by the anchor is charged in proportion, or not at all.
    const free = commit.given?.get('proration_behavior') === 'none';
    return first.filter((line) => line.kind !== 'fee' || !free || line.of === line.end - line.start);
  }
  const isFree = before.status === 'trialing' && commit.positions.trialUsage === 'free';
  const used = isFree ? [] : before.items.data.filter(isMetered).toReversed();
  if (reason === 'subscription_cycle') {
    const goesOn = after.status !== 'canceled';
    const order = [...new Set([...before.items.data, ...after.items.data].map(({ id }) => id))].toReversed();
    const lines = [
      ...used.filter(({ current_period_end: end }) => end <= at || !goesOn).map((item) => usage(item, before, at)),
      ...fees.filter(({ current_period_start: start }) => goesOn && start === at).map((item) => fee(item, after)),
    ];
    const place = (line: Planned): number => (line.kind === 'item' ? -1 : order.indexOf(line.item.id));
    return lines.toSorted((a, b) => place(a) - place(b));
  }
  const ends = ['canceled', 'paused'].includes(after.status) && before.status !== after.status;
  if (ends) return used.map((item) => usage(item, before, at));
  const begins = ['trialing', 'paused'].includes(before.status) && after.status === 'active';
  if (!begins) return [];
  const tried = before.status === 'trialing' ? used.map((item) => usage(item, before, at)) : [];
  return [...tried, ...fees.map((item) => fee(item, after))];
}

/** A line as it must be. */
export interface Expected {
  readonly price: string | undefined;
  readonly product: string | undefined;
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly start: number;
  readonly end: number;
  readonly isDiscountable: boolean;
  /** Usage of a subscription: the only thing that billing credits pay. */
  readonly isUsage: boolean;
  readonly rates: readonly Rate[];
}

/** The lines of a plan at the moment of finalization. */
export function expectedLines(inputs: Inputs, customer: string, plan: readonly Planned[], commit: Commit): Expected[] {
  return plan.flatMap((line): Expected[] => {
    if (line.kind === 'item') return itemLine(inputs, line);
    const { item, start, end, of, rates } = line;
    const price = inputs.kept.prices.get(item.price.id) ?? item.price;
    const quantity =
      line.kind === 'usage'
        ? metered(inputs, price, { customer, start, end, wall: commit.wall })
        : BigInt(item.quantity ?? 1) * ONE;
    const whole = wholeCharge(price, quantity, commit.positions);
    const charges =
      of === end - start
        ? chargesOf(price, quantity, commit.positions)
        : [{ quantity, amount: Number.isNaN(of) ? -1n : nearest(whole * BigInt(end - start), BigInt(of)) }];
    const shared = { price: price.id, product: price.product, start, end, isDiscountable: true, rates };
    return charges.map((charge) => ({ ...shared, ...charge, isUsage: line.kind === 'usage' }));
  });
}

function itemLine(
  { kept }: Inputs,
  { id, rates }: { readonly id: string; readonly rates: readonly Rate[] },
): Expected[] {
  const item = kept.invoice_items.get(id);
  if (item === undefined) return [];
  const details = item.pricing?.price_details;
  return [
    {
      price: details?.price,
      product: details?.product,
      quantity: scaled(item.quantity_decimal ?? String(item.quantity)),
      amount: BigInt(item.amount),
      start: item.period.start,
      end: item.period.end,
      isDiscountable: item.discountable,
      isUsage: false,
      rates: (item.tax_rates ?? []).length > 0 ? (item.tax_rates ?? []) : rates,
    },
  ];
}
