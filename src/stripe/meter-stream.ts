// The v2 stream: up to 100 reports of usage in one call, with a short-lived token of its own. Stripe answers before it has
// looked at anything; what is wrong comes later as an error report (docs: meter event stream). Live mode only.
import { Stripe } from 'stripe';

import type { StripeGateway } from './gateway.ts';
import type { MeterEventRequest } from './meter-events.ts';

export const STREAMED_MAX = 100;

interface Session {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** A token lives for 15 minutes; one that ends this soon is not begun with. */
const SPARE_MS = 30_000;
const sessions = new WeakMap<StripeGateway, Session>();

/** Hands events over; a second time is harmless for 24 hours, since identifiers are unique for so long. */
export async function streamMeterEvents(stripe: StripeGateway, events: readonly MeterEventRequest[]): Promise<void> {
  const open = sessions.get(stripe);
  const isFresh = open !== undefined && open.expiresAtMs - Date.now() > SPARE_MS;
  try {
    await send(stripe, isFresh ? open : await openSession(stripe), events);
  } catch (error) {
    if (!(error instanceof Stripe.errors.TemporarySessionExpiredError)) throw error;
    // Our clock is behind, or Stripe ended it early; nothing was taken.
    await send(stripe, await openSession(stripe), events);
  }
}

async function openSession(stripe: StripeGateway): Promise<Session> {
  const made = await stripe.v2.billing.meterEventSession.create();
  const session = { token: made.authentication_token, expiresAtMs: Date.parse(made.expires_at) };
  sessions.set(stripe, session);
  return session;
}

async function send(stripe: StripeGateway, { token }: Session, events: readonly MeterEventRequest[]): Promise<void> {
  await stripe.v2.billing.meterEventStream.create(
    {
      events: events.map(({ event_name, payload, identifier, timestamp }) => ({
        event_name,
        payload: { ...payload },
        identifier,
        timestamp: new Date(timestamp * 1000).toISOString(),
      })),
    },
    { apiKey: token },
  );
}
