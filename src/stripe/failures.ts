// What a failed call to Stripe means for a message: send again, look what became of it, give up, or fix the set-up.
// Stripe saves status and body of the first execution under the idempotency key, 500 and 402 included; it saves nothing
// of refused parameters, keys in flight, 401 and 429, since those executed nothing (docs: idempotent requests).
import { Stripe } from 'stripe';

import { LineRests } from './line.ts';

export type StripeFailure =
  /** Nothing was executed: the same request may be sent again later. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly afterSeconds: number | null;
      /** It was not even sent: the attempt does not count. */
      readonly unsent?: true;
    }
  /** It may have been done. `stored`: the same key would only replay this answer. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly stored: boolean }
  /** Stripe will never accept this request. */
  | { readonly kind: 'refused'; readonly reason: string; readonly code: string | null; readonly param: string | null }
  /** Our key or its rights are wrong; no message is to blame. */
  | { readonly kind: 'misconfigured'; readonly reason: string };

/** Classifies what the SDK threw; null when it is not an error of a call to Stripe, but a bug of ours. */
export function stripeFailure(error: unknown): StripeFailure | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null;
  const reason = describe(error);
  const status = error.statusCode;
  if (isUnsent(error))
    return { kind: 'retry', reason: error.detail.message, afterSeconds: error.detail.seconds, unsent: true };
  if (status === undefined) return { kind: 'unknown', reason, stored: false };
  if (status === 401 || status === 403) return { kind: 'misconfigured', reason };
  if (isBusy(error)) return { kind: 'retry', reason, afterSeconds: retryAfter(error) };
  if (status === 402 || status === 500) return { kind: 'unknown', reason, stored: true };
  if (status > 500) return { kind: 'unknown', reason, stored: false };
  // A key in flight: the first request with it is still running.
  if (status === 409) return { kind: 'unknown', reason, stored: false };
  if (status === 424) return { kind: 'retry', reason, afterSeconds: null };
  return { kind: 'refused', reason, code: error.code ?? null, param: error.param ?? null };
}

/** Whether a refusal of a meter event says that its identifier was counted before: then it is done. */
export function isIdentifierTaken(failure: StripeFailure, identifier: string): boolean {
  if (failure.kind !== 'refused') return false;
  if (failure.code === 'duplicate_meter_event') return true;
  return /already exists/i.test(failure.reason) && failure.reason.includes(identifier);
}

function isUnsent(error: Stripe.errors.StripeError): error is Stripe.errors.StripeError & { detail: LineRests } {
  return error.detail instanceof LineRests;
}

function isBusy({ statusCode, code }: Stripe.errors.StripeError): boolean {
  return statusCode === 429 || code === 'rate_limit' || code === 'lock_timeout';
}

function retryAfter({ headers }: Stripe.errors.StripeError): number | null {
  const seconds = Number(headers?.['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) : null;
}

function describe({ statusCode, code, message, requestId }: Stripe.errors.StripeError): string {
  return [statusCode, code, message, requestId].filter((part) => part !== undefined && part !== '').join(' ');
}
