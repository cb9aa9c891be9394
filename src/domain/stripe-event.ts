// What Stripe tells us about one of its objects. Only ids are read from it: facts are fetched when it is applied.

/** What is needed of an event to look at what it tells of. */
export interface StripeNotice {
  readonly eventId: string;
  readonly type: string;
  /** The object it is about; some previews have none. */
  readonly objectId: string | null;
  /** The invoice that this object names, such as a payment's; null when it names none. */
  readonly invoiceId: string | null;
  readonly livemode: boolean;
  readonly apiVersion: string | null;
  readonly createdAt: Date;
}

/** The whole of it, as it comes and is stored. */
export interface StripeEvent extends Omit<StripeNotice, 'invoiceId'> {
  readonly payload: Readonly<Record<string, unknown>>;
}
