import { stringify } from 'csv-stringify/sync';

import { formatCredits } from '../domain/amount.ts';
import { guarded } from './spreadsheet.ts';

interface DayOfUse {
  readonly day: string;
  readonly action: string;
  readonly name: string;
  readonly member: string | null;
  readonly events: number;
  readonly credits: bigint;
}

/** A customer's own usage by day: RFC 4180 with CRLF, texts guarded against formulas. */
export function usageByDayCsv(days: readonly DayOfUse[]): string {
  const rows = days.map(({ day, action, name, member, events, credits }) => ({
    day,
    action: guarded(action),
    name: guarded(name),
    member: guarded(member),
    events: String(events),
    credits: formatCredits(credits),
  }));
  const columns = ['day', 'action', 'name', 'member', 'events', 'credits'];
  return stringify(rows, { header: true, columns, record_delimiter: 'windows', quoted_match: /[\r\n]/ });
}
