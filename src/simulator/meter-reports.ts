import { recordThin } from './thin-recording.ts';
import type { Meter } from './wire.ts';
import type { World } from './world.ts';

const WINDOW_MS = 10_000;

/** Puts a thin error report on record: its data is only shown to whoever fetches it. No meter: the name is unknown. */
export function reportMeterError(
  world: World,
  meter: Meter | undefined,
  code: string,
  message: string,
  identifier: string,
): void {
  const now = Date.now();
  recordThin(world, {
    type: meter === undefined ? 'v1.billing.meter.no_meter_found' : 'v1.billing.meter.error_report_triggered',
    snapshot_event: null,
    related_object:
      meter === undefined ? null : { id: meter.id, type: 'billing.meter', url: `/v1/billing/meters/${meter.id}` },
    data: {
      developer_message_summary: 'There is 1 invalid event',
      reason: {
        error_count: 1,
        error_types: [{ code, error_count: 1, sample_errors: [{ error_message: message, request: { identifier } }] }],
      },
      validation_start: new Date(now - WINDOW_MS).toISOString(),
      validation_end: new Date(now).toISOString(),
    },
  });
}
