// The usage that the demo makes up when it is given none: the same every time, shaped like real completion traffic,
// many middling prompts, few very long ones, short answers.
import type { UsageRow } from './usage-file.ts';

const STARTS_AT = Date.UTC(2026, 3, 1, 9, 0, 3);
const SEED = 20_260_401;

/** Rows that come to at least this many thousandths of a credit at 1 credit per 1 000 context and 3 per 1 000 generated. */
export function sampleUsage(millicreditsMin = 12_500_000n): readonly UsageRow[] {
  const next = randomNumbers(SEED);
  const rows: UsageRow[] = [];
  let atMs = STARTS_AT;
  let millicredits = 0n;
  while (millicredits < millicreditsMin) {
    atMs += Math.floor(-Math.log(1 - next()) * 800);
    const contextTokens = BigInt(Math.floor(50 + 7_400 * next() ** 1.4));
    const generatedTokens = BigInt(Math.floor(3 + 60 * next() ** 2));
    rows.push({ line: rows.length + 2, at: new Date(atMs), contextTokens, generatedTokens });
    millicredits += contextTokens + 3n * generatedTokens;
  }
  return rows;
}

/** Mulberry32: small, even enough, and the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
