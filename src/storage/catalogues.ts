import { createHash } from 'node:crypto';

import { canonicalJson } from '../domain/canonical-json.ts';
import type { BurnRow, Catalogue, Pack, Plan } from '../domain/catalogue.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** SHA-256 over canonical JSON: equal offers have equal fingerprints, however the file was written. */
export function fingerprintOf(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** Makes pushes of one database wait for each other until the transaction ends. */
export async function lockCatalogue(trx: Transaction): Promise<void> {
  await query(trx, `select pg_advisory_xact_lock(hashtext('creditpool.catalogue')) is null as locked`);
}

export interface StoredCatalogue {
  readonly catalogueId: string;
  readonly content: Catalogue;
  readonly pushedAt: Date;
}

/** The catalogue that was pushed last: what is offered now. */
export async function currentCatalogue(db: Database | Transaction): Promise<StoredCatalogue | null> {
  const [row] = await query<StoredCatalogue>(
    db,
    `select catalogue_id as "catalogueId", content, pushed_at as "pushedAt"
     from catalogues order by pushed_at desc, catalogue_id desc limit 1`,
  );
  return row ?? null;
}

/** Keeps a pushed catalogue; false when it is the current one already. Going back to an earlier one is a push of its own. */
export async function storeCatalogue(
  trx: Transaction,
  { catalogueId, content, at }: { catalogueId: string; content: Catalogue; at: Date },
): Promise<boolean> {
  const current = await currentCatalogue(trx);
  if (current !== null && canonicalJson(current.content) === canonicalJson(content)) return false;
  const fingerprint = fingerprintOf({ content, after: current?.catalogueId ?? null });
  await execute(trx, `insert into catalogues (catalogue_id, fingerprint, content, pushed_at) values ($1, $2, $3, $4)`, [
    catalogueId,
    fingerprint,
    { ...content },
    at,
  ]);
  return true;
}

export interface NewCreditUnit {
  readonly unit: string;
  readonly displayName: string;
  readonly meterUnitMicro: bigint;
  readonly eventName: string;
  readonly stripeMeterId: string | null;
  readonly at: Date;
}

/** Writes the unit, or its display name and meter; what a meter unit counts never changes after it was written. */
export async function storeCreditUnit(trx: Transaction, unit: NewCreditUnit): Promise<void> {
  const stored = await execute(
    trx,
    `insert into credit_units (unit, display_name, meter_unit_micro, event_name, stripe_meter_id, created_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (unit) do update
       set display_name = excluded.display_name, stripe_meter_id = excluded.stripe_meter_id
       where credit_units.meter_unit_micro = excluded.meter_unit_micro
         and credit_units.event_name = excluded.event_name`,
    [unit.unit, unit.displayName, unit.meterUnitMicro, unit.eventName, unit.stripeMeterId, unit.at],
  );
  if (stored === 0) throw new Error(`credit unit ${unit.unit} is stored with another meter unit or event name`);
}

export interface NewPlanVersion {
  readonly planVersionId: string;
  readonly unit: string;
  readonly content: Plan;
  readonly stripeProductId: string | null;
  readonly stripeBasePriceId: string | null;
  readonly stripeMeteredPriceId: string | null;
  readonly at: Date;
}

/** Adds the next version of a plan; the same content again is the version it already has, and stays as it is. */
export async function storePlanVersion(trx: Transaction, plan: NewPlanVersion): Promise<void> {
  const { content } = plan;
  await execute(
    trx,
    `insert into plan_versions (plan_version_id, plan, version, fingerprint, unit, currency, content,
       stripe_product_id, stripe_base_price_id, stripe_metered_price_id, created_at)
     select $1::uuid, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6::jsonb, $7, $8, $9, $10::timestamptz
     from plan_versions where plan = $2
     on conflict (plan, fingerprint) do nothing`,
    [
      plan.planVersionId,
      content.plan,
      fingerprintOf(content),
      plan.unit,
      content.currency,
      { ...content },
      plan.stripeProductId,
      plan.stripeBasePriceId,
      plan.stripeMeteredPriceId,
      plan.at,
    ],
  );
}

export interface NewPackVersion {
  readonly packVersionId: string;
  readonly unit: string;
  readonly content: Pack;
  readonly stripeProductId: string | null;
  readonly stripePriceId: string | null;
  readonly at: Date;
}

/** Adds the next version of a pack; the same content again is the version it already has, and stays as it is. */
export async function storePackVersion(trx: Transaction, pack: NewPackVersion): Promise<void> {
  const { content } = pack;
  await execute(
    trx,
    `insert into pack_versions (pack_version_id, pack, version, fingerprint, unit, currency, content,
       stripe_product_id, stripe_price_id, created_at)
     select $1::uuid, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6::jsonb, $7, $8, $9::timestamptz
     from pack_versions where pack = $2
     on conflict (pack, fingerprint) do nothing`,
    [
      pack.packVersionId,
      content.pack,
      fingerprintOf(content),
      pack.unit,
      content.currency,
      { ...content },
      pack.stripeProductId,
      pack.stripePriceId,
      pack.at,
    ],
  );
}

/**
 * Appends rows to the burn table of a unit. A row that is there already is left alone when it says the same; saying
 * something else about the same action and instant is refused by the plan before it comes here, and thrown here.
 */
export async function storeBurnRates(
  trx: Transaction,
  { unit, rows, newId, at }: { unit: string; rows: readonly BurnRow[]; newId: () => string; at: Date },
): Promise<number> {
  const stored = await execute(
    trx,
    `insert into burn_rates (burn_rate_id, lineage, action, effective_from, feature, rate, created_at)
     select id, $1, action, effective_from, feature, rate::jsonb, $2::timestamptz
     from unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
       as new (id, action, effective_from, feature, rate)
     on conflict (lineage, action, effective_from) do nothing`,
    [
      unit,
      at,
      rows.map(() => newId()),
      rows.map(({ action }) => action),
      rows.map(({ effectiveFrom }) => effectiveFrom),
      rows.map(({ feature }) => feature),
      rows.map(({ rate }) => JSON.stringify(rate)),
    ],
  );
  const [changed] = await query<{ action: string }>(
    trx,
    `select action from burn_rates
     join unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[])
       as file (action, effective_from, feature, rate) using (action, effective_from)
     where lineage = $1 and (burn_rates.feature <> file.feature or burn_rates.rate <> file.rate::jsonb) limit 1`,
    [
      unit,
      rows.map(({ action }) => action),
      rows.map(({ effectiveFrom }) => effectiveFrom),
      rows.map(({ feature }) => feature),
      rows.map(({ rate }) => JSON.stringify(rate)),
    ],
  );
  if (changed !== undefined) throw new Error(`the stored rate of ${changed.action} says something else`);
  return stored;
}
