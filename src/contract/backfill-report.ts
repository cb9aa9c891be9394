// A backfill's report as the API and the command show it.
import { formatCredits } from '../domain/amount.ts';
import type { BackfillLine } from '../domain/backfill.ts';
import { toWireId } from './ids.ts';

/** One line: who used it, in which month, which billing period pays, how much of what. */
export function shownLine(line: BackfillLine & { readonly startsAt: Date; readonly endsAt: Date }) {
  return {
    customer:
      line.customer.includes(':') || line.customer.startsWith('cus_')
        ? line.customer
        : toWireId('customer', line.customer),
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
