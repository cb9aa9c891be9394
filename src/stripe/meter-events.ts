// Usage as Stripe counts it. A meter event has no id and cannot be read back: summaries are the only proof.
import type { StripeGateway } from './gateway.ts';

export interface MeterEventRequest {
  readonly event_name: string;
  readonly payload: { readonly stripe_customer_id: string; readonly value: string };
  readonly identifier: string;
  /** Unix seconds, at most 35 days in the past and 5 minutes in the future. */
  readonly timestamp: number;
}

/** Reports usage. Stripe answers before it counts; the identifier is taken for at least 24 hours. */
export async function sendMeterEvent(
  stripe: StripeGateway,
  { event_name, payload, identifier, timestamp }: MeterEventRequest,
  idempotencyKey: string,
): Promise<void> {
  await stripe.billing.meterEvents.create(
    { event_name, payload: { ...payload }, identifier, timestamp },
    { idempotencyKey },
  );
}

/** Takes a meter event back. Stripe accepts it for 24 hours after it received the event. */
export async function cancelMeterEvent(
  stripe: StripeGateway,
  { eventName, identifier }: { readonly eventName: string; readonly identifier: string },
  idempotencyKey: string,
): Promise<void> {
  await stripe.billing.meterEventAdjustments.create(
    { event_name: eventName, type: 'cancel', cancel: { identifier } },
    { idempotencyKey },
  );
}

export interface MeteredSpan {
  readonly meterId: string;
  readonly stripeCustomerId: string;
  /** Inclusive, a whole minute. */
  readonly from: Date;
  /** Exclusive, a whole minute. */
  readonly to: Date;
}

const MINUTE_MS = 60_000;

/** What Stripe counted in a span, in meter units; null when it is no whole number, so that others write to our meter. */
export async function meteredTotal(stripe: StripeGateway, span: MeteredSpan): Promise<bigint | null> {
  // What ended within a minute holds no whole one: its events are stamped in the minute of `from`.
  const to = Math.max(span.to.getTime(), span.from.getTime() + MINUTE_MS);
  const summaries = await stripe.billing.meters.listEventSummaries(span.meterId, {
    customer: span.stripeCustomerId,
    start_time: Math.floor(span.from.getTime() / 1000),
    end_time: Math.floor(to / 1000),
    limit: 100,
  });
  let total = 0n;
  for (const { aggregated_value: value } of summaries.data) {
    if (!Number.isInteger(value)) return null;
    total += BigInt(value);
  }
  return total;
}

/** What Stripe counted, by the start of the hour; both ends of the span are whole hours. */
export async function meteredByHour(stripe: StripeGateway, span: MeteredSpan): Promise<ReadonlyMap<number, bigint>> {
  const hours = new Map<number, bigint>();
  for await (const { start_time: start, aggregated_value: value } of stripe.billing.meters.listEventSummaries(
    span.meterId,
    {
      customer: span.stripeCustomerId,
      start_time: Math.floor(span.from.getTime() / 1000),
      end_time: Math.floor(span.to.getTime() / 1000),
      value_grouping_window: 'hour',
      limit: 100,
    },
  )) {
    if (Number.isInteger(value)) hours.set(start * 1000, BigInt(value));
  }
  return hours;
}
