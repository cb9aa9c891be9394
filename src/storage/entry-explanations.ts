import type { CustomerKey } from '../domain/customer.ts';
import type { ExplainedEntry, ExplainedPosting } from '../domain/entry-explanation.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

/** One entry; its id alone is enough, a customer makes it a single look-up. Null when there is none. */
export async function explainedEntry(
  db: Database,
  entryId: string,
  customer: CustomerKey | null,
): Promise<ExplainedEntry | null> {
  const [row] = await query<ExplainedEntry>(
    db,
    `select e.lane, e.customer_id as "customerId", e.entry_id as "entryId", e.kind, e.effective_at as "effectiveAt",
       e.recorded_at as "recordedAt", e.actor, e.reason, coalesce(n.ticket,
         case when e.kind <> 'grant' or e.source_type = 'goodwill' then substring(e.reason from '\\(([^()]+)\\)$') end) as ticket,
       e.source_type as "sourceType", e.source_id as "sourceId", e.billing_period_id as "billingPeriodId",
       e.belongs_to as "belongsTo", v.plan, v.version as "planVersion", e.burn_rate_id as "burnRateId", b.action,
       b.feature, b.effective_from as "rateFrom", b.rate, e.reversal_of as "reversalOf", e.stripe,
       array(select r.entry_id::text from journal_entries r where r.lane = e.lane and r.customer_id = e.customer_id
         and r.reversal_of = e.entry_id order by r.recorded_at) as "reversedBy"
     from journal_entries e
       left join plan_versions v on v.plan_version_id = e.plan_version_id
       left join burn_rates b on b.burn_rate_id = e.burn_rate_id
       left join credit_note_requests n on n.lane = e.lane and n.customer_id = e.customer_id
         and n.credit_note_id = e.stripe ->> 'credit_note'
     where e.lane between $2 and $3 and ($4::uuid is null or e.customer_id = $4) and e.entry_id = $1 limit 1`,
    [entryId, customer?.lane ?? 0, customer?.lane ?? 63, customer?.customerId ?? null],
  );
  return row ?? null;
}

export async function explainedPostings(
  db: Database,
  { lane, customerId }: CustomerKey,
  entryId: string,
): Promise<readonly ExplainedPosting[]> {
  return query<ExplainedPosting>(
    db,
    `select p.from_kind as "from", p.to_kind as "to", p.unit, u.unit is not null as "isCredit", p.amount,
       p.lot_id as "lotId", l.source_type as "lotSourceType", l.source_id as "lotSourceId"
     from postings p left join credit_units u on u.unit = p.unit
       left join lots l on l.lane = $1 and l.customer_id = $2 and l.lot_id = p.lot_id
     where p.lane = $1 and p.customer_id = $2 and p.entry_id = $3 order by p.seq`,
    [lane, customerId, entryId],
  );
}

export interface ExplainedUsage {
  readonly usageEventId: string;
  readonly source: string;
  readonly eventId: string;
  readonly occurredAt: Date;
  readonly action: string;
  readonly member: string | null;
  readonly agent: string | null;
  readonly quantities: Readonly<Record<string, string>>;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly credits: bigint;
  readonly overage: bigint;
  readonly debt: bigint;
  /** Credits of the entry's earlier events: where this one's part of the postings begins. */
  readonly offset: bigint;
}

/** The usage events of an entry in the order of their burn, or the one it undoes or pays later. */
export async function explainedUsage(
  db: Database,
  { lane, customerId, entryId, sourceType, sourceId }: ExplainedEntry,
  limit: number,
): Promise<readonly ExplainedUsage[]> {
  return query<ExplainedUsage>(
    db,
    `select usage_event_id as "usageEventId", source, event_id as "eventId", occurred_at as "occurredAt", action, member,
       agent, quantities, dimensions, credits, overage, debt,
       case when entry_id = $3 then (sum(credits) over (order by entry_seq) - credits)::bigint else 0 end as "offset"
     from usage_events
     where lane = $1 and customer_id = $2 and (entry_id = $3 or usage_event_id = $4) order by entry_seq limit $5`,
    [lane, customerId, entryId, sourceType === 'usage_event' ? sourceId : null, limit],
  );
}
