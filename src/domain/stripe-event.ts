// What Stripe tells us about one of its objects, before anything of it is believed: facts are fetched, not read here.

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
