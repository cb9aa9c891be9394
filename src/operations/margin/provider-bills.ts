// Bills of providers: brought in once each, and laid beside what uses said they cost.
import { createHash } from 'node:crypto';

import { canonicalJson } from '../../domain/canonical-json.ts';
import { type BillLine, type Comparison, type GapKind, gapKindOf, gapOf } from '../../domain/provider-bill.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import { type KeptGap, listGaps } from '../../storage/provider-bill-gaps.ts';
import {
  billWithContent,
  compareWithBills,
  insertProviderBill,
  listProviderBills,
  type ProviderBill,
} from '../../storage/provider-bills.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';
import { watchBill } from './watch-bills.ts';

export type { ProviderBill } from '../../storage/provider-bills.ts';
export type { KeptGap as MonthOfBills } from '../../storage/provider-bill-gaps.ts';

export interface ImportedBill {
  readonly bill: ProviderBill;
  readonly state: 'imported' | 'imported_before' | 'dry_run';
}

/**
 * Brings a bill in. The same lines of the same provider again are the bill that is there; another bill for days that are
 * there already takes their place.
 */
export async function importProviderBill(
  deps: Deps,
  acting: Acting,
  asked: {
    readonly provider: string;
    readonly name: string;
    readonly lines: readonly BillLine[];
    readonly dryRun: boolean;
  },
): Promise<ImportedBill | Refused> {
  const { provider, name, lines, dryRun } = asked;
  const days = lines.map(({ day }) => day).toSorted();
  const [firstDay, lastDay] = [days[0], days.at(-1)];
  if (firstDay === undefined || lastDay === undefined) {
    return refuse('invalid_request', 'The bill has no line, so there is nothing to bring in.', { param: 'lines' });
  }
  const imported = await transaction(deps.db, async (trx): Promise<ImportedBill | Refused> => {
    const actor = await permitted(trx, acting, 'prices.change');
    if ('rejected' in actor) return actor;
    const contentHash = hashOf(provider, lines);
    const before = await billWithContent(trx, contentHash);
    if (before !== null) return { bill: before, state: 'imported_before' };
    const facts = { provider, name, contentHash, firstDay, lastDay, lines: lines.length };
    const bill = { ...facts, billId: deps.newId(), importedBy: actor.subject, importedAt: await now(trx) };
    if (dryRun) return { bill, state: 'dry_run' };
    if (!(await insertProviderBill(trx, bill, lines))) {
      const theirs = await billWithContent(trx, contentHash);
      if (theirs === null) throw new Error(`a bill with content ${contentHash} is there and is not`);
      return { bill: theirs, state: 'imported_before' };
    }
    await audit(deps, trx, actor, {
      action: 'provider_bill.imported',
      objectType: 'provider_bill',
      objectId: bill.billId,
      after: facts,
    });
    return { bill, state: 'imported' };
  });
  if (!('rejected' in imported) && imported.state === 'imported') {
    await watchBill(deps, { provider, firstMonth: firstDay.slice(0, 7), lastMonth: lastDay.slice(0, 7) });
  }
  return imported;
}

/** What each month of each provider came to when it was last looked at, the newest first. */
export async function readMonthGaps(deps: Deps, acting: Acting, limit: number): Promise<readonly KeptGap[] | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  return 'rejected' in actor ? actor : listGaps(deps.db, limit);
}

function hashOf(provider: string, lines: readonly BillLine[]): string {
  const plain = lines.map(({ amountNano, ...line }) => ({ ...line, amount: amountNano.toString() }));
  return createHash('sha256')
    .update(canonicalJson({ provider, lines: plain }))
    .digest('hex');
}

export async function readProviderBills(
  deps: Deps,
  acting: Acting,
  limit: number,
  after: string | null = null,
): Promise<readonly ProviderBill[] | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  return 'rejected' in actor ? actor : listProviderBills(deps.db, limit, after);
}

export interface ShownComparison extends Comparison {
  readonly kind: GapKind;
  /** What the bill asks for beyond what uses told of. */
  readonly gapNano: bigint;
}

export interface BillGap {
  readonly rows: readonly ShownComparison[];
  /** Sums by currency and kind, all rows counted. */
  readonly sums: readonly {
    readonly currency: string;
    readonly kind: GapKind;
    readonly rows: number;
    readonly gapNano: bigint;
  }[];
}

/** Where a provider's bills and the uses part, day by day; with `all` also where they agree. */
export async function readBillGap(
  deps: Deps,
  acting: Acting,
  asked: { readonly provider: string; readonly firstDay: string; readonly lastDay: string; readonly all: boolean },
): Promise<BillGap | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  if ('rejected' in actor) return actor;
  const compared = (await compareWithBills(deps.db, asked)).map((row): ShownComparison => ({
    ...row,
    kind: gapKindOf(row),
    gapNano: gapOf(row),
  }));
  const groups = Map.groupBy(compared, ({ currency, kind }) => `${currency}/${kind}`);
  const sums = [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const { currency, kind } = first;
    return [{ currency, kind, rows: rows.length, gapNano: rows.reduce((sum, { gapNano }) => sum + gapNano, 0n) }];
  });
  return { rows: asked.all ? compared : compared.filter(({ kind }) => kind !== 'agrees'), sums };
}
