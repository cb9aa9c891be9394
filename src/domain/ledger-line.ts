// What a statement shows: one line for each entry, and for each usage event of an entry that joins several.

/** What a pool stands at by entries up to an instant, in micro-credits; overage and debt are what is owed, positive. */
export interface PoolSums {
  readonly available: bigint;
  readonly held: bigint;
  readonly frozen: bigint;
  /** Past the lots, not billed yet, of all billing periods. */
  readonly overage: bigint;
  readonly debt: bigint;
}

export interface LedgerLine {
  readonly entryId: string;
  /** The usage event's place in its entry; 0 for every other entry. */
  readonly seq: number;
  readonly at: Date;
  readonly kind: string;
  readonly action: string | null;
  readonly usageEventId: string | null;
  /** The sender's own id of the usage event. */
  readonly eventId: string | null;
  readonly member: string | null;
  readonly actor: string;
  readonly reason: string | null;
  /** The object behind the entry, and Stripe's ids where there are some. */
  readonly sourceType: string;
  readonly sourceId: string;
  readonly stripe: Readonly<Record<string, string>> | null;
  readonly changes: PoolSums;
  /** What the pool stands at after this line. */
  readonly balance: PoolSums;
}

/** The statement of a customer, or of one member, on the half-open interval [from, to). */
export interface LedgerStatement {
  readonly customerId: string;
  readonly unit: string;
  readonly from: Date;
  readonly to: Date;
  readonly opening: PoolSums;
  readonly closing: PoolSums;
  readonly lines: readonly LedgerLine[];
  readonly hasMore: boolean;
}

export const NO_SUMS: PoolSums = { available: 0n, held: 0n, frozen: 0n, overage: 0n, debt: 0n };

/** Adds what changed to what stood. */
export function addSums(a: PoolSums, b: PoolSums): PoolSums {
  return {
    available: a.available + b.available,
    held: a.held + b.held,
    frozen: a.frozen + b.frozen,
    overage: a.overage + b.overage,
    debt: a.debt + b.debt,
  };
}
