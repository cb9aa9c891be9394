// From a balance down to what made it: pools, their lots, what came into each and where it went.
import type { PoolSums } from './ledger-line.ts';
import type { LotState } from './pool-book.ts';

/** Credits of one lot, or of a pool's debt and overage, that took the same way. */
export interface Flow {
  readonly lotId: string | null;
  readonly poolId: string;
  readonly billingPeriodId: string | null;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly action: string | null;
  readonly amount: bigint;
  readonly entries: number;
}

/** The entry that opened a lot. */
export interface Opened {
  readonly lotId: string;
  readonly entryId: string;
  readonly kind: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly effectiveAt: Date;
  readonly plan: string | null;
  readonly planVersion: number | null;
  readonly stripe: Readonly<Record<string, string>> | null;
}

export interface HeldBy {
  readonly lotId: string;
  readonly holdId: string;
  readonly action: string;
  readonly amount: bigint;
  readonly expiresAt: Date;
}

export interface LotStory {
  readonly lot: LotState;
  readonly member: string | null;
  readonly opened: Opened | null;
  readonly remaining: bigint;
  /** Remaining that may be drawn now. */
  readonly spendable: bigint;
  readonly drawn: readonly Drawn[];
  readonly heldBy: readonly HeldBy[];
  readonly ended: readonly Ended[];
}

export interface Drawn {
  /** Usage, or what it paid of older use. */
  readonly for: 'usage' | 'debt' | 'overage';
  readonly action: string | null;
  /** Less what reversals gave back. */
  readonly credits: bigint;
  readonly entries: number;
}

export interface Ended {
  readonly as: string;
  readonly credits: bigint;
}

/** Use that no lot has paid, by action; without one what paid for it (negative), and what has none: clawed back, or used before an import. */
export interface Owed {
  readonly as: 'overage' | 'debt';
  readonly billingPeriodId: string | null;
  readonly action: string | null;
  readonly credits: bigint;
}

export interface Explanation {
  readonly customerId: string;
  readonly unit: string;
  readonly plan: string | null;
  readonly asOf: Date;
  readonly available: bigint;
  readonly sums: PoolSums;
  readonly lots: readonly LotStory[];
  readonly owed: readonly Owed[];
  /** Lots that are not told one by one, and what became of them. */
  readonly spent: { readonly lots: number; readonly granted: bigint; readonly drawn: bigint; readonly ended: bigint };
}

const DRAWN_BY = { consumed: 'usage', debt: 'debt', overage: 'overage' } as const;

/** What was drawn of one lot, by purpose and action; reversed draws come off where they were drawn. */
export function drawnOf(flows: readonly Flow[]): readonly Drawn[] {
  const byPurpose = new Map<string, { -readonly [Key in keyof Drawn]: Drawn[Key] }>();
  for (const { from, to, action, amount, entries } of flows) {
    const [purpose, sign] = isDrawn(to) ? [DRAWN_BY[to], 1n] : isDrawn(from) ? [DRAWN_BY[from], -1n] : [null, 0n];
    if (purpose === null) continue;
    const key = `${purpose}/${action ?? ''}`;
    const known = byPurpose.get(key) ?? { for: purpose, action, credits: 0n, entries: 0 };
    known.credits += sign * amount;
    known.entries += entries;
    byPurpose.set(key, known);
  }
  return [...byPurpose.values()].filter(({ credits }) => credits !== 0n);
}

function isDrawn(account: string): account is keyof typeof DRAWN_BY {
  return account in DRAWN_BY;
}

const ENDS = ['expired', 'rolled', 'carried_out', 'transferred_out', 'clawed_back'];

/** Where the rest of one lot went. */
export function endedOf(flows: readonly Flow[]): readonly Ended[] {
  const sums = new Map<string, bigint>();
  for (const { from, to, amount } of flows) {
    for (const [account, delta] of [[to, amount] as const, [from, -amount] as const]) {
      if (ENDS.includes(account)) sums.set(account, (sums.get(account) ?? 0n) + delta);
    }
  }
  return [...sums].filter(([, credits]) => credits !== 0n).map(([as, credits]) => ({ as, credits }));
}

/** Overage by period and action, and debt: what was used past the lots, less what lots or reversals have paid since. */
export function owedOf(flows: readonly Flow[]): readonly Owed[] {
  const owed = new Map<string, { -readonly [Key in keyof Owed]: Owed[Key] }>();
  for (const { kind, from, to, billingPeriodId, action, amount } of flows) {
    for (const [account, delta] of [[from, amount] as const, [to, -amount] as const]) {
      if (account !== 'overage' && account !== 'debt') continue;
      const period = account === 'debt' ? null : billingPeriodId;
      const key = `${account}/${period}/${action ?? (kind === 'usage.taken_over' ? kind : '')}`;
      const known = owed.get(key) ?? { as: account, billingPeriodId: period, action, credits: 0n };
      known.credits += delta;
      owed.set(key, known);
    }
  }
  return [...owed.values()].filter(({ credits }) => credits !== 0n);
}
