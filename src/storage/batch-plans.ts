import type { Transaction } from './database.ts';
import { query } from './query.ts';

/**
 * Until the transaction ends, prepared statements keep the plan they have: left alone, PostgreSQL plans each of them
 * again for every small batch, since a batch of one row always looks cheaper than the ten rows of a kept plan.
 */
export async function keepPlans(trx: Transaction): Promise<void> {
  await query(
    trx,
    `select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('random_page_cost', '1.1', true),
       set_config('jit', 'off', true)`,
  );
}
