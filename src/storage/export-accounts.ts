// What our accounts are called in other ledgers.
import type { MoneyAccountKind } from '../domain/account.ts';
import type { ExportAccounts, ExportTarget } from '../domain/journal-export.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface KeptAccounts {
  readonly accounts: ExportAccounts;
  /** A person's subject. */
  readonly changedBy: string;
  readonly changedAt: Date;
}

/** Null where nobody has named any yet. */
export async function readExportAccounts(
  on: Database | Transaction,
  target: ExportTarget,
): Promise<KeptAccounts | null> {
  const rows = await query<{
    kind: MoneyAccountKind;
    account: string;
    taxRate: string | null;
    changedBy: string;
    changedAt: Date;
  }>(
    on,
    `select kind, account, tax_rate as "taxRate", changed_by as "changedBy", changed_at as "changedAt" from export_accounts
     where target = $1 order by kind`,
    [target],
  );
  const [first] = rows;
  if (first === undefined) return null;
  return {
    accounts: Object.fromEntries(
      rows.map(({ kind, account, taxRate }) => [kind, { account, ...(taxRate !== null && { taxRate }) }]),
    ),
    changedBy: first.changedBy,
    changedAt: first.changedAt,
  };
}

/** Puts these in the place of all that were named before. */
export async function replaceExportAccounts(
  trx: Transaction,
  target: ExportTarget,
  { accounts, changedBy, changedAt }: KeptAccounts,
): Promise<void> {
  await execute(trx, `delete from export_accounts where target = $1`, [target]);
  for (const [kind, { account, taxRate = null }] of Object.entries(accounts)) {
    await execute(
      trx,
      `insert into export_accounts (target, kind, account, tax_rate, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6)`,
      [target, kind, account, taxRate, changedBy, changedAt],
    );
  }
}
