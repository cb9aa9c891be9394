import { stringify } from 'csv-stringify/sync';

import { formatCredits } from '../domain/amount.ts';
import type { LedgerLine, LedgerStatement } from '../domain/ledger-line.ts';
import { toWireId } from './ids.ts';
import { guarded } from './spreadsheet.ts';
import { shownLineId } from './statements.ts';

const COLUMNS = [
  'at',
  'line',
  'kind',
  'action',
  'usage_event',
  'event_id',
  'member',
  'actor',
  'reason',
  'stripe',
  'available_change',
  'held_change',
  'overage_change',
  'debt_change',
  'available',
  'held',
  'overage',
  'debt',
] as const;

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** RFC 4180 with CRLF: opening, lines, closing. Numbers are the exporter's own; everything else is guarded as text. */
export function statementCsv(statement: LedgerStatement): string {
  const { from, to, opening, closing, lines } = statement;
  const edge = { ...NOTHING, actor: '' };
  const rows: readonly Row[] = [
    { ...edge, at: from.toISOString(), kind: 'opening', ...standing(opening) },
    ...lines.map(toRow),
    { ...edge, at: to.toISOString(), kind: 'closing', ...standing(closing) },
  ];
  return stringify([...rows], {
    header: true,
    columns: [...COLUMNS],
    record_delimiter: 'windows',
    quoted_match: /[\r\n]/,
  });
}

const NOTHING = Object.fromEntries(COLUMNS.map((column) => [column, ''])) as Row;

function toRow(line: LedgerLine): Row {
  const { changes, balance } = line;
  return {
    at: line.at.toISOString(),
    line: shownLineId(line),
    kind: line.kind,
    action: guarded(line.action),
    usage_event: line.usageEventId === null ? '' : toWireId('usage', line.usageEventId),
    event_id: guarded(line.eventId),
    member: guarded(line.member),
    actor: guarded(line.actor),
    reason: guarded(line.reason),
    stripe: guarded(Object.values(line.stripe ?? {}).join(' ')),
    available_change: formatCredits(changes.available),
    held_change: formatCredits(changes.held),
    overage_change: formatCredits(changes.overage),
    debt_change: formatCredits(changes.debt),
    ...standing(balance),
  };
}

function standing({ available, held, overage, debt }: LedgerStatement['opening']) {
  return {
    available: formatCredits(available),
    held: formatCredits(held),
    overage: formatCredits(overage),
    debt: formatCredits(debt),
  };
}
