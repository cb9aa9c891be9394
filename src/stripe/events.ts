// Stripe's events at the door: signed with one of our secrets, fresh, of our mode and account; then handed to a handler.
import { Stripe } from 'stripe';

import type { StripeEvent, StripeNotice } from '../domain/stripe-event.ts';
import type { StripeGateway } from './gateway.ts';

export type Outcome = { readonly applied: string } | { readonly ignored: string };

/** Events that wait together and are about one thing of Stripe's. */
export interface Sighting {
  readonly id: string;
  /** Whose it is, where an event says so. */
  readonly stripeCustomerId: string | null;
  readonly types: ReadonlySet<string>;
  /** When the first of them happened, by Stripe. */
  readonly since: Date;
}

/**
 * One look at a thing of Stripe's as it is now. It serves every event about it that was stored before the look began:
 * none of them can tell of a later state.
 */
export interface Mirror<Context> {
  /** What is to be looked at; null when the event names nothing. */
  readonly idOf: (event: StripeNotice) => string | null;
  readonly look: (sighting: Sighting, context: Context) => Promise<Outcome>;
  /** What it mirrors, where things of many customers may be looked at in one go. */
  readonly kind?: SharedKind;
}

export type SharedKind = 'customer' | 'subscription' | 'invoice';

/** Translates one event into the operation it asks for, or many into one. */
export type Handler<Context> = ((event: StripeNotice, context: Context) => Promise<Outcome>) | Mirror<Context>;

/** By event type. A type without a handler is stored as ignored. */
export type Handlers<Context> = Readonly<Record<string, Handler<Context>>>;

export type EventRefusal = {
  readonly code:
    | 'signature_missing'
    | 'signature_invalid'
    | 'signature_too_old'
    | 'signature_in_future'
    | 'malformed_event'
    | 'wrong_mode'
    | 'wrong_account';
  readonly message: string;
};

export interface SignedBody {
  readonly rawBody: Buffer | string;
  readonly signature: string | undefined;
  /** Several while a secret is being rolled. */
  readonly secrets: readonly string[];
  /** Wall time: signatures are stamped with it, whatever clock a sandbox lives in. */
  readonly receivedAt: Date;
}

/** How old a signature may be, and how far ahead its sender's clock (Stripe's own default; the future is our rule). */
export const TOLERANCE_SECONDS = 300;

const { signature: signatures } = new Stripe('sk_test_signatures_only', { telemetry: false }).webhooks;

/** Proves that Stripe sent this body lately, and reads it. Snapshot and thin events are both understood. */
export function verifyStripeEvent(
  signed: SignedBody,
): { readonly event: StripeEvent } | { readonly rejected: EventRefusal } {
  const { rawBody, signature, secrets, receivedAt } = signed;
  if (signature === undefined || signature === '') {
    return refused('signature_missing', 'the header Stripe-Signature is missing');
  }
  // Exactly one: with two, the one that was signed and the one that is judged could differ.
  const [stamp, ...others] = signature.split(',').filter((part) => part.startsWith('t='));
  const signedAt = /^t=(\d{1,12})$/.exec(stamp ?? '')?.[1];
  if (signedAt === undefined || others.length > 0) {
    return refused('signature_invalid', 'the header Stripe-Signature does not name one time');
  }
  if (!secrets.some((secret) => isSigned(rawBody, signature, secret))) {
    return refused('signature_invalid', 'none of the configured webhook secrets made this signature');
  }
  const age = Math.floor(receivedAt.getTime() / 1000) - Number(signedAt);
  if (age > TOLERANCE_SECONDS) return refused('signature_too_old', `the signature is ${age} seconds old`);
  if (age < -TOLERANCE_SECONDS) return refused('signature_in_future', `the signature is ${-age} seconds ahead of us`);
  const event = readEvent(rawBody.toString());
  return event === null ? refused('malformed_event', 'the body is not a Stripe event') : { event };
}

/** Whether an event belongs here: another mode's or account's is never applied. */
export function refuseForeignEvent(
  event: StripeEvent,
  ours: { readonly livemode: boolean; readonly account: string },
): { readonly rejected: EventRefusal } | null {
  if (event.livemode !== ours.livemode) {
    const modes = event.livemode ? 'a live event reached a test deployment' : 'a test event reached a live deployment';
    return refused('wrong_mode', `${modes}; point this webhook endpoint at the deployment of its own mode`);
  }
  if (event.account !== null && event.account !== ours.account) {
    return refused('wrong_account', `the event belongs to ${event.account}, this deployment to ${ours.account}`);
  }
  return null;
}

/** Stripe keeps events for 30 days. Newest first; ends with the first event older than `since`. */
export async function* listEvents(stripe: StripeGateway, since: Date): AsyncGenerator<StripeEvent> {
  const seconds = Math.floor(since.getTime() / 1000);
  for await (const listed of stripe.events.list({ created: { gte: seconds }, limit: 100 })) {
    const event = readEvent(JSON.stringify(listed));
    if (event === null) throw new Error(`Stripe listed something that is not an event: ${listed.id}`);
    yield event;
  }
}

/** Thin events about usage that Stripe could not count; no snapshot event tells of them. Newest first. */
export async function* listMeterReports(stripe: StripeGateway, since: Date): AsyncGenerator<StripeEvent> {
  const types = ['v1.billing.meter.error_report_triggered', 'v1.billing.meter.no_meter_found'];
  for await (const listed of stripe.v2.core.events.list({ types, limit: 100 })) {
    const event = readEvent(JSON.stringify(listed));
    if (event === null) throw new Error(`Stripe listed something that is not an event: ${listed.id}`);
    if (event.createdAt < since) return;
    yield event;
  }
}

function isSigned(rawBody: Buffer | string, signature: string, secret: string): boolean {
  if (secret === '') return false;
  try {
    // Tolerance 0: the age is ours to judge, in both directions.
    return signatures?.verifyHeader(rawBody, signature, secret, 0) === true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}

function readEvent(body: string): StripeEvent | null {
  const event = parseObject(body);
  if (event === null) return null;
  const { id, type, livemode, created, api_version: apiVersion } = event;
  const createdAt = typeof created === 'number' ? new Date(created * 1000) : new Date(String(created));
  if (typeof id !== 'string' || typeof type !== 'string' || typeof livemode !== 'boolean') return null;
  if (!/^\w{1,255}$/.test(id) || Number.isNaN(createdAt.getTime())) return null;
  const object = asObject(asObject(event['data'])?.['object']);
  const objectId = textOf((asObject(event['related_object']) ?? object)?.['id']);
  // A snapshot event names another account as `account`, a thin one as `context`, which may name more than accounts.
  const account = textOf(event['account'] ?? event['context']);
  return {
    eventId: id,
    type,
    objectId,
    stripeCustomerId: objectId?.startsWith('cus_') === true ? objectId : textOf(object?.['customer']),
    invoiceId: textOf(object?.['invoice']),
    livemode,
    apiVersion: textOf(apiVersion),
    createdAt,
    account: account?.startsWith('acct_') === true ? account : null,
    billingReason: textOf(object?.['billing_reason']),
    body,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

function refused(code: EventRefusal['code'], message: string): { readonly rejected: EventRefusal } {
  return { rejected: { code, message } };
}
