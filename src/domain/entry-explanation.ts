// What is known of one entry of the ledger, told whole: read by storage, shown by the API.
import type { CustomerKey } from './customer.ts';

export interface ExplainedEntry extends CustomerKey {
  readonly entryId: string;
  readonly kind: string;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly actor: string;
  readonly reason: string | null;
  readonly ticket: string | null;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly billingPeriodId: string | null;
  readonly belongsTo: string | null;
  readonly plan: string | null;
  readonly planVersion: number | null;
  readonly burnRateId: string | null;
  readonly action: string | null;
  readonly feature: string | null;
  readonly rateFrom: Date | null;
  readonly rate: object | null;
  readonly reversalOf: string | null;
  readonly reversedBy: readonly string[];
  readonly stripe: Readonly<Record<string, string>> | null;
}

export interface ExplainedPosting {
  readonly from: string;
  readonly to: string;
  readonly unit: string;
  readonly isCredit: boolean;
  readonly amount: bigint;
  readonly lotId: string | null;
  /** What opened the lot: a line of an invoice, a billing period, … */
  readonly lotSourceType: string | null;
  readonly lotSourceId: string | null;
}
