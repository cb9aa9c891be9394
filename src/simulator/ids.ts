import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const POOL_SIZE = 16_384;
let pool = Buffer.alloc(0);
let used = 0;

/** Random bytes, drawn in bulk: ids are made by the thousand. */
function draw(length: number): Buffer {
  if (used + length > pool.length) {
    pool = randomBytes(POOL_SIZE);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}

/** A fresh id in Stripe's form: a prefix, an underscore and letters. */
export function freshId(prefix: string, length = 24): string {
  const letters = Array.from(draw(length), (byte) => ALPHABET[byte % ALPHABET.length]);
  return `${prefix}_${letters.join('')}`;
}
