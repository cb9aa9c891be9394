import { z } from 'zod';

import { formatMinor } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import type { ControlTotal, ExportAccounts } from '../domain/journal-export.ts';
import { EXPORT_DETAILS, EXPORT_TARGETS, sampleAccounts } from '../domain/journal-export.ts';
import { toWireId } from './ids.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';

/** A month of the books, `YYYY-MM`. */
export const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-04');

const account = z.strictObject({
  account: z.string().trim().min(1).max(200),
  tax_rate: z.string().trim().min(1).max(100).optional(),
});

const accountKinds = z.enum(
  Object.keys(sampleAccounts('generic')) as [keyof ExportAccounts, ...(keyof ExportAccounts)[]],
);

/** What to export; without accounts, those that were named for the target, or the sample chart. */
export const journalExportBody = z.strictObject({
  month,
  target: z.enum(EXPORT_TARGETS),
  detail: z.enum(EXPORT_DETAILS).default('summary'),
  accounts: z.partialRecord(accountKinds, account).optional(),
});

export const journalExportsQuery = z.strictObject({
  month: month.optional(),
  limit: LIST_LIMIT,
  ...startingAfter('export'),
});

/** Accounts as the wire has them, as the domain has them. */
export function toExportAccounts(accounts: NonNullable<z.infer<typeof journalExportBody>['accounts']>): ExportAccounts {
  return Object.fromEntries(
    Object.entries(accounts).map(([kind, { account: name, tax_rate: taxRate }]) => [
      kind,
      { account: name, ...(taxRate !== undefined && { taxRate }) },
    ]),
  );
}

/** An export as it is kept. */
export interface KeptExport {
  readonly exportId: string;
  readonly month: string;
  readonly target: string;
  readonly detail: string;
  readonly recordedBefore: Date;
  readonly files: readonly { readonly name: string; readonly lines: number; readonly sha256: string }[];
  readonly totals: readonly {
    readonly currency: string;
    readonly journals: number;
    readonly lines: number;
    readonly debitMinor: string;
    readonly creditMinor: string;
  }[];
  readonly createdBy: string;
  readonly createdAt: Date;
}

export function shownExport(record: KeptExport): object {
  return {
    id: toWireId('export', record.exportId),
    object: 'journal_export',
    month: record.month.slice(0, 7),
    target: record.target,
    detail: record.detail,
    recorded_before: record.recordedBefore,
    files: record.files,
    totals: record.totals.map(({ currency, journals, lines, debitMinor, creditMinor }) => ({
      currency,
      journals,
      lines,
      debits: shownMinor(debitMinor, currency),
      credits: shownMinor(creditMinor, currency),
    })),
    created_by: record.createdBy,
    created_at: record.createdAt,
  };
}

/** Kept totals as amounts again. */
export function toControlTotals(totals: KeptExport['totals']): readonly ControlTotal[] {
  return totals.map((total) => ({
    ...total,
    debitMinor: BigInt(total.debitMinor),
    creditMinor: BigInt(total.creditMinor),
  }));
}

function shownMinor(minor: string, currency: string): string {
  return formatMinor(BigInt(minor), minorPlaces(currency) ?? 2);
}
