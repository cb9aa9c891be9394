// How lists, counts and lengths of time stand in a sentence.

/** ['a', 'b', 'c'] → "a, b and c" */
export function listed(items: readonly string[]): string {
  const [last = '', ...before] = items.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`;
}

/** (1, 'day') → "1 day", (365, 'day') → "365 days" */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const LENGTHS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

/** 900 → "15 minutes": in the largest unit that leaves no rest. */
export function duration(seconds: number): string {
  const [length, noun] = LENGTHS.find(([unit]) => seconds % unit === 0 && seconds > 0) ?? [1, 'second'];
  return plural(Math.round(seconds / length), noun);
}
