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
  readonly data: object;
}

/** Every kind of object the simulator keeps. */
export interface Collections {
  alerts: wire.Alert;
  answers: StoredAnswer;
  charges: wire.Charge;
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
  events: wire.SnapshotEvent;
  invoice_items: wire.InvoiceItem;
  invoice_payments: wire.InvoicePayment;
  invoices: wire.Invoice;
  meter_events: MeterEventRecord;
  meters: wire.Meter;
  payment_intents: wire.PaymentIntent;
  payment_methods: wire.PaymentMethod;
  prices: wire.Price;
  products: wire.Product;
  refunds: wire.Refund;
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
  alerts: [],
  answers: [],
  charges: ['payment_intent', 'customer'],
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
  events: [],
  invoice_items: ['customer', 'invoice'],
  invoice_payments: ['invoice'],
  invoices: ['customer'],
  meter_events: ['bucket', 'identifier'],
  meters: ['event_name'],
  payment_intents: ['customer'],
  payment_methods: ['customer'],
  prices: ['product', 'lookup_key'],
  products: [],
  refunds: ['charge', 'payment_intent'],
  settings: [],
  subscriptions: ['customer'],
  tasks: ['clock', 'object'],
  tax_rates: [],
  test_clocks: [],
  thin_events: [],
  webhook_endpoints: [],
} as const satisfies { readonly [K in CollectionName]: readonly (keyof Collections[K])[] };

export const COLLECTION_NAMES = Object.keys(INDEXED) as CollectionName[];
