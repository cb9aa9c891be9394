import type { StripeNotice } from '../src/domain/stripe-event.ts';
import type { Deps } from '../src/operations/deps.ts';
import { noteMeterErrors } from '../src/operations/note-meter-errors.ts';
import type { Handlers, Outcome } from '../src/stripe/events.ts';

/** Usage that Stripe took and could not count is owed still: whoever reads the report must put its cause right. */
async function note({ eventId }: StripeNotice, deps: Deps): Promise<Outcome> {
  const noted = await noteMeterErrors(deps, eventId);
  return noted === null
    ? { ignored: 'not a report of errors' }
    : { applied: `${noted.reported} reported, ${noted.parked} of ours parked` };
}

/** Only a destination for thin events brings these. */
export const meterHandlers: Handlers<Deps> = {
  'v1.billing.meter.error_report_triggered': note,
  'v1.billing.meter.no_meter_found': note,
};
