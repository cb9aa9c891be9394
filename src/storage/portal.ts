// What a customer is shown of his own usage.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface Use {
  readonly action: string;
  readonly member: string | null;
  readonly occurredAt: Date;
  /** Micro-credits, before anything was undone. */
  readonly credits: bigint;
}

/** The latest uses that cost something or were free, tracked or captured from a hold, the newest first. */
export async function latestUses(db: Database, key: CustomerKey, limit: number): Promise<readonly Use[]> {
  return query<Use>(
    db,
    `select action, member, "occurredAt", credits from (
       (select action, member, occurred_at as "occurredAt", credits, recorded_at as at, usage_event_id as id from usage_events
        where lane = $1 and customer_id = $2 and outcome <> 'observed'
        order by recorded_at desc, usage_event_id desc limit $3)
       union all
       (select h.action, h.member, c.captured_at, c.amount, c.captured_at, c.hold_id
        from hold_captures c join holds h using (lane, customer_id, hold_id)
        where c.lane = $1 and c.customer_id = $2 order by c.captured_at desc, c.hold_id desc limit $3)
     ) uses order by at desc, id desc limit $3`,
    [key.lane, key.customerId, limit],
  );
}

export interface DayOfUse {
  /** In UTC. */
  readonly day: string;
  readonly action: string;
  readonly member: string | null;
  readonly events: number;
  /** Micro-credits that stay charged: what was undone is taken off. */
  readonly credits: bigint;
}

/** Sums by day, action and member on [from, to); a capture counts on the day on which it was captured. */
export async function usageByDay(
  db: Database,
  key: CustomerKey,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly DayOfUse[]> {
  return query<DayOfUse>(
    db,
    `select to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, action, member, count(*)::int as events,
       sum(credits)::bigint as credits
     from (
       select e.occurred_at as at, e.action, e.member, e.credits - coalesce(r.credits, 0) as credits
       from usage_events e
       left join (select lane, customer_id, usage_event_id, sum(credits) as credits from usage_reversals
         where lane = $1 and customer_id = $2 group by 1, 2, 3) r using (lane, customer_id, usage_event_id)
       where e.lane = $1 and e.customer_id = $2 and e.occurred_at >= $3 and e.occurred_at < $4 and e.outcome <> 'observed'
       union all
       select c.captured_at, h.action, h.member, c.amount
       from hold_captures c join holds h using (lane, customer_id, hold_id)
       where c.lane = $1 and c.customer_id = $2 and c.captured_at >= $3 and c.captured_at < $4
     ) uses group by 1, 2, 3 order by 1, 2, 3`,
    [key.lane, key.customerId, from, to],
  );
}

/** Granted by the running period's included lots that are used up: they are no longer among the lots with something left. */
export async function usedUpAllowance(db: Database, key: CustomerKey, at: Date): Promise<bigint> {
  const [row] = await query<{ granted: bigint }>(
    db,
    `select coalesce(sum(granted), 0)::bigint as granted from lots
     where lane = $1 and customer_id = $2 and source = 'included' and effective_at <= $3 and expires_at > $3
       and granted = drawn`,
    [key.lane, key.customerId, at],
  );
  return row?.granted ?? 0n;
}
