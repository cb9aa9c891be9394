import { createHash } from 'node:crypto';

import { canonicalJson } from '../domain/canonical-json.ts';
import { stripeFailure } from './failures.ts';

const ATTEMPTS_MAX = 4;

export interface Creation<Facts> {
  /** What is made, by its own name; two processes that make the same thing use the same key. */
  readonly key: string;
  readonly request: object;
  readonly create: (options: { idempotencyKey: string }) => Promise<{ facts: Facts; replayed: boolean }>;
  /** Looks the object up at Stripe by what it carries. */
  readonly find: () => Promise<Facts | null>;
}

/**
 * Creates what a look-up has just missed, once. Stripe replays the stored answer of a key for a day or longer, also a
 * 500 and an object deleted since: then the object is looked up, and only if it is absent the next epoch is tried.
 * Where nothing was stored, the same key is sent again, since the first try may still be running.
 * Throws what Stripe refused and what stays unknown; the next push looks first.
 */
export async function createOnce<Facts>({ key, request, create, find }: Creation<Facts>): Promise<Facts> {
  const plain: unknown = JSON.parse(JSON.stringify(request));
  const body = createHash('sha256').update(canonicalJson(plain)).digest('hex').slice(0, 16);
  let epoch = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { facts, replayed } = await create({ idempotencyKey: `creditpool/catalogue/${key}/${body}/${epoch}` });
      if (!replayed) return facts;
      if (attempt === ATTEMPTS_MAX) throw new Error(`Stripe replays ${key}, but it is not there`);
      epoch += 1;
    } catch (error) {
      const failure = stripeFailure(error);
      if (failure?.kind !== 'unknown' || attempt === ATTEMPTS_MAX) throw error;
      if (failure.stored) epoch += 1;
    }
    const found = await find();
    if (found !== null) return found;
  }
}
