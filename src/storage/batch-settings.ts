import type { Transaction } from './database.ts';
import { query } from './query.ts';

/**
 * What a transaction about many customers asks for. Prepared statements keep the plan they have: left alone, PostgreSQL
 * plans each of them again for every small batch, since a batch of one row always looks cheaper than the ten rows of a
 * kept plan. And whoever begins a batch counts the versions of its pools himself (`countVersions`), once for each instead
 * of once for every row.
 */
export async function beginBatch(trx: Transaction): Promise<void> {
  await query(
    trx,
    `select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('random_page_cost', '1.1', true),
       set_config('jit', 'off', true), set_config('creditpool.counts_versions', 'on', true)`,
  );
}
