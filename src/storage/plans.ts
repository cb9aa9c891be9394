import type { BurnRate, Catalogue, Pack, Plan } from '../domain/catalogue.ts';
import type { ActionMode } from '../domain/ladder.ts';
import { currentCatalogue } from './catalogues.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';

/** One immutable offer. Its Stripe ids are there before any subscription can name it. */
export interface PlanVersion {
  readonly planVersionId: string;
  readonly plan: string;
  readonly version: number;
  readonly unit: string;
  readonly currency: string;
  readonly content: Plan;
  readonly stripeProductId: string | null;
  /** null for a plan without a fee */
  readonly stripeBasePriceId: string | null;
  readonly stripeMeteredPriceId: string | null;
}

export interface PackVersion {
  readonly packVersionId: string;
  readonly pack: string;
  readonly version: number;
  readonly unit: string;
  readonly currency: string;
  readonly content: Pack;
  readonly stripeProductId: string | null;
  readonly stripePriceId: string | null;
}

export interface CreditUnitRow {
  readonly unit: string;
  readonly displayName: string;
  /** Micro-credits in one unit of the meter. */
  readonly meterUnitMicro: bigint;
  readonly eventName: string;
  readonly stripeMeterId: string | null;
}

export interface BurnRateRow {
  readonly burnRateId: string;
  readonly action: string;
  readonly feature: string;
  readonly effectiveFrom: Date;
  readonly rate: BurnRate;
  /** How far up the launch ladder its action is. */
  readonly mode: ActionMode;
}

const PLAN_VERSION = `select plan_version_id as "planVersionId", plan, version, unit, currency, content,
  stripe_product_id as "stripeProductId", stripe_base_price_id as "stripeBasePriceId",
  stripe_metered_price_id as "stripeMeteredPriceId" from plan_versions`;

const PACK_VERSION = `select pack_version_id as "packVersionId", pack, version, unit, currency, content,
  stripe_product_id as "stripeProductId", stripe_price_id as "stripePriceId" from pack_versions`;

/** A plan version by its id, which must exist: ids come from rows that refer to it. */
export async function planVersion(db: Database | Transaction, planVersionId: string): Promise<PlanVersion> {
  const { planVersions } = cacheOf(db);
  const cached = planVersions.get(planVersionId);
  if (cached !== undefined) return cached;
  const [row] = await query<PlanVersion>(db, `${PLAN_VERSION} where plan_version_id = $1`, [planVersionId]);
  if (row === undefined) throw new Error(`there is no plan version ${planVersionId}`);
  if (row.stripeMeteredPriceId !== null) planVersions.set(planVersionId, row);
  return row;
}

/** The plan version that a Stripe price belongs to, be it the metered or the base price; null for a stranger's price. */
export async function planVersionOfPrice(db: Database | Transaction, priceId: string): Promise<PlanVersion | null> {
  const { planVersionsByPrice } = cacheOf(db);
  const cached = planVersionsByPrice.get(priceId);
  if (cached !== undefined) return cached;
  const [row] = await query<PlanVersion>(
    db,
    `${PLAN_VERSION} where stripe_metered_price_id = $1 or stripe_base_price_id = $1 order by version desc limit 1`,
    [priceId],
  );
  if (row === undefined) return null;
  planVersionsByPrice.set(priceId, row);
  return row;
}

/** The pack version that a Stripe price sells; null for a stranger's price. */
export async function packVersionOfPrice(db: Database | Transaction, priceId: string): Promise<PackVersion | null> {
  const { packVersionsByPrice } = cacheOf(db);
  const cached = packVersionsByPrice.get(priceId);
  if (cached !== undefined) return cached;
  const [row] = await query<PackVersion>(db, `${PACK_VERSION} where stripe_price_id = $1`, [priceId]);
  if (row === undefined) return null;
  packVersionsByPrice.set(priceId, row);
  return row;
}

/** Every version of every plan, the newest of each plan first. */
export async function listPlanVersions(db: Database | Transaction): Promise<readonly PlanVersion[]> {
  return query<PlanVersion>(db, `${PLAN_VERSION} order by plan, version desc`);
}

/** The currency that most plans are sold in; null before any was pushed. */
export async function offeredCurrency(db: Database | Transaction): Promise<string | null> {
  const [row] = await query<{ currency: string }>(
    db,
    `select currency from plan_versions group by currency order by count(distinct plan) desc, currency limit 1`,
  );
  return row?.currency ?? null;
}

/** Every version of every pack, the newest of each pack first. */
export async function listPackVersions(db: Database | Transaction): Promise<readonly PackVersion[]> {
  return query<PackVersion>(db, `${PACK_VERSION} order by pack, version desc`);
}

/** The credit unit of that name, with the meter that counts it; null before it was pushed. */
export async function creditUnit(db: Database | Transaction, unit: string): Promise<CreditUnitRow | null> {
  const [row] = await query<CreditUnitRow>(
    db,
    `select unit, display_name as "displayName", meter_unit_micro as "meterUnitMicro", event_name as "eventName",
       stripe_meter_id as "stripeMeterId"
     from credit_units where unit = $1`,
    [unit],
  );
  return row ?? null;
}

/** The burn table of a credit unit as it is stored now, by action and then by instant. */
export async function listRates(db: Database | Transaction, unit: string): Promise<readonly BurnRateRow[]> {
  return query<BurnRateRow>(
    db,
    `select r.burn_rate_id as "burnRateId", r.action, r.feature, r.effective_from as "effectiveFrom", r.rate,
       coalesce(m.mode, (select first_mode from deployment), 'enforce') as mode
     from burn_rates r
     left join (select distinct on (action) action, mode from mode_changes where lineage = $1 order by action, mode_change_id desc) m
       on m.action = r.action
     where r.lineage = $1 order by r.action, r.effective_from`,
    [unit],
  );
}

/** How long another process may go on with the rates it knows; a changed rate begins in the future. */
const RATES_FRESH_MS = 1_000;

/** `listRates` for the hot path: read again at most once a second. */
export async function ratesFor(db: Database | Transaction, unit: string): Promise<readonly BurnRateRow[]> {
  const { rates } = cacheOf(db);
  const cached = rates.get(unit);
  if (cached !== undefined && performance.now() - cached.readAtMs < RATES_FRESH_MS) return cached.rows;
  const readAtMs = performance.now();
  const rows = await listRates(db, unit);
  if (rows.length > 0) rates.set(unit, { rows, readAtMs });
  return rows;
}

/** `currentCatalogue` for what is read often: asked again at most once a second. */
export async function catalogueFor(db: Database | Transaction): Promise<Catalogue | null> {
  const cache = cacheOf(db);
  const known = cache.catalogue;
  if (known !== null && performance.now() - known.readAtMs < RATES_FRESH_MS) return known.content;
  const readAtMs = performance.now();
  const content = (await currentCatalogue(db))?.content ?? null;
  if (content !== null) cache.catalogue = { content, readAtMs };
  return content;
}

/** Makes the next `ratesFor` and `catalogueFor` read the tables. */
export function invalidateRates(db: Database | Transaction): void {
  const cache = cacheOf(db);
  cache.rates.clear();
  cache.catalogue = null;
}

interface Cache {
  readonly planVersions: Map<string, PlanVersion>;
  readonly planVersionsByPrice: Map<string, PlanVersion>;
  readonly packVersionsByPrice: Map<string, PackVersion>;
  readonly rates: Map<string, { readonly rows: readonly BurnRateRow[]; readonly readAtMs: number }>;
  catalogue: { readonly content: Catalogue; readonly readAtMs: number } | null;
}

const caches = new WeakMap<object, Cache>();

/** One cache a database: its pool and its transactions share knex's settings object. */
function cacheOf(db: Database | Transaction): Cache {
  const { config } = db.client as { readonly config: object };
  const known = caches.get(config);
  if (known !== undefined) return known;
  const cache: Cache = {
    planVersions: new Map(),
    planVersionsByPrice: new Map(),
    packVersionsByPrice: new Map(),
    rates: new Map(),
    catalogue: null,
  };
  caches.set(config, cache);
  return cache;
}
