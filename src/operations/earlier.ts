// What earlier requests were answered.
import type { Transaction } from '../storage/database.ts';
import { earlierAnswers } from '../storage/idempotency-keys.ts';
import { type KnownUsage, knownUsage } from '../storage/usage-events.ts';
import type { PoolRequest } from './pool-request.ts';

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

/** What the database knows of these requests from before. */
export async function readEarlier(trx: Transaction, requests: readonly PoolRequest[]): Promise<Earlier> {
  const usage = requests.filter((request) => request.kind === 'usage');
  const keyed = requests.flatMap((request) =>
    'key' in request ? [{ ...request.customer, operation: request.kind, key: request.key }] : [],
  );
  const [known, answers] = await Promise.all([
    usage.length === 0 ? [] : knownUsage(trx, usage),
    keyed.length === 0 ? [] : earlierAnswers(trx, keyed),
  ]);
  return {
    usage: new Map(known.map((event) => [usageKey(event.customerId, event.source, event.eventHash), event])),
    answers: new Map(answers.map((answer) => [answerKey(answer.customerId, answer.operation, answer.key), answer])),
  };
}
