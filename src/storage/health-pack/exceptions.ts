import type { Database } from '../database.ts';
import { query } from '../query.ts';

/** Goodwill that was given and not undone, by month of the year in UTC. */
export async function goodwillByMonth(
  db: Database,
  from: Date,
  until: Date,
): Promise<readonly { readonly month: string; readonly cases: number; readonly credits: bigint }[]> {
  return query(
    db,
    `select to_char(finished_at at time zone 'UTC', 'YYYY-MM') as month, count(*)::int as cases,
       coalesce(sum((outcome ->> 'amount')::bigint), 0)::bigint as credits
     from cases where lane between 0 and 63 and kind = 'goodwill' and state = 'done' and finished_at >= $1 and finished_at < $2
     group by 1 order by 1`,
    [from, until],
  );
}

export interface NotesByReason {
  readonly reason: string;
  readonly currency: string;
  readonly notes: number;
  readonly minor: bigint;
}

/** Credit notes of a span that stand, by reason. */
export async function notesByReason(db: Database, from: Date, until: Date): Promise<readonly NotesByReason[]> {
  return query<NotesByReason>(
    db,
    `select coalesce(reason, 'none given') as reason, currency, count(*)::int as notes, sum(total_minor)::bigint as minor
     from credit_notes where lane between 0 and 63 and status <> 'void' and created_at >= $1 and created_at < $2
     group by 1, 2 order by minor desc, reason, currency`,
    [from, until],
  );
}

export interface AdjustmentsByKind {
  readonly kind: string;
  readonly outcome: string;
  readonly cases: number;
  readonly credits: bigint;
}

/** Cases other than goodwill that were done in a span, with the credits that they gave, or took (negative). */
export async function adjustmentsByKind(db: Database, from: Date, until: Date): Promise<readonly AdjustmentsByKind[]> {
  return query<AdjustmentsByKind>(
    db,
    `select c.kind, coalesce(c.outcome ->> 'type', 'nothing') as outcome, count(*)::int as cases,
       coalesce(sum(case c.outcome ->> 'type'
         when 'adjust_future_usage' then (c.outcome ->> 'amount')::bigint
         when 'take_back_credits' then -((c.result ->> 'takenBack')::numeric * 1000000)
         when 'restore_credits' then (select sum(r.credits) from usage_reversals r where r.lane = c.lane
           and r.lane between 0 and 63 and r.customer_id = c.customer_id and r.usage_event_id = any (c.usage_event_ids))
         else 0 end), 0)::bigint as credits
     from cases c
     where c.lane between 0 and 63 and c.kind <> 'goodwill' and c.state = 'done' and c.finished_at >= $1 and c.finished_at < $2
     group by 1, 2 order by cases desc, kind, outcome`,
    [from, until],
  );
}

export interface OverLimit {
  readonly asked: number;
  readonly approved: number;
  readonly refused: number;
  readonly waiting: number;
}

/** Requests of a span that were above a limit, and what became of them by now. */
export async function casesOverLimit(db: Database, from: Date, until: Date): Promise<OverLimit> {
  const [row] = await query<OverLimit>(
    db,
    `select count(*)::int as asked, (count(*) filter (where approval is not null))::int as approved,
       (count(*) filter (where state in ('refused', 'lapsed', 'withdrawn')))::int as refused,
       (count(*) filter (where state = 'waiting'))::int as waiting
     from cases where lane between 0 and 63 and submitted_at >= $1 and submitted_at < $2
       and jsonb_typeof(limits) = 'array' and jsonb_array_length(limits) > 0`,
    [from, until],
  );
  return row ?? { asked: 0, approved: 0, refused: 0, waiting: 0 };
}
