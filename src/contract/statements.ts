// Statements and balances of the past as the API and the commands show them.
import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import type { LedgerLine, LedgerStatement, PoolSums } from '../domain/ledger-line.ts';
import { fromWireId, toWireId } from './ids.ts';
import { instant, text } from './text.ts';

export const balanceQuery = z.strictObject({ at: instant.optional(), member: text(200).optional() });

/** A line's place: its entry, and inside an entry of usage the event's. */
const lineId = z.string().transform((id, context) => {
  const match = /^(entry_[0-9a-z]{26})(?:\.(\d{1,7}))?$/.exec(id);
  const entryId = match?.[1] === undefined ? null : fromWireId('entry', match[1]);
  if (entryId !== null) return { entryId, seq: Number(match?.[2] ?? '0') };
  context.addIssue({ code: 'custom', message: 'must be the id of a line of this statement (entry_…)' });
  return z.NEVER;
});

export const statementQuery = z.strictObject({
  from: instant,
  to: instant,
  member: text(200).optional(),
  format: z.enum(['json', 'csv']).default('json'),
  limit: z.coerce.number<number | string>().int().min(1).max(1_000).default(100),
  starting_after: lineId.optional(),
});

export interface ShownSums {
  readonly available: string;
  readonly held: string;
  readonly frozen: string;
  readonly overage: string;
  readonly debt: string;
}

export function shownSums(sums: PoolSums): ShownSums {
  return {
    available: formatCredits(sums.available),
    held: formatCredits(sums.held),
    frozen: formatCredits(sums.frozen),
    overage: formatCredits(sums.overage),
    debt: formatCredits(sums.debt),
  };
}

export function shownStatement(statement: LedgerStatement, url: string) {
  const last = statement.lines.at(-1);
  return {
    object: 'list',
    url,
    customer: toWireId('customer', statement.customerId),
    unit: statement.unit,
    from: statement.from,
    to: statement.to,
    opening: shownSums(statement.opening),
    closing: shownSums(statement.closing),
    data: statement.lines.map(shownLine),
    has_more: statement.hasMore,
    next: statement.hasMore && last !== undefined ? shownLineId(last) : null,
  };
}

export function shownLineId({ entryId, seq }: Pick<LedgerLine, 'entryId' | 'seq'>): string {
  return seq === 0 ? toWireId('entry', entryId) : `${toWireId('entry', entryId)}.${seq}`;
}

function shownLine(line: LedgerLine) {
  return {
    id: shownLineId(line),
    object: 'statement_line',
    entry: toWireId('entry', line.entryId),
    at: line.at,
    kind: line.kind,
    action: line.action,
    usage_event: line.usageEventId === null ? null : toWireId('usage', line.usageEventId),
    event_id: line.eventId,
    member: line.member,
    actor: line.actor,
    reason: line.reason,
    stripe: line.stripe,
    changes: shownSums(line.changes),
    balance: shownSums(line.balance),
  };
}
