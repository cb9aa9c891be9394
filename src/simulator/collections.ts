import type * as wire from './wire.ts';

/** A meter event as it was accepted; whether and when it counts stands beside it. */
export interface MeterEventRecord {
  readonly id: string;
  readonly identifier: string;
  readonly event_name: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly timestamp: number;
  readonly created: number;
  /** `meter|customer`, what a sum runs over. */
  readonly bucket: string;
  /** Decimal text. */
  readonly value: string;
  readonly state: 'counted' | 'swallowed' | 'cancelled' | 'rejected';
  /** Real milliseconds from which sums see it. */
  readonly visible_at: number;
}

/** Work that falls due at an instant of one clock; a new one of the same id replaces it. */
export interface Task {
  readonly id: string;
  readonly kind: string;
  readonly object: string;
  /** A test clock's id, or 'own'. */
  readonly clock: string;
  readonly due: number;
}

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly endpoint: string;
  /** The endpoint while it still has to be tried, else null. */
  readonly queue: string | null;
  readonly state: 'pending' | 'acknowledged' | 'given_up';
  readonly tries: number;
  readonly status: number | null;
  /** Real milliseconds of the next try. */
  readonly next_try_at: number;
}

/** The stored first answer to an idempotency key. */
export interface StoredAnswer {
  readonly id: string;
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
  readonly request: string;
  readonly created: number;
}

/** What a draft's finalization waits for. */
export interface DraftState {
  readonly id: string;
  readonly schedule: 'after_webhooks' | 'explicit' | 'none';
  readonly created_event: string | null;
}

/** A thin event with the data that only fetching it shows. */
export interface ThinEvent {
  readonly id: string;
  readonly type: string;
  readonly created: string;
  readonly related_object: { readonly id: string; readonly type: string; readonly url: string } | null;
  /** Null for a ping, which tells of nothing. */
  readonly data: object | null;
  /** The snapshot event that tells the same. */
  readonly snapshot_event: string | null;
}

/** An event destination of the v2 API; its secret is shown once. */
export interface Destination {
  readonly id: string;
  readonly created: string;
  readonly description: string;
  readonly enabled_events: readonly string[];
  readonly event_payload: 'snapshot' | 'thin';
  readonly metadata: Readonly<Record<string, string>>;
  readonly name: string;
  readonly secret: string;
  readonly status: 'disabled' | 'enabled';
  readonly updated: string;
  readonly url: string;
}

/** The former secret of an endpoint or destination, which signs beside the present one until it ends. */
export interface FormerSecret {
  readonly id: string;
  readonly endpoint: string;
  readonly secret: string;
  /** Seconds of the simulator's own clock. */
  readonly until: number;
}

/** A short-lived token for the meter event stream. */
export interface MeterEventSession {
  readonly id: string;
  /** Real milliseconds. */
  readonly expires_at: number;
}

/** A feature attached to a product. */
export interface ProductFeatureRecord {
  readonly id: string;
  readonly product: string;
  readonly feature: string;
}

/** Which customer an alert has already spoken about. */
export interface AlertFiring {
  readonly id: string;
}

/** Every kind of object the simulator keeps. */
export interface Collections {
  alert_firings: AlertFiring;
  alerts: wire.Alert;
  answers: StoredAnswer;
  balance_transactions: wire.BalanceTransaction;
  charges: wire.Charge;
  checkout_sessions: wire.CheckoutSession;
  coupons: wire.Coupon;
  credit_balance_transactions: wire.CreditBalanceTransaction;
  credit_grants: wire.CreditGrant;
  credit_notes: wire.CreditNote;
  customer_balance_transactions: wire.CustomerBalanceTransaction;
  customers: wire.Customer;
  deleted: { readonly id: string; readonly object: string; readonly deleted: true };
  deliveries: Delivery;
  discounts: wire.Discount;
  disputes: wire.Dispute;
  drafts: DraftState;
  event_destinations: Destination;
  events: wire.SnapshotEvent;
  features: wire.Feature;
  former_secrets: FormerSecret;
  invoice_items: wire.InvoiceItem;
  invoice_payments: wire.InvoicePayment;
  invoices: wire.Invoice;
  meter_event_sessions: MeterEventSession;
  meter_events: MeterEventRecord;
  meters: wire.Meter;
  payment_intents: wire.PaymentIntent;
  payment_methods: wire.PaymentMethod;
  prices: wire.Price;
  product_features: ProductFeatureRecord;
  products: wire.Product;
  refunds: wire.Refund;
  schedules: wire.SubscriptionSchedule;
  settings: { readonly id: string; readonly value: number | string };
  subscriptions: wire.Subscription;
  tasks: Task;
  tax_rates: wire.TaxRate;
  test_clocks: wire.TestClock;
  thin_events: ThinEvent;
  webhook_endpoints: wire.WebhookEndpoint;
}
export type CollectionName = keyof Collections;

/** The fields looked up by, per collection. */
export const INDEXED = {
  alert_firings: [],
  alerts: [],
  answers: [],
  balance_transactions: ['source'],
  charges: ['payment_intent', 'customer'],
  checkout_sessions: [],
  coupons: [],
  credit_balance_transactions: ['credit_grant'],
  credit_grants: ['customer'],
  credit_notes: ['invoice'],
  customer_balance_transactions: ['customer'],
  customers: ['test_clock'],
  deleted: [],
  deliveries: ['event', 'queue'],
  discounts: [],
  disputes: ['charge'],
  drafts: [],
  event_destinations: [],
  events: [],
  features: [],
  former_secrets: ['endpoint'],
  invoice_items: ['customer', 'invoice'],
  invoice_payments: ['invoice'],
  invoices: ['customer'],
  meter_event_sessions: [],
  meter_events: ['bucket', 'identifier'],
  meters: ['event_name'],
  payment_intents: ['customer'],
  payment_methods: ['customer'],
  prices: ['product', 'lookup_key'],
  product_features: ['product'],
  products: [],
  refunds: ['charge', 'payment_intent'],
  schedules: ['subscription'],
  settings: [],
  subscriptions: ['customer'],
  tasks: ['clock', 'object'],
  tax_rates: [],
  test_clocks: [],
  thin_events: [],
  webhook_endpoints: [],
} as const satisfies { readonly [K in CollectionName]: readonly (keyof Collections[K])[] };

export const COLLECTION_NAMES = Object.keys(INDEXED) as CollectionName[];
