// Prices at Stripe that are none of the catalogue's, and the meter that each of them bills. It never changes there.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface ForeignPrice {
  readonly priceId: string;
  /** null: it bills no meter. */
  readonly meterId: string | null;
}

/** Which of these prices nobody knows yet: neither the catalogue's nor looked up before. */
export async function unknownPrices(db: Database, priceIds: readonly string[]): Promise<readonly string[]> {
  const known = knownTo(db);
  const asked = [...new Set(priceIds)].filter((id) => !known.has(id));
  if (asked.length === 0) return [];
  const found = await query<{ id: string }>(
    db,
    `select a.id from unnest($1::text[]) a (id) where exists (select from foreign_prices where stripe_price_id = a.id)
       or exists (select from plan_versions where a.id in (stripe_metered_price_id, stripe_base_price_id))
       or exists (select from pack_versions where stripe_price_id = a.id)`,
    [asked],
  );
  for (const { id } of found) known.add(id);
  return asked.filter((id) => !known.has(id));
}

/** Notes what was looked up. */
export async function saveForeignPrices(db: Database, prices: readonly ForeignPrice[]): Promise<void> {
  await execute(
    db,
    `insert into foreign_prices (stripe_price_id, stripe_meter_id) select * from unnest($1::text[], $2::text[])
     on conflict do nothing`,
    [prices.map(({ priceId }) => priceId), prices.map(({ meterId }) => meterId)],
  );
}

/** All prices known to bill a meter of our credit units, the catalogue's and others. */
export async function pricesOnMeters(db: Database | Transaction): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select stripe_metered_price_id as id from plan_versions where stripe_metered_price_id is not null
     union
     select f.stripe_price_id from foreign_prices f join credit_units u on u.stripe_meter_id = f.stripe_meter_id`,
    [],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Of those the ones that are none of the catalogue's. */
export async function foreignMeterPrices(db: Database): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(
    db,
    `select f.stripe_price_id as id from foreign_prices f join credit_units u on u.stripe_meter_id = f.stripe_meter_id
     where not exists (select from plan_versions v where v.stripe_metered_price_id = f.stripe_price_id)`,
    [],
  );
  return new Set(rows.map(({ id }) => id));
}

const seen = new WeakMap<object, Set<string>>();

/** Known once is known for ever; one set a database. */
function knownTo(db: Database): Set<string> {
  const { config } = db.client as { readonly config: object };
  const known = seen.get(config) ?? new Set<string>();
  seen.set(config, known);
  return known;
}
