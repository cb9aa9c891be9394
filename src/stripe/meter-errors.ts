// Error reports: thin events about usage that Stripe took and then could not count. What they say must be fetched.
import type { StripeGateway } from './gateway.ts';

export interface MeterErrors {
  /** Of the interval that the report covers. */
  readonly count: number;
  readonly from: Date;
  readonly to: Date;
  /** Only a sample: `count` may be more. */
  readonly samples: readonly { readonly identifier: string; readonly code: string; readonly message: string }[];
}

/** What an error report says; null when the event is of another kind. */
export async function fetchMeterErrors(stripe: StripeGateway, eventId: string): Promise<MeterErrors | null> {
  const event = await stripe.v2.core.events.retrieve(eventId);
  if (event.type !== 'v1.billing.meter.error_report_triggered' && event.type !== 'v1.billing.meter.no_meter_found') {
    return null;
  }
  const { reason, validation_start: from, validation_end: to } = event.data;
  return {
    count: reason.error_count,
    from: new Date(from),
    to: new Date(to),
    samples: reason.error_types.flatMap(({ code, sample_errors: errors }) =>
      errors.map(({ error_message: message, request }) => ({ identifier: request.identifier, code, message })),
    ),
  };
}
