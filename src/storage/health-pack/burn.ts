import type { Database } from '../database.ts';
import { query } from '../query.ts';

export interface BurnedCredits {
  readonly feature: string;
  readonly action: string;
  readonly uses: number;
  readonly credits: bigint;
  readonly previous: bigint;
}

/** Uses of a span that stood and what they burned, by action, with those of the span before. */
export async function burnedCredits(
  db: Database,
  { before, from, until }: { readonly before: Date; readonly from: Date; readonly until: Date },
): Promise<readonly BurnedCredits[]> {
  return query<BurnedCredits>(
    db,
    `select feature, action, (count(*) filter (where at >= $2))::int as uses,
       coalesce(sum(credits) filter (where at >= $2), 0)::bigint as credits,
       coalesce(sum(credits) filter (where at < $2), 0)::bigint as previous
     from (
       select b.feature, e.action, e.occurred_at as at, e.credits
       from usage_events e join burn_rates b on b.burn_rate_id = e.burn_rate_id
       where e.lane between 0 and 63 and e.outcome <> 'observed' and e.occurred_at >= $1 and e.occurred_at < $3
         and not exists (select from usage_reversals r where r.lane = e.lane and r.lane between 0 and 63
           and r.customer_id = e.customer_id and r.usage_event_id = e.usage_event_id)
       union all
       select h.feature, h.action, c.captured_at, c.amount
       from hold_captures c
       join holds h on h.lane = c.lane and h.customer_id = c.customer_id and h.hold_id = c.hold_id
       where c.lane between 0 and 63 and h.lane between 0 and 63 and c.captured_at >= $1 and c.captured_at < $3
     ) used
     group by feature, action order by credits desc, feature, action`,
    [before, from, until],
  );
}
