// What the load process may be asked to send, and what it answers.

/** One kind of request, sent again and again; `{n}` in headers and body becomes the number of the request. */
export interface RepeatedRequest {
  readonly kind: 'repeated';
  readonly path: string;
  readonly connections: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly forMs: number;
}

/** Batches of usage events with ids of their own, made before the clock starts. */
export interface TrackedBatches {
  readonly kind: 'track';
  readonly connections: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly customers: readonly string[];
  readonly batches: number;
  readonly batchEvents: number;
}

export type LoadOrder = RepeatedRequest | TrackedBatches;

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** One per request. */
  readonly latenciesMs: readonly number[];
}
