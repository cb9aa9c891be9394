import { now } from '../storage/clock.ts';
import { listCustomers } from '../storage/customers.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import type { Deps } from './deps.ts';
import { recogniseCustomer } from './recognise-customer.ts';

const CUSTOMERS_A_PAGE = 500;

export interface Recognised {
  readonly through: Date;
  readonly entries: number;
}

/**
 * Recognises revenue up to the end of the last full day (UTC), or an earlier one. Amounts are cumulative, so a second
 * run posts nothing, and days that were missed are made up.
 */
export async function recogniseRevenue(deps: Deps, { through }: { readonly through?: Date } = {}): Promise<Recognised> {
  const today = startOfDay(await now(deps.db));
  const end = through === undefined || through > today ? today : startOfDay(through);
  return { through: end, entries: await recogniseAll(deps, end) };
}

async function recogniseAll(deps: Deps, through: Date): Promise<number> {
  let entries = 0;
  let after: string | undefined;
  for (;;) {
    const page = await listCustomers(deps.db, { limit: CUSTOMERS_A_PAGE, ...(after !== undefined && { after }) });
    for (const key of page) {
      entries += await transaction(deps.db, async (trx) => {
        await lockCustomer(trx, key);
        return recogniseCustomer(deps, trx, key, through);
      });
    }
    after = page.at(-1)?.customerId;
    if (after === undefined || page.length < CUSTOMERS_A_PAGE) return entries;
  }
}

function startOfDay(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
}
