import type { CustomerKey } from '../domain/customer.ts';
import type { ModelPrice } from '../domain/model-prices.ts';
import { modelOf, type ProviderUse } from '../domain/provider-cost.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import type { UsageCause } from '../domain/usage.ts';
import { resolveCustomers } from '../storage/customers.ts';
import { modelPrices } from '../storage/model-prices.ts';
import { eventHash } from '../storage/usage-events.ts';
import type { Deps } from './deps.ts';
import type { Executor } from './executor.ts';
import type { RecordedUsage, UsageRequest } from './pool-request.ts';

/** What real-time operations are given: the executor gathers and commits for all of them. */
export interface RealTime {
  readonly deps: Deps;
  readonly executor: Executor;
}

export interface TrackedEvent {
  readonly eventId: string;
  /** `cus_…`, `ext:…` or our own id */
  readonly customer: string;
  readonly action: string;
  readonly quantities: Quantities;
  /** none: {} */
  readonly dimensions?: Dimensions;
  /** null: now */
  readonly occurredAt: Date | null;
  readonly member: string | null;
  /** none: null */
  readonly agent?: string | null;
  readonly source: string;
  /** Given by who brings it in by hand; none: reported as it happened. */
  readonly cause?: UsageCause;
  /** What it cost at the model's provider, and whose; none: null */
  readonly provider?: ProviderUse | null;
}

export type TrackedUsage = RecordedUsage;

/** Stores, rates and burns usage that happened; one answer per event, in order, after its commit. */
export async function trackUsage(
  { deps, executor }: RealTime,
  { events }: { readonly events: readonly TrackedEvent[] },
): Promise<readonly (TrackedUsage | Refused)[]> {
  const customers = await resolveCustomers(deps.db, [...new Set(events.map(({ customer }) => customer))]);
  const prices = await pricesFor(deps, events);
  const requests = events.map((event): UsageRequest | Refused => {
    const customer = customers.get(event.customer);
    if (customer === undefined) return unknownCustomer();
    return usageRequest(event, customer, prices);
  });
  const known = requests.filter((request): request is UsageRequest => 'kind' in request);
  const answers = await executor.submit(known);
  let taken = 0;
  return requests.map((request) => {
    if ('rejected' in request) return request;
    const answer = answers[taken];
    taken += 1;
    if (answer?.kind === 'usage') return answer.usage;
    if (answer?.kind === 'refused') return { rejected: answer.rejected };
    throw new Error(`usage was answered by ${answer?.kind ?? 'nothing'}`);
  });
}

/** The price list, where one of these uses names a model and no cost of its own. */
async function pricesFor(
  { db }: Deps,
  uses: readonly { readonly provider?: ProviderUse | null; readonly dimensions?: Dimensions }[],
): Promise<readonly ModelPrice[]> {
  const asks = uses.some(
    ({ provider = null, dimensions = {} }) => provider?.costNano == null && modelOf(provider, dimensions) !== null,
  );
  return asks ? modelPrices(db) : [];
}

/** An event as the executor takes it. */
export function usageRequest(
  event: TrackedEvent,
  customer: CustomerKey,
  prices: readonly ModelPrice[] = [],
): UsageRequest {
  return {
    kind: 'usage',
    customer,
    source: event.source,
    eventId: event.eventId,
    eventHash: eventHash(event.eventId),
    occurredAt: event.occurredAt,
    action: event.action,
    member: event.member,
    agent: event.agent ?? null,
    quantities: event.quantities,
    dimensions: event.dimensions ?? {},
    cause: event.cause ?? null,
    provider: event.provider ?? null,
    prices,
  };
}

export function unknownCustomer(): Refused {
  return refuse('unknown_customer', 'No customer has this name. New customers appear when Stripe reports them.', {
    param: 'customer',
  });
}
