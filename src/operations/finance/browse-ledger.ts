// The ledger, narrowed.
import { EVERY_LANE } from '../../domain/customer.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import {
  type LedgerCursor,
  type LedgerFilter,
  type LedgerMovement,
  ledgerMovements,
  type UsedAccount,
  usedAccounts,
} from '../../storage/ledger-browser.ts';
import { sealOfEntry, type SealOfDay } from '../../storage/seals.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { findCustomer } from '../read-customer.ts';

export type { LedgerMovement, UsedAccount } from '../../storage/ledger-browser.ts';
export type { SealOfDay } from '../../storage/seals.ts';

export interface LedgerQuery extends Omit<LedgerFilter, 'lanes' | 'customerId'> {
  /** `customer_…` read as its UUID, `cus_…` or `ext:…`. */
  readonly customer: string | null;
  readonly after: LedgerCursor | null;
  readonly limit: number;
}

export interface LedgerPage {
  readonly rows: readonly LedgerMovement[];
  readonly hasMore: boolean;
  readonly accounts: readonly UsedAccount[];
  /** In which the one account is counted; null: in several, so no balance can be added up. */
  readonly unit: string | null;
}

/** A page of movements, the newest first, with a running balance where one account in one unit is looked at. */
export async function browseLedger(
  { db }: Pick<Deps, 'db'>,
  acting: Acting,
  { customer: name, after, limit, ...asked }: LedgerQuery,
): Promise<LedgerPage | Refused> {
  const actor = await permitted(db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const customer = name === null ? null : await findCustomer({ db }, name);
  if (customer !== null && 'rejected' in customer) return customer;
  const accounts = await usedAccounts(db, EVERY_LANE);
  const units = accounts.filter(({ account }) => account === asked.account).map(({ unit }) => unit);
  const unit = asked.unit ?? (units.length === 1 ? (units[0] ?? null) : null);
  const filter = {
    ...asked,
    unit,
    lanes: customer === null ? EVERY_LANE : [customer.lane],
    customerId: customer?.customerId ?? null,
  };
  const rows = await ledgerMovements(db, filter, { after, limit: limit + 1 });
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit, accounts, unit };
}

const FILE_ROWS_MAX = 50_000;

/** Everything that a filter shows, for a file. */
export async function exportLedgerView(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  asked: Omit<LedgerQuery, 'after' | 'limit'>,
): Promise<{ readonly rows: readonly LedgerMovement[] } | Refused> {
  const actor = await permitted(deps.db, acting, 'journal.export');
  if ('rejected' in actor) return actor;
  const page = await browseLedger(deps, acting, { ...asked, after: null, limit: FILE_ROWS_MAX });
  if ('rejected' in page || !page.hasMore) return page;
  return refuse(
    'export_too_large',
    `more than ${FILE_ROWS_MAX} movements; narrow the filter, or export the journal of a month`,
  );
}

/** Whether the day on which an entry was recorded is sealed, and whether it is still what was sealed. */
export async function proveSeal(
  { db }: Pick<Deps, 'db'>,
  entry: { readonly lane: number; readonly customerId: string; readonly recordedAt: Date },
): Promise<SealOfDay> {
  return sealOfEntry(db, entry, entry.recordedAt);
}
