const DAY = 86_400;

export interface Recurrence {
  readonly interval: string;
  readonly interval_count: number;
}

/** The instant `count` months after `anchor`: same day and time, or the last day of a shorter month. */
function monthsAfter(anchor: number, count: number): number {
  const from = new Date(anchor * 1000);
  const months = from.getUTCMonth() + count;
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), months + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay);
  const midnight = Date.UTC(from.getUTCFullYear(), months, day) / 1000;
  const midnightBefore = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate()) / 1000;
  return midnight + (anchor - midnightBefore);
}

/** The anchor moved on by `times` intervals (seconds, UTC). */
export function intervalsAfter(anchor: number, { interval, interval_count: count }: Recurrence, times: number): number {
  const units = count * times;
  switch (interval) {
    case 'day':
      return anchor + units * DAY;
    case 'week':
      return anchor + units * 7 * DAY;
    case 'month':
      return monthsAfter(anchor, units);
    case 'year':
      return monthsAfter(anchor, units * 12);
    default:
      throw new Error(`no interval ${interval}`);
  }
}

const SECONDS_AT_MOST: Readonly<Record<string, number>> = { day: DAY, week: 7 * DAY, month: 31 * DAY, year: 366 * DAY };

/** The first boundary after `instant`, counted from the anchor. */
export function boundaryAfter(anchor: number, recurrence: Recurrence, instant: number): number {
  const longest = (SECONDS_AT_MOST[recurrence.interval] ?? DAY) * recurrence.interval_count;
  let times = Math.max(0, Math.floor((instant - anchor) / longest));
  let boundary = intervalsAfter(anchor, recurrence, times);
  while (boundary <= instant) {
    times += 1;
    boundary = intervalsAfter(anchor, recurrence, times);
  }
  return boundary;
}

/** The boundary before one, so that a partial period knows the length of the whole. */
export function boundaryBefore(anchor: number, recurrence: Recurrence, boundary: number): number {
  let times = -1;
  while (intervalsAfter(anchor, recurrence, times + 1) < boundary) times += 1;
  return intervalsAfter(anchor, recurrence, times);
}
