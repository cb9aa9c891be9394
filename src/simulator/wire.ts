import type { Stripe } from 'stripe';

type Scalar = string | number | boolean | null | undefined;

/** A field as it travels: a decimal is a string, and what may be expanded is its id. */
type Field<V> = [string] extends [V] ? Extract<V, Scalar> : Wire<V>;

/** An object of the SDK's types as it stands in the JSON of an answer, nothing expanded. */
export type Wire<T> = T extends Stripe.Decimal
  ? string
  : T extends ReadonlyArray<infer Item>
    ? Field<Item>[]
    : T extends object
      ? { [K in keyof T]: Field<T[K]> }
      : T;

export type Account = Wire<Stripe.Account>;
export type Alert = Wire<Stripe.Billing.Alert>;
export type BalanceTransaction = Wire<Stripe.BalanceTransaction>;
export type CheckoutSession = Wire<Stripe.Checkout.Session>;
export type ActiveEntitlement = Wire<Stripe.Entitlements.ActiveEntitlement>;
export type ActiveEntitlementSummary = Wire<Stripe.Entitlements.ActiveEntitlementSummary>;
export type Feature = Wire<Stripe.Entitlements.Feature>;
export type SubscriptionSchedule = Wire<Stripe.SubscriptionSchedule>;
export type Charge = Wire<Stripe.Charge>;
export type CreditBalanceTransaction = Wire<Stripe.Billing.CreditBalanceTransaction>;
export type CreditGrant = Wire<Stripe.Billing.CreditGrant>;
export type CreditNote = Wire<Stripe.CreditNote>;
export type CreditNoteLine = Wire<Stripe.CreditNoteLineItem>;
export type Customer = Wire<Stripe.Customer>;
export type CustomerBalanceTransaction = Wire<Stripe.CustomerBalanceTransaction>;
export type Invoice = Wire<Stripe.Invoice>;
export type InvoiceItem = Wire<Stripe.InvoiceItem>;
export type InvoiceLine = Wire<Stripe.InvoiceLineItem>;
export type InvoicePayment = Wire<Stripe.InvoicePayment>;
export type Meter = Wire<Stripe.Billing.Meter>;
export type MeterEventSummary = Wire<Stripe.Billing.MeterEventSummary>;
export type PaymentIntent = Wire<Stripe.PaymentIntent>;
export type PaymentMethod = Wire<Stripe.PaymentMethod>;
export type Plan = Wire<Stripe.Plan>;
export type Price = Wire<Stripe.Price>;
export type Product = Wire<Stripe.Product>;
export type ProductFeature = Wire<Stripe.ProductFeature>;
export type Refund = Wire<Stripe.Refund>;
export type Subscription = Wire<Stripe.Subscription>;
export type SubscriptionItem = Wire<Stripe.SubscriptionItem>;
export type TaxRate = Wire<Stripe.TaxRate>;
export type Coupon = Wire<Stripe.Coupon>;
export type Discount = Wire<Stripe.Discount>;
export type Dispute = Wire<Stripe.Dispute>;
export type TestClock = Wire<Stripe.TestHelpers.TestClock>;
export type WebhookEndpoint = Wire<Stripe.WebhookEndpoint>;

/** The types of snapshot events the SDK knows. */
export type EventType = Stripe.Event['type'];

/** A snapshot event; its object is whatever the type says, frozen as it was. */
export interface SnapshotEvent {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: object };
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: EventType;
}

/** The API version that this simulator speaks. */
export const API_VERSION = '2026-10-28.endive';
