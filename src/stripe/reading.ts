// Stripe's wire types as our own: seconds as instants, integers of minor units as bigint, expandable objects as ids.
import { Stripe } from 'stripe';

export function instant(seconds: number): Date {
  return new Date(seconds * 1000);
}

export function instantOrNull(seconds: number | null | undefined): Date | null {
  return seconds === null || seconds === undefined ? null : instant(seconds);
}

export function minor(amount: number | null | undefined): bigint {
  return BigInt(amount ?? 0);
}

export function sumMinor(amounts: readonly { readonly amount: number }[] | null | undefined): bigint {
  return (amounts ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** The id of an object that may have been expanded. */
export function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

export function idOrNull(reference: string | { readonly id: string } | null | undefined): string | null {
  return reference === null || reference === undefined ? null : idOf(reference);
}

/** An object that was to be expanded in the answer. */
export function expanded<Expanded extends { readonly id: string }>(reference: string | Expanded): Expanded {
  if (typeof reference === 'string') throw new Error(`Stripe answered without ${reference}`);
  return reference;
}

/** An object as it came, as JSON text, for the mirror: later readers may need what we do not read yet. */
export function asStored(object: object): string {
  return JSON.stringify(object);
}

/** The fetched object, or null when Stripe has none of this id. */
export async function unlessMissing<Fetched>(fetching: Promise<Fetched>): Promise<Fetched | null> {
  try {
    return await fetching;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return null;
    throw error;
  }
}
