// What was asked for: usage, quantities and sums of invoice items as they were sent, prorations to the second of the change.
import { scaled } from '../priced-lines.ts';
import { metered, nearest, ONE, wholeCharge } from './amounts.ts';
import { changed, type Commit, type Inputs, type Item } from './inputs.ts';
import { isMetered, type Turn } from './planned-lines.ts';

type InvoiceItem = ReturnType<typeof changed<'invoice_items'>>[number];

interface Charge {
  readonly item: string;
  readonly amount: bigint;
  readonly start: number;
  readonly end: number;
}

const sameCharge = (a: Charge, b: Charge): boolean =>
  a.item === b.item && a.amount === b.amount && a.start === b.start && a.end === b.end;

/** What new and changed items of a commit come to, where that is not what was asked for. */
export function wrongItems(inputs: Inputs, fresh: readonly InvoiceItem[], commit: Commit): string[] {
  return fresh.flatMap((item) => {
    if (subscriptionItemOf(item) !== undefined) return [];
    const quantity = scaled(item.quantity_decimal ?? String(item.quantity));
    const price = inputs.kept.prices.get(item.pricing?.price_details?.price ?? '');
    const { given } = commit;
    const asked = given?.get('amount');
    const unit = given?.get('unit_amount_decimal');
    const each = typeof unit === 'string' ? unit : (item.pricing?.unit_amount_decimal ?? '0');
    const worth =
      price === undefined
        ? nearest(quantity * scaled(each), ONE * ONE, commit.positions.negativeHalf)
        : wholeCharge(price, quantity, commit.positions);
    const amount = typeof asked === 'string' ? BigInt(asked) : worth;
    return BigInt(item.amount) === amount ? [] : [`${item.id} is ${item.amount}, asked for was ${amount}`];
  });
}

const subscriptionItemOf = ({ parent }: InvoiceItem): string | undefined =>
  parent?.subscription_details?.subscription_item;

/** The items by which a change of a subscription is charged, where they are not those that it calls for. */
export function wrongProrations(inputs: Inputs, turn: Turn, fresh: readonly InvoiceItem[]): string[] {
  const { before, after, commit } = turn;
  const own = fresh.filter((item) => item.parent?.subscription_details?.subscription === after.id);
  const made = own.flatMap((item) => {
    const of = subscriptionItemOf(item);
    return of === undefined
      ? []
      : [{ item: of, amount: BigInt(item.amount), start: item.period.start, end: item.period.end }];
  });
  if (before === undefined) return made.length === 0 ? [] : [`${after.id} begins with a proration`];
  const left = [...feeChanges(inputs, before.items.data, turn), ...usageSoFar(inputs, before.items.data, turn)];
  const odd = made.filter((one) => {
    const place = left.findIndex((other) => sameCharge(one, other));
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
  const { given } = commit;
  const wanted = made.length > 0 || (given !== undefined && given.get('proration_behavior') !== 'none');
  // What ends may bill its usage on a line instead, or nothing at all.
  const missing = wanted && !isEnding(turn) ? left : [];
  return [
    ...odd.map((one) => `proration ${shown(one)} follows from no change of ${after.id}`),
    ...missing.map((one) => `proration ${shown(one)} of ${after.id} is missing`),
  ];
}

const shown = ({ item, amount, start, end }: Charge): string => `of ${item}, ${amount} for ${start}–${end},`;

function isEnding({ before, after }: Turn): boolean {
  return ['canceled', 'paused'].includes(after.status) && before?.status !== after.status;
}

/** The unused time of what was, and the remaining time of what is, by the second; a trial costs nothing. */
function feeChanges(inputs: Inputs, was: readonly Item[], turn: Turn): Charge[] {
  const { before, after, commit } = turn;
  if (before?.status === 'trialing') return [];
  const is = isEnding(turn) ? [] : after.items.data;
  const same = (a: Item, b: Item): boolean => a.id === b.id && a.price.id === b.price.id && a.quantity === b.quantity;
  const part = (item: Item, sign: 1 | -1, start: number, end: number): Charge[] => {
    const at = changeOf(turn, item);
    const price = inputs.kept.prices.get(item.price.id) ?? item.price;
    const whole = wholeCharge(price, BigInt(item.quantity ?? 1) * ONE, commit.positions);
    if (isMetered(item) || end <= at || end <= start || item.quantity === 0) return [];
    const amount = BigInt(sign) * nearest(whole * BigInt(end - at), BigInt(end - start));
    return [{ item: item.id, amount, start: at, end }];
  };
  const gone = was.filter((item) => !is.some((other) => same(item, other)));
  const come = is.filter((item) => !was.some((other) => same(item, other)));
  return [
    ...gone.flatMap((item) => part(item, -1, item.current_period_start, item.current_period_end)),
    ...come.flatMap((item) => {
      const earlier =
        was.find(({ id }) => id === item.id) ??
        was.find(({ current_period_end: end }) => end === item.current_period_end);
      return part(
        item,
        1,
        earlier?.current_period_start ?? turn.at,
        earlier?.current_period_end ?? item.current_period_end,
      );
    }),
  ];
}

/** A change holds from the request on, from the instant that it names, or takes back the whole period. */
function changeOf({ at, commit: { given } }: Turn, item: Item): number {
  const dated = given?.get('proration_date');
  const bill = given?.get('bill_for');
  const unused = bill instanceof Map ? (bill.get('unused_time_from') as unknown) : undefined;
  if (unused instanceof Map && unused.get('type') === 'item_current_period_start') return item.current_period_start;
  return typeof dated === 'string' ? Number(dated) : at;
}

/** Usage of a price that is left before its period ends, as far as there is any. */
function usageSoFar(inputs: Inputs, was: readonly Item[], turn: Turn): readonly Charge[] {
  const { before, after, commit } = turn;
  if (before?.status === 'trialing' && commit.positions.trialUsage === 'free') return [];
  const stays = (item: Item): boolean =>
    !isEnding(turn) && after.items.data.some(({ id, price }) => id === item.id && price.id === item.price.id);
  const isTakenOver = ({ id, price }: Item): boolean =>
    commit.positions.swappedMeteredPrice === 'whole_period' &&
    !isEnding(turn) &&
    after.items.data.some((item) => item.id === id && item.price.recurring?.meter === price.recurring?.meter);
  return was.flatMap((item): Charge[] => {
    if (!isMetered(item) || stays(item) || isTakenOver(item)) return [];
    const price = inputs.kept.prices.get(item.price.id) ?? item.price;
    const start = item.current_period_start;
    const end = changeOf(turn, item);
    const quantity = metered(inputs, price, { customer: after.customer, start, end, wall: commit.wall });
    return quantity === 0n
      ? []
      : [{ item: item.id, amount: wholeCharge(price, quantity, commit.positions), start, end }];
  });
}

const rowsOf = (given: Commit['given']): readonly Map<string, unknown>[] => {
  const items = given?.get('items');
  const rows: readonly unknown[] = items instanceof Map ? [...items.values()] : [given];
  return rows.filter((row) => row instanceof Map);
};

/** Quantities that were asked for and are not there, and those that nobody asked for. */
export function wrongQuantities({ before, after, commit: { given } }: Turn): string[] {
  const asked = rowsOf(given).filter((row) => row.has('quantity') && row.get('deleted') !== 'true');
  const missing = asked.filter((row) => {
    const meant = after.items.data.filter(({ id, price }) =>
      row.has('id') ? id === row.get('id') : !row.has('price') || price.id === row.get('price'),
    );
    return !meant.some(({ quantity }) => String(quantity) === row.get('quantity'));
  });
  const isPlanned = given !== undefined || (before?.schedule ?? after.schedule) !== null;
  const moved = after.items.data.filter(({ id, quantity }) => {
    const was = before?.items.data.find((item) => item.id === id);
    return was !== undefined && was.quantity !== quantity && !isPlanned;
  });
  return [
    ...missing.map((row) => `${after.id} has not the quantity ${String(row.get('quantity'))} that was asked for`),
    ...moved.map(({ id, quantity }) => `${id} has the quantity ${quantity} that nobody asked for`),
  ];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A meter event as it was asked for; its instant is in seconds, in ISO form, or left to the clock. */
function sentEvent(asked: ReadonlyMap<string, unknown>, now: number): string {
  const payload = asked.get('payload');
  const stamp = text(asked.get('timestamp'));
  const written = /^\d+$/.test(stamp) ? Number(stamp) : Math.floor(Date.parse(stamp) / 1000);
  const entries = payload instanceof Map ? [...payload] : [];
  return JSON.stringify([text(asked.get('event_name')), entries, stamp === '' ? now : written]);
}

/** Meter events that nobody sent as they are kept: one by one, or as many as a stream takes. */
export function wrongEvents(commit: Commit): string[] {
  const { given } = commit;
  const many = given?.get('events');
  const asked = many instanceof Map ? [...many.values()] : [given];
  return changed(commit, 'meter_events').flatMap((event) => {
    // What is taken back was sent earlier.
    if (given === undefined || given.has('cancel')) return [];
    const { event_name: name, payload, timestamp } = event;
    const kept = JSON.stringify([name, Object.entries(payload), timestamp]);
    const isSent = asked.some((one) => one instanceof Map && sentEvent(one, timestamp) === kept);
    return isSent ? [] : [`nobody sent the meter event ${event.identifier} with ${kept}`];
  });
}
