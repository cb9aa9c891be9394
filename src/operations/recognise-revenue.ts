import { now } from '../storage/clock.ts';
import { listCustomers } from '../storage/customers.ts';
import { lockCustomer } from '../storage/customers.ts';
import { transaction } from '../storage/database.ts';
import { moveCursor, readCursor } from '../storage/stripe-cursors.ts';
import type { Deps } from './deps.ts';
import { recogniseCustomer } from './recognise-customer.ts';

const CURSOR = 'revenue_recognised';
const CUSTOMERS_A_PAGE = 500;

export interface Recognised {
  readonly through: Date;
  readonly entries: number;
}

/**
 * Recognises revenue up to the end of the last full day (UTC), or an earlier one. Amounts are cumulative, so a second
 * run posts nothing; days that were missed are made up, split at the ends of months, since books close by month.
 */
export async function recogniseRevenue(deps: Deps, { through }: { readonly through?: Date } = {}): Promise<Recognised> {
  const today = startOfDay(await now(deps.db));
  const end = through === undefined || through > today ? today : startOfDay(through);
  const cursor = await readCursor(deps.db, CURSOR);
  let entries = 0;
  for (const stop of stopsBetween(cursor, end)) entries += await recogniseAll(deps, stop);
  await moveCursor(deps.db, CURSOR, end);
  return { through: end, entries };
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

/** The month ends after the last run, and the end itself; a first run looks back a year. */
function stopsBetween(cursor: Date | null, end: Date): readonly Date[] {
  const from = cursor ?? new Date(end.getTime() - 366 * 86_400_000);
  const stops: Date[] = [];
  let month = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
  while (month < end) {
    stops.push(month);
    month = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1));
  }
  return [...stops, end];
}

function startOfDay(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
}
