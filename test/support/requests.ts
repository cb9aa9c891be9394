// What tests ask of the credit engine, with the parts that seldom matter filled in.
import { captureHold, type CaptureHold, releaseHold } from '../../src/operations/capture-hold.ts';
import type { PaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { placeHold, type PlaceHold } from '../../src/operations/place-hold.ts';
import { type RealTime, type TrackedEvent, trackUsage } from '../../src/operations/track-usage.ts';
import type { Subscriber } from './books.ts';
import { credits, newId } from './deps.ts';

/** A use of `api.call`: one credit a call. */
export function calls(customer: Pick<Subscriber, 'name'>, count: number, event: Partial<TrackedEvent> = {}) {
  return {
    eventId: newId(),
    customer: customer.name,
    action: 'api.call',
    quantities: { calls: BigInt(count) },
    occurredAt: null,
    member: null,
    source: 'api',
    ...event,
  } satisfies TrackedEvent;
}

/** Tracks one event and returns its answer. */
export async function use(
  books: RealTime,
  customer: Pick<Subscriber, 'name'>,
  count: number,
  event: Partial<TrackedEvent> = {},
) {
  const [answer] = await trackUsage(books, { events: [calls(customer, count, event)] });
  if (answer === undefined) throw new Error('one event has one answer');
  return answer;
}

/** Holds credits for `api.call`; the fingerprint is the amount unless given. */
export function hold(
  books: RealTime,
  customer: Pick<Subscriber, 'name'>,
  amount: string,
  asked: Partial<PlaceHold> = {},
) {
  return placeHold(books, {
    key: newId(),
    fingerprint: `${customer.name} ${amount}`,
    customer: customer.name,
    action: 'api.call',
    member: null,
    quantities: null,
    amount: credits(amount),
    ttlSeconds: null,
    ...asked,
  });
}

/** Places a hold that must be granted and returns its id. */
export async function held(
  books: RealTime,
  customer: Pick<Subscriber, 'name'>,
  amount: string,
  asked: Partial<PlaceHold> = {},
) {
  const answer = await hold(books, customer, amount, asked);
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer.hold.holdId;
}

export function capture(books: RealTime, holdId: string, amount: string | null, asked: Partial<CaptureHold> = {}) {
  return captureHold(books, {
    holdId,
    key: newId(),
    fingerprint: `${holdId} ${amount}`,
    quantities: null,
    amount: amount === null ? null : credits(amount),
    final: true,
    ...asked,
  });
}

export function release(books: RealTime, holdId: string, key = newId()) {
  return releaseHold(books, { holdId, key, fingerprint: holdId });
}

/** The paid invoice of one pack of 10 000 credits, as the mirror reports it. */
export function packInvoice(customer: Subscriber, paidAt: string, invoice: Partial<PaidInvoice> = {}): PaidInvoice {
  return {
    customer,
    invoiceId: `in_${newId()}`,
    subscriptionId: null,
    billingReason: 'manual',
    currency: 'usd',
    paidAt: new Date(paidAt),
    lines: [{ lineId: 'il_1', kind: 'pack', priceId: 'price_pack-10k', quantity: 1n, paidMinor: 8000n }],
    ...invoice,
  };
}
