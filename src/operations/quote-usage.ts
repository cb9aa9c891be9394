import { NIL_ID } from '../domain/account.ts';
import { withLane } from '../domain/lane-id.ts';
import { availableAt } from '../domain/pool-book.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import type { Refused } from '../domain/rejection.ts';
import { noPeriod, recordUsage } from '../domain/usage.ts';
import { resolveCustomers } from '../storage/customers.ts';
import { decideCheck } from './decide-usage.ts';
import type { Deps } from './deps.ts';
import type { CheckAnswer } from './pool-request.ts';
import { rehearse, type Rehearsal } from './rehearse-usage.ts';
import { unknownCustomer } from './track-usage.ts';

export interface QuoteLine {
  readonly action: string;
  readonly quantities: Quantities;
  readonly dimensions: Dimensions;
}

export interface Quote {
  /** All of it may run, one line after the other. */
  readonly allowed: boolean;
  readonly cost: bigint;
  readonly overage: bigint;
  readonly available: bigint;
  readonly lines: readonly (QuoteLine & { readonly check: CheckAnswer })[];
}

/**
 * What several pieces of work would cost together: each line is judged as if the allowed ones before it had run. Changes
 * nothing and reserves nothing. A line that cannot be rated refuses the quote, since there would be no total.
 */
export async function quoteUsage(
  deps: Deps,
  asked: { readonly customer: string; readonly lines: readonly QuoteLine[] },
): Promise<Quote | Refused> {
  const customer = (await resolveCustomers(deps.db, [asked.customer])).get(asked.customer);
  if (customer === undefined) return unknownCustomer();
  return rehearse(deps, [customer], (rehearsal) => quoted(rehearsal, asked.lines));
}

function quoted({ moment, books, ratesFor }: Rehearsal, asked: readonly QuoteLine[]): Quote | Refused {
  const [book] = books.values();
  if (book === undefined) return noPeriod(asked[0]?.action ?? 'this');
  const rates = ratesFor(book);
  const available = availableAt(book, moment.now);
  const lines: (QuoteLine & { check: CheckAnswer })[] = [];
  for (const [index, line] of asked.entries()) {
    const check = decideCheck(book, { kind: 'check', customer: book.customer, ...line }, rates, moment);
    if ('rejected' in check) return atLine(check, index);
    lines.push({ ...line, check });
    if (!check.allowed) continue;
    const row = rates.find(({ burnRateId }) => burnRateId === check.burnRateId);
    const usageEventId = withLane(moment.newId(), book.customer.lane);
    recordUsage(
      book,
      {
        ...line,
        usageEventId,
        source: 'quote',
        eventId: usageEventId,
        eventHash: NIL_ID,
        occurredAt: moment.now,
        feature: row?.feature ?? '',
        member: null,
        agent: null,
        quantities: {},
        credits: check.cost,
        burnRateId: check.burnRateId,
        amends: null,
        cause: null,
      },
      moment,
    );
  }
  const sum = (of: (check: CheckAnswer) => bigint): bigint => lines.reduce((total, { check }) => total + of(check), 0n);
  return {
    allowed: lines.every(({ check }) => check.allowed),
    cost: sum(({ cost }) => cost),
    overage: sum(({ overage }) => overage),
    available,
    lines,
  };
}

/** Names the line beside the field: `lines.3.action`. */
function atLine({ rejected }: Refused, index: number): Refused {
  const param = ['lines', String(index), ...('param' in rejected ? [rejected.param] : [])].join('.');
  return { rejected: { ...rejected, param } as Refused['rejected'] };
}
