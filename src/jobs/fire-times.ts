// Which minutes of a span are worth asking whether an expression names them.
const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** To ask of every minute of a month takes seconds: a job of one minute is asked once an hour. */
export function stepOf(cron: string): number {
  return fieldOf(cron, 'minute') === null ? MINUTE_MS : HOUR_MS;
}

/** The one minute, or hour, that an expression names; null where it names several. */
export function fieldOf(cron: string, name: 'minute' | 'hour'): number | null {
  const field =
    cron
      .trim()
      .split(/\s+/)
      .at(name === 'minute' ? -5 : -4) ?? '';
  return /^\d+$/.test(field) ? Number(field) : null;
}

/** The minute of this instant, or of its hour the one at which the job can be due; in milliseconds. */
export function alignedMinute(cron: string, at: Date): number {
  const instant = at.getTime();
  const minute = fieldOf(cron, 'minute');
  if (minute === null) return Math.floor(instant / MINUTE_MS) * MINUTE_MS;
  return Math.floor(instant / HOUR_MS) * HOUR_MS + minute * MINUTE_MS;
}
