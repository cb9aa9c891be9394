// What a filter of the ledger shows, as a file: one row a movement, the newest first.
import { formatCredits, formatMinor } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { toWireId } from './ids.ts';
import { csv, guarded } from './spreadsheet.ts';

interface ShownMovement {
  readonly entryId: string;
  readonly seq: number;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly kind: string;
  readonly customerId: string;
  readonly customer: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly belongsTo: string | null;
  readonly stripe: Readonly<Record<string, string>> | null;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly unit: string;
  readonly isCredit: boolean;
  readonly lotId: string | null;
  readonly change: bigint | null;
  readonly balance: bigint | null;
  readonly isSealed: boolean;
}

const HEAD = `entry_id line_no effective_at recorded_at kind customer_id customer from_account to_account amount unit change
  balance lot_id actor reason source stripe_objects belongs_to sealed`;

export function ledgerViewCsv(rows: readonly ShownMovement[]): string {
  return csv(
    HEAD.split(/\s+/),
    rows.map((row) => {
      const figure = (value: bigint | null): string => {
        if (value === null) return '';
        return row.isCredit ? formatCredits(value) : formatMinor(value, minorPlaces(row.unit) ?? 2);
      };
      return [
        toWireId('entry', row.entryId),
        String(row.seq),
        row.effectiveAt.toISOString(),
        row.recordedAt.toISOString(),
        row.kind,
        toWireId('customer', row.customerId),
        guarded(row.customer),
        row.from,
        row.to,
        figure(row.amount),
        row.unit,
        figure(row.change),
        figure(row.balance),
        row.lotId === null ? '' : toWireId('grant', row.lotId),
        guarded(row.actor),
        guarded(row.reason),
        guarded(`${row.sourceType} ${row.sourceId}`),
        guarded(Object.values(row.stripe ?? {}).join(' ')),
        row.belongsTo ?? '',
        row.isSealed ? 'yes' : 'no',
      ];
    }),
  );
}
