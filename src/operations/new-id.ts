import { randomFillSync } from 'node:crypto';

const RANDOM_BYTES = 10;
const pool = Buffer.alloc(RANDOM_BYTES * 512);
let used = pool.length;

/** A new UUID of version 7 (RFC 9562): 48 bits of wall time in ms, then randomness; ids of one moment lie together. */
export function newUuid(atMs: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString('hex', used, used + RANDOM_BYTES);
  const variant = (8 + ((pool[used + 2] ?? 0) & 3)).toString(16);
  used += RANDOM_BYTES;
  const time = atMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(5, 8)}-${random.slice(8)}`;
}
