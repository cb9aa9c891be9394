// What Stripe tells us about one of its objects. Only ids are read from it: facts are fetched when it is applied.

export interface StripeEvent {
  readonly eventId: string;
  readonly type: string;
  /** The object it is about; some previews have none. */
  readonly objectId: string | null;
  readonly livemode: boolean;
  readonly apiVersion: string | null;
  readonly createdAt: Date;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The id that another field of the event's object refers to, such as a payment's invoice; null when there is none. */
export function referenceIn(event: StripeEvent, field: string): string | null {
  const { object } = (event.payload['data'] ?? {}) as { readonly object?: Readonly<Record<string, unknown>> };
  const reference = object?.[field];
  return typeof reference === 'string' ? reference : null;
}
