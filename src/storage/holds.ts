import type { CustomerKey } from '../domain/customer.ts';
import { laneOfId } from '../domain/lane-id.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

/** Whose hold this is; the lane is in the hold's id. Null when there is no such hold. */
export async function customerOfHold(db: Database, holdId: string): Promise<CustomerKey | null> {
  const lane = laneOfId(holdId);
  if (lane === null) return null;
  const [row] = await query<CustomerKey>(
    db,
    `select lane, customer_id as "customerId" from holds where lane = $1 and hold_id = $2`,
    [lane, holdId],
  );
  return row ?? null;
}
