// Ledger, usage and customers of a span as rows of text, as far as they were recorded before an instant: entries are only
// added, so the same question has the same answer for ever.
import type { StatementKind } from '../domain/statement-export.ts';
import type { Transaction } from './database.ts';
import { streamLines } from './row-stream.ts';

export interface ExportSpan {
  readonly from: Date;
  readonly to: Date;
  readonly recordedBefore: Date;
  /** Null: all of them. */
  readonly customerId: string | null;
}

const CUSTOMER = `'customer', c.customer_id, 'external_id', c.external_id, 'stripe_customer', c.stripe_customer_id`;

const LEDGER = `
  select jsonb_build_object('entry', p.entry_id, 'line', p.seq, 'effective_at', e.effective_at, 'recorded_at', e.recorded_at,
    'kind', e.kind, ${CUSTOMER}, 'unit', p.unit, 'from', p.from_kind, 'to', p.to_kind, 'amount', p.amount::text,
    'pool', nullif(p.to_pool_id, '00000000-0000-0000-0000-000000000000'), 'lot', p.lot_id, 'belongs_to', e.belongs_to,
    'actor', e.actor, 'reason', e.reason, 'source_type', e.source_type, 'source', e.source_id,
    'stripe', (select string_agg(s.value, ' ' order by s.key) from jsonb_each_text(e.stripe) s),
    'reversal_of', e.reversal_of)::text as line
  from journal_entries e
  join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
  join customers c on c.lane = e.lane and c.customer_id = e.customer_id
  where e.lane between 0 and 63 and e.effective_at >= $1 and e.effective_at < $2 and e.recorded_at < $3
    and ($4::uuid is null or e.customer_id = $4)
  order by e.effective_at, e.customer_id, e.entry_id, p.seq`;

const USAGE = `
  select jsonb_build_object('usage_event', u.usage_event_id, 'occurred_at', u.occurred_at, 'recorded_at', u.recorded_at,
    ${CUSTOMER}, 'source', u.source, 'event_id', u.event_id, 'action', u.action, 'member', u.member,
    'quantities', u.quantities, 'dimensions', u.dimensions, 'credits', u.credits::text, 'overage', u.overage::text,
    'debt', u.debt::text, 'outcome', u.outcome, 'undone', coalesce(r.credits, 0)::text, 'entry', u.entry_id)::text as line
  from usage_events u
  join customers c on c.lane = u.lane and c.customer_id = u.customer_id
  left join (select x.lane, x.customer_id, x.usage_event_id, x.credits from usage_reversals x
      left join journal_entries e on e.lane = x.lane and e.customer_id = x.customer_id and e.entry_id = x.entry_id
      where x.lane between 0 and 63 and (x.entry_id is null or e.recorded_at < $3)) r
    on r.lane = u.lane and r.customer_id = u.customer_id and r.usage_event_id = u.usage_event_id
  where u.lane between 0 and 63 and u.occurred_at >= $1 and u.occurred_at < $2 and u.recorded_at < $3
    and ($4::uuid is null or u.customer_id = $4)
  order by u.occurred_at, u.customer_id, u.usage_event_id`;

/** Each account of each customer: what it opened with, what came in and went out, what it closed with. */
const CUSTOMERS = `
  with sides as (
    select p.lane, p.customer_id, p.unit, side.account, e.effective_at < $1 as is_before, side.came, side.went
    from journal_entries e
    join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
    cross join lateral (values (p.to_kind, p.amount, 0::bigint), (p.from_kind, 0::bigint, p.amount))
      as side (account, came, went)
    where e.lane between 0 and 63 and e.effective_at < $2 and e.recorded_at < $3
      and ($4::uuid is null or e.customer_id = $4)
  ), sums as (
    select lane, customer_id, unit, account, coalesce(sum(came - went) filter (where is_before), 0) as opening,
      coalesce(sum(came) filter (where not is_before), 0) as came,
      coalesce(sum(went) filter (where not is_before), 0) as went, sum(came - went) as closing
    from sides group by lane, customer_id, unit, account
  )
  select jsonb_build_object(${CUSTOMER}, 'name', c.name, 'unit', s.unit, 'account', s.account, 'opening', s.opening::text,
    'in', s.came::text, 'out', s.went::text, 'closing', s.closing::text)::text as line
  from sums s join customers c on c.lane = s.lane and c.customer_id = s.customer_id
  where s.opening <> 0 or s.came <> 0 or s.went <> 0
  order by s.customer_id, s.unit, s.account`;

const STATEMENTS: Readonly<Record<StatementKind, string>> = { ledger: LEDGER, usage: USAGE, customers: CUSTOMERS };

/** Rows as JSON text, some hundred at once. */
export async function streamStatement(
  snapshot: Transaction,
  kind: StatementKind,
  { from, to, recordedBefore, customerId }: ExportSpan,
  take: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const parameters = [from, to, recordedBefore, customerId];
  await streamLines(snapshot, { sql: STATEMENTS[kind], parameters }, take);
}
