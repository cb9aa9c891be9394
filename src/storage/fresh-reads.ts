// Small tables that every request looks at: read again at most once a second, or after somebody here has changed them.
import type { Database, Transaction } from './database.ts';

const FRESH_MS = 1_000;

interface Read {
  readonly value: Promise<unknown>;
  readonly readAtMs: number;
}

const known = new WeakMap<object, Map<string, Read>>();

/** What was read under this name, if that was less than a second ago. */
export async function freshly<Value>(db: Database, name: string, read: () => Promise<Value>): Promise<Value> {
  const reads = readsOf(db);
  const earlier = reads.get(name);
  if (earlier !== undefined && performance.now() - earlier.readAtMs < FRESH_MS) return earlier.value as Promise<Value>;
  const value = read();
  reads.set(name, { value, readAtMs: performance.now() });
  // A read that failed is no answer for the next one.
  value.catch(() => reads.delete(name));
  return value;
}

/** Makes the next one read the table. */
export function forgetRead(db: Database | Transaction, name: string): void {
  readsOf(db).delete(name);
}

/** A database's pool and its transactions share knex's settings object. */
function readsOf(db: Database | Transaction): Map<string, Read> {
  const { config } = db.client as { readonly config: object };
  const reads = known.get(config) ?? new Map<string, Read>();
  known.set(config, reads);
  return reads;
}
