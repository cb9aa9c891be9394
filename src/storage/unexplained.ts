// Open variances that nothing explains: what blocks the close, and what fails a run in CI.
import { type CustomerKey, EVERY_LANE } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export async function countUnexplained(db: Database, customer?: CustomerKey): Promise<number> {
  return countMaterial(db, new Map(), customer);
}

/** Of one customer or of all, those that are at least so many minor units of their currency, or in no such unit. */
export async function countMaterial(
  db: Database,
  leastMinor: ReadonlyMap<string, bigint>,
  customer?: CustomerKey,
): Promise<number> {
  const [row] = await query<{ open: number }>(
    db,
    `select count(*)::int as open from variances v
     left join unnest($3::text[], $4::bigint[]) as least (unit, minor) on least.unit = v.unit
     where v.lane = any($1::smallint[]) and v.state = 'open' and ($2::uuid is null or v.customer_id = $2)
       and (least.minor is null or v.amount is null or abs(v.amount::numeric) >= least.minor)`,
    [
      customer === undefined ? EVERY_LANE : [customer.lane],
      customer?.customerId ?? null,
      [...leastMinor.keys()],
      [...leastMinor.values()],
    ],
  );
  return row?.open ?? 0;
}

/** In what open variances are counted: currencies, `micro-credit` and the like. */
export async function unexplainedUnits(db: Database): Promise<readonly string[]> {
  const rows = await query<{ unit: string }>(
    db,
    `select distinct unit from variances where lane = any($1::smallint[]) and state = 'open' and unit is not null`,
    [EVERY_LANE],
  );
  return rows.map(({ unit }) => unit);
}
