// How much each measurement does. Quick must end within 90 seconds on two cores; tiny only proves that all of it runs.

/** Batches of events under way at once; the bare insert uses as many connections. */
export const INGEST_CONNECTIONS = 8;

export interface Sizes {
  readonly pools: number;
  readonly rounds: number;
  /** Of requests at 64 connections. */
  readonly sliceMs: number;
  /** Of 1 000 events each, in one round of ingest. */
  readonly batches: number;
  readonly batchEvents: number;
  /** Customers who sign up in one round of webhooks. */
  readonly webhooks: number;
  readonly webhookRounds: number;
  /** Stored events before and after growth; null leaves growth out. */
  readonly growth: { readonly small: number; readonly large: number } | null;
  /** Books that are compared with themselves. */
  readonly recon: { readonly customers: number; readonly events: number };
}

export const FULL: Sizes = {
  pools: 1_000,
  rounds: 7,
  sliceMs: 3_000,
  batches: 120,
  batchEvents: 1_000,
  webhooks: 100,
  webhookRounds: 5,
  growth: { small: 100_000, large: 5_000_000 },
  recon: { customers: 10_000, events: 1_000_000 },
};

export const QUICK: Sizes = {
  pools: 1_000,
  rounds: 3,
  sliceMs: 800,
  batches: 16,
  batchEvents: 1_000,
  webhooks: 60,
  webhookRounds: 3,
  growth: null,
  recon: { customers: 500, events: 50_000 },
};

export const TINY: Sizes = {
  pools: 10,
  rounds: 1,
  sliceMs: 60,
  batches: 8,
  batchEvents: 20,
  webhooks: 2,
  webhookRounds: 1,
  growth: { small: 100, large: 400 },
  recon: { customers: 10, events: 400 },
};
