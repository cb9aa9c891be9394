// The names of our accounts in another ledger: said once, used by every export to it.
import { refusedText } from '../domain/free-text.ts';
import { type ExportAccounts, type ExportTarget, sampleAccounts } from '../domain/journal-export.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { readExportAccounts, replaceExportAccounts } from '../storage/export-accounts.ts';
import type { Deps } from './deps.ts';
import { type Acting, audit, permitted } from './operators/acting.ts';

export interface NamedAccounts {
  readonly accounts: ExportAccounts;
  /** Null: the sample chart, because nobody has named any. */
  readonly changedBy: string | null;
  readonly changedAt: Date | null;
}

/** What is used for a target where an export does not say: one's own names, or the sample chart. */
export async function namedAccounts({ db }: Pick<Deps, 'db'>, target: ExportTarget): Promise<NamedAccounts> {
  return (
    (await readExportAccounts(db, target)) ?? { accounts: sampleAccounts(target), changedBy: null, changedAt: null }
  );
}

const NAME_MAX = 200;

/** Names accounts; one that is left out has no name, and an export that needs it is refused. */
export async function nameExportAccounts(
  deps: Deps,
  acting: Acting,
  { target, accounts }: { readonly target: ExportTarget; readonly accounts: ExportAccounts },
): Promise<NamedAccounts | Refused> {
  for (const [kind, { account, taxRate = '' }] of Object.entries(accounts)) {
    const refusal = refusedText(account, kind, NAME_MAX) ?? refusedText(taxRate, `${kind}-tax`, NAME_MAX);
    if (refusal !== null) return refusal;
  }
  if (Object.keys(accounts).length === 0) return refuse('invalid_request', 'name at least one account');
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'journal.export');
    if ('rejected' in actor) return actor;
    const before = await readExportAccounts(trx, target);
    const after = { accounts, changedBy: actor.subject, changedAt: await now(trx) };
    await replaceExportAccounts(trx, target, after);
    await audit(deps, trx, actor, {
      action: 'export.accounts_named',
      objectType: 'export_accounts',
      objectId: target,
      ...(before !== null && { before: before.accounts }),
      after: accounts,
    });
    return after;
  });
}
