import type { ModelPrice, ModelPriceList } from '../domain/model-prices.ts';
import type { Database, Transaction } from './database.ts';
import { forgetRead, freshly } from './fresh-reads.ts';
import { execute, query } from './query.ts';

const PRICE = `select model_price_id as "modelPriceId", model, provider, effective_from as "effectiveFrom", currency, prices,
  per_use as "perUse", pushed_at as "pushedAt" from model_prices`;

/** Every price that was ever pushed, by model, instant and push. */
export async function listModelPrices(on: Database | Transaction): Promise<readonly ModelPrice[]> {
  return query<ModelPrice>(on, `${PRICE} order by model, effective_from, pushed_at`);
}

/** The same for every request that names a model: at most a second old. */
export async function modelPrices(db: Database): Promise<readonly ModelPrice[]> {
  return freshly(db, 'model_prices', async () => listModelPrices(db));
}

/** Makes the next request see what was just pushed. */
export function forgetModelPrices(db: Database): void {
  forgetRead(db, 'model_prices');
}

/** Makes pushes of one database wait for each other until the transaction ends. */
export async function lockModelPrices(trx: Transaction): Promise<void> {
  await query(trx, `select pg_advisory_xact_lock(hashtext('creditpool.model_prices')) is null as locked`);
}

/** The newest list: its exchange rates and margin rules are in force. Null before the first push. */
export async function currentPriceList(on: Database | Transaction): Promise<ModelPriceList | null> {
  const [row] = await query<{ content: ModelPriceList }>(
    on,
    `select content from model_price_lists order by pushed_at desc, price_list_id desc limit 1`,
  );
  return row?.content ?? null;
}

export interface NewPriceList {
  readonly priceListId: string;
  readonly content: ModelPriceList;
  readonly by: string;
  readonly at: Date;
  readonly added: readonly ModelPrice[];
}

/** Keeps a pushed list with the prices that it adds. */
export async function storePriceList(trx: Transaction, list: NewPriceList): Promise<void> {
  const { priceListId, content, by, at, added } = list;
  await execute(
    trx,
    `insert into model_price_lists (price_list_id, content, pushed_by, pushed_at) values ($1, $2, $3, $4)`,
    [priceListId, { ...content }, by, at],
  );
  await execute(
    trx,
    `insert into model_prices (model_price_id, price_list_id, model, provider, effective_from, currency, prices, per_use, pushed_at)
     select id, $1, model, provider, effective_from, currency, prices::jsonb, per_use, $2
     from unnest($3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[])
       as new (id, model, provider, effective_from, currency, prices, per_use)`,
    [
      priceListId,
      at,
      added.map(({ modelPriceId }) => modelPriceId),
      added.map(({ model }) => model),
      added.map(({ provider }) => provider),
      added.map(({ effectiveFrom }) => effectiveFrom),
      added.map(({ currency }) => currency),
      added.map(({ prices }) => JSON.stringify(prices)),
      added.map(({ perUse }) => perUse),
    ],
  );
}
