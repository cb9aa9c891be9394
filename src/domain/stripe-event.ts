// What Stripe tells us about one of its objects. Only ids are read from it: facts are fetched when it is applied.

/** What is needed of an event to look at what it tells of. */
export interface StripeNotice {
  readonly eventId: string;
  readonly type: string;
  /** The object it is about; some previews have none. */
  readonly objectId: string | null;
  /** The customer that this object is or names; null when it names none. */
  readonly stripeCustomerId: string | null;
  /** The invoice that this object names, such as a payment's; null when it names none. */
  readonly invoiceId: string | null;
  readonly livemode: boolean;
  readonly apiVersion: string | null;
  readonly createdAt: Date;
}

/** The whole of it, as it comes and is stored. */
export interface StripeEvent extends StripeNotice {
  /** The account that it says it belongs to; null when it names none. */
  readonly account: string | null;
  /** Why an invoice was made; null for anything else. */
  readonly billingReason: string | null;
  /** Character by character as it came. */
  readonly body: string;
}
