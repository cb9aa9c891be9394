// Credits are decimal strings on the wire and whole micro-credits here: sums are exact.
const MICRO = 1_000_000n;

/** "12.5" → 12500000n. Throws for what is no amount. */
export function toMicro(credits: string): bigint {
  const [, whole = '', fraction = ''] = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(credits) ?? [];
  if (whole === '') throw new RangeError(`${credits} is no amount of credits: a decimal string such as "12.5"`);
  return BigInt(whole) * MICRO + BigInt(fraction.padEnd(6, '0'));
}

export function toCredits(micro: bigint): string {
  const fraction = (micro % MICRO).toString().padStart(6, '0').replace(/0+$/, '');
  return `${micro / MICRO}${fraction === '' ? '' : `.${fraction}`}`;
}
