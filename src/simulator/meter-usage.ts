import type { MeterEventRecord } from './collections.ts';
import { ONE, toScaled } from './rounding.ts';
import type { Meter } from './wire.ts';
import type { World } from './world.ts';

const WINDOW: Readonly<Record<string, number>> = { hour: 3600, day: 86_400 };

export interface Usage {
  /** A count of 10⁻¹². */
  readonly total: bigint;
  readonly events: number;
}

/** What sums of a meter and a customer run over. */
export function bucketOf(meter: string, customer: string): string {
  return `${meter}|${customer}`;
}

/** For pre-aggregated feeds: the last event received in a window stands for it. */
function lastPerWindow(events: readonly MeterEventRecord[], seconds: number): MeterEventRecord[] {
  const byWindow = new Map(events.map((event) => [Math.floor(event.timestamp / seconds), event]));
  return Array.from(byWindow.values());
}

function latest(events: readonly MeterEventRecord[]): MeterEventRecord | undefined {
  let found: MeterEventRecord | undefined;
  for (const event of events) if (found === undefined || event.timestamp >= found.timestamp) found = event;
  return found;
}

/** The aggregate of a meter for a customer over `[start, end)`, of the events that count by now. */
export function meterUsage(world: World, meter: Meter, customer: string, start: number, end: number): Usage {
  const visible = Date.now();
  const counted = world.store
    .by('meter_events', 'bucket', bucketOf(meter.id, customer))
    .filter(
      (event) =>
        event.state === 'counted' && event.timestamp >= start && event.timestamp < end && event.visible_at <= visible,
    );
  const window = WINDOW[meter.event_time_window ?? ''];
  const events = window === undefined ? counted : lastPerWindow(counted, window);
  const { formula } = meter.default_aggregation;
  if (formula === 'count') return { total: BigInt(events.length) * ONE, events: events.length };
  if (formula === 'last') {
    const last = latest(events);
    return { total: last === undefined ? 0n : toScaled(last.value), events: events.length };
  }
  return { total: events.reduce((sum, event) => sum + toScaled(event.value), 0n), events: events.length };
}
