// What earlier requests were answered.
import type { KnownUsage } from '../storage/usage-events.ts';

/** What is known about earlier requests; it grows with the batch, so that doubles inside one batch are seen too. */
export interface Earlier {
  /** By customer, source and event hash. */
  readonly usage: Map<
    string,
    Pick<KnownUsage, 'usageEventId' | 'action' | 'occurredAt' | 'quantities' | 'dimensions' | 'credits'>
  >;
  /** By customer, operation and key. */
  readonly answers: Map<string, { readonly fingerprint: string; readonly effect: unknown }>;
}

export function usageKey(customerId: string, source: string, hash: string): string {
  return `${customerId}/${source}/${hash}`;
}

export function answerKey(customerId: string, operation: string, key: string): string {
  return `${customerId}/${operation}/${key}`;
}
