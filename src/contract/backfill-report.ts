// A backfill's report as the API and the command show it.
import { toWireId } from './ids.ts';

interface Line {
  /** As the caller named it, or our own id. */
  readonly customer: string;
  readonly billingPeriodId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** First day of the month of use. */
  readonly month: string;
  readonly events: number;
  readonly credits: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  readonly unfundedEvents: number;
  readonly unfundedCredits: bigint;
}

/** One line: who used it, in which month, which billing period pays, how much of what. */
export function backfillLine(line: Line, formatCredits: (micro: bigint) => string) {
  const { customer } = line;
  return {
    customer: /^(cus_|ext:)/.test(customer) ? customer : toWireId('customer', customer),
    period: { id: toWireId('period', line.billingPeriodId), starts_at: line.startsAt, ends_at: line.endsAt },
    used_in: line.month.slice(0, 7),
    events: line.events,
    credits: formatCredits(line.credits),
    overage: formatCredits(line.overage),
    debt: formatCredits(line.debt),
    unfunded_events: line.unfundedEvents,
    unfunded_credits: formatCredits(line.unfundedCredits),
  };
}
