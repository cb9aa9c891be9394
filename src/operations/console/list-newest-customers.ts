import { type FoundCustomer, newestCustomers } from '../../storage/search.ts';
import type { Deps } from '../deps.ts';

const SHOWN_MAX = 10;

/** A few customers to begin with. */
export async function listNewestCustomers({ db }: Pick<Deps, 'db'>): Promise<readonly FoundCustomer[]> {
  return newestCustomers(db, SHOWN_MAX);
}
