import type { Refused } from '../../domain/rejection.ts';
import { type TimelineLine, timelineOf, type TimelineScope } from '../../storage/timeline.ts';
import type { Deps } from '../deps.ts';
import { findCustomer } from '../read-customer.ts';

export type { TimelineLine } from '../../storage/timeline.ts';

/** What happened to a customer, newest first. */
export async function readTimeline(
  deps: Pick<Deps, 'db'>,
  { customer: name, limit, ...scope }: TimelineScope & { readonly customer: string },
): Promise<{ readonly lines: readonly TimelineLine[]; readonly hasMore: boolean } | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  const lines = await timelineOf(deps.db, customer, { ...scope, limit: limit + 1 });
  return { lines: lines.slice(0, limit), hasMore: lines.length > limit };
}
