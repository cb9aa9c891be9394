import type { CustomerKey } from '../domain/customer.ts';
import type { Dimensions, Quantities } from '../domain/rating.ts';
import type { Refused } from '../domain/rejection.ts';
import { resolveCustomers } from '../storage/customers.ts';
import type { Deps } from './deps.ts';
import type { CheckAnswer, UsageCheck } from './pool-request.ts';
import { rehearse, type Rehearsal } from './rehearse-usage.ts';
import { unknownCustomer, usageRequest } from './track-usage.ts';

export interface QuoteLine {
  readonly action: string;
  readonly quantities: Quantities;
  readonly dimensions: Dimensions;
}

export interface QuoteRequest {
  readonly customer: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly lines: readonly QuoteLine[];
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
export async function quoteUsage(deps: Deps, asked: QuoteRequest): Promise<Quote | Refused> {
  const customer = (await resolveCustomers(deps.db, [asked.customer])).get(asked.customer);
  if (customer === undefined) return unknownCustomer();
  const { member, agent } = asked;
  const checks = asked.lines.map((line): UsageCheck => ({ kind: 'check', customer, member, agent, ...line }));
  return rehearse(deps, checks, (rehearsal) => quoted(rehearsal, customer, asked, checks));
}

function quoted(
  { moment, decide }: Rehearsal,
  customer: CustomerKey,
  asked: QuoteRequest,
  checks: readonly UsageCheck[],
): Quote | Refused {
  const earlier = { usage: new Map(), answers: new Map() };
  const lines: (QuoteLine & { check: CheckAnswer })[] = [];
  for (const [index, request] of checks.entries()) {
    const answer = decide(request, earlier);
    if (answer.kind === 'refused') return atLine(answer, index);
    if (answer.kind !== 'check') throw new Error(`a check was answered by ${answer.kind}`);
    const { check } = answer;
    const { action, quantities, dimensions } = request;
    const line = { action, quantities, dimensions };
    lines.push({ ...line, check });
    if (!check.allowed) continue;
    const { member, agent } = asked;
    const event = { ...line, eventId: moment.newId(), customer: asked.customer, occurredAt: null, member, agent };
    decide(usageRequest({ ...event, source: 'quote' }, customer), earlier);
  }
  const sum = (of: (check: CheckAnswer) => bigint): bigint => lines.reduce((total, { check }) => total + of(check), 0n);
  return {
    allowed: lines.every(({ check }) => check.allowed),
    cost: sum(({ cost }) => cost),
    overage: sum(({ overage }) => overage),
    available: lines[0]?.check.available ?? 0n,
    lines,
  };
}

/** Names the line beside the field: `lines.3.action`. */
function atLine({ rejected }: Refused, index: number): Refused {
  const param = ['lines', String(index), ...('param' in rejected ? [rejected.param] : [])].join('.');
  return { rejected: { ...rejected, param } as Refused['rejected'] };
}
