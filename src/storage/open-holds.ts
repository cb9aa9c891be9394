import type { Database } from './database.ts';
import { query } from './query.ts';
import type { ShownHold } from './statements.ts';

export interface HoldsWanted {
  /** Placed then or earlier. */
  readonly before: Date;
  readonly after: string | null;
  readonly limit: number;
}

/** Open holds of everybody, the oldest first. */
export async function openHolds(
  db: Database,
  { before, after, limit }: HoldsWanted,
): Promise<readonly (ShownHold & { readonly externalId: string | null })[]> {
  return query<ShownHold & { readonly externalId: string | null }>(
    db,
    `select h.lane, h.customer_id as "customerId", h.hold_id as "holdId", h.action, h.member, h.amount, h.captured,
       (h.overage_reserved + h.debt_reserved + coalesce((select sum(d.held) from hold_draws d where d.lane = h.lane
         and d.customer_id = h.customer_id and d.hold_id = h.hold_id), 0))::bigint as held, h.state,
       h.placed_at as "placedAt", h.expires_at as "expiresAt", h.settled_at as "settledAt", c.external_id as "externalId"
     from holds h join customers c using (lane, customer_id)
     where h.lane between 0 and 63 and h.state = 'open' and h.placed_at <= $1 and ($2::uuid is null or
       (h.placed_at, h.hold_id) > (select a.placed_at, a.hold_id from holds a where a.lane between 0 and 63 and a.hold_id = $2))
     order by h.placed_at, h.hold_id limit $3`,
    [before, after, limit],
  );
}
