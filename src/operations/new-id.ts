import { randomFillSync } from 'node:crypto';

const RANDOM_BYTES = 8;
const pool = Buffer.alloc(RANDOM_BYTES * 512);
let used = pool.length;

const TURNS = 4_096;
let lastMs = 0;
let turn = 0;

/**
 * A new UUID of version 7 (RFC 9562, method 1): 48 bits of wall time in ms, 12 bits that count inside a millisecond, then
 * randomness. Those of one process are in the order in which they were made, also where more than 4 096 were made in one
 * millisecond or the clock was set back: the time then runs ahead.
 */
export function newUuid(atMs: number): string {
  if (atMs > lastMs) {
    lastMs = atMs;
    turn = 0;
  } else if (turn === TURNS) {
    lastMs += 1;
    turn = 0;
  }
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString('hex', used, used + RANDOM_BYTES);
  const variant = (8 + ((pool[used] ?? 0) & 3)).toString(16);
  used += RANDOM_BYTES;
  const time = lastMs.toString(16).padStart(12, '0');
  const count = turn.toString(16).padStart(3, '0');
  turn += 1;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
}
